// Primitives of a warp. A lane brings its value and waits; the last lane of the mask works out the results of all.
#pragma once

#include "context.h"
#include "mutant.h"
#include "race.h"

#include <type_traits>

namespace host_cuda {

HOST_CUDA_QUIET inline Meeting& find_meeting(Warp& warp, unsigned mask, Primitive primitive, int line) {
    for (int i = 0; i < warp.meetings; ++i) {
        Meeting& meeting = warp.meeting[i];
        if (meeting.mask == mask) {
            if (meeting.primitive != primitive || meeting.line != line) {
                fail("lanes of mask %08x meet at different warp primitives", mask);
            }
            return meeting;
        }
    }
    Meeting& meeting = warp.meeting[warp.meetings++];
    meeting = {mask, 0, primitive, line};
    return meeting;
}

// Waits for the lanes of the mask. finish(lanes, mask) is called once, when all are there. line: of the call, for primitives that
// all lanes must execute at one place.
template <class Finish>
HOST_CUDA_QUIET inline void meet(unsigned mask, Primitive primitive, int line, Finish finish) {
    Fibre& self = *context.here;
    Warp& warp = *self.warp;
    if ((mask >> self.lane & 1) == 0) {
        fail("lane %u calls a warp primitive whose mask %08x lacks it", self.lane, mask);
    }
    if ((mask & ~warp.alive) != 0) {
        fail("the mask %08x of a warp primitive names exited or missing lanes %08x", mask, mask & ~warp.alive);
    }
    Meeting& meeting = find_meeting(warp, mask, primitive, line);
    meeting.arrived |= 1u << self.lane;
    if (meeting.arrived == mask) {
        meeting = warp.meeting[--warp.meetings];
        finish(warp.lanes, mask);
        release(warp.lanes, mask);
    }
    wait_here();
}

template <class T>
HOST_CUDA_QUIET inline unsigned long long pack(T value) {
    static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
    unsigned long long bits = 0;
    __builtin_memcpy(&bits, &value, sizeof(T));
    return bits;
}

template <class T>
HOST_CUDA_QUIET inline T unpack(unsigned long long bits) {
    T value;
    __builtin_memcpy(&value, &bits, sizeof(T));
    return value;
}

template <class T>
HOST_CUDA_QUIET inline T shuffle(unsigned mask, T value, unsigned source, Primitive primitive) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8 || sizeof(T) == 2, "what CUDA can shuffle");
    Fibre& self = *context.here;
    self.value = pack(value);
    self.source = source;
    meet(mask, primitive, 0, [](Fibre* lanes, unsigned among) {
        for (unsigned i = 0; i < 32; ++i) {
            if (among >> i & 1) {
                if ((among >> lanes[i].source & 1) == 0) {
                    fail("lane %u shuffles from lane %u, which mask %08x lacks", i, lanes[i].source, among);
                }
                lanes[i].result = lanes[lanes[i].source].value;
            }
        }
    });
    return unpack<T>(self.result);
}

HOST_CUDA_QUIET inline unsigned lane_of_width(int width) {
    if (width < 1 || width > 32 || (width & (width - 1)) != 0) {
        fail("a shuffle of width %d", width);
    }
    return context.here->lane;
}

// Leaves in every lane the ballot of those lanes whose value is not zero.
HOST_CUDA_QUIET inline unsigned ballot(unsigned mask, bool vote) {
    Fibre& self = *context.here;
    self.value = vote;
    meet(mask, Primitive::VOTE, 0, [](Fibre* lanes, unsigned among) {
        unsigned votes = 0;
        for (unsigned i = 0; i < 32; ++i) {
            votes |= (among >> i & 1) != 0 && lanes[i].value != 0 ? 1u << i : 0;
        }
        for (unsigned i = 0; i < 32; ++i) {
            lanes[i].result = (among >> i & 1) != 0 ? votes : lanes[i].result;
        }
    });
    return static_cast<unsigned>(self.result);
}

template <class T, class Operation>
HOST_CUDA_QUIET inline T reduce(unsigned mask, T value, Operation operation) {
    Fibre& self = *context.here;
    self.value = pack(value);
    meet(mask, Primitive::REDUCE, 0, [operation](Fibre* lanes, unsigned among) {
        const unsigned first = static_cast<unsigned>(__builtin_ctz(among));
        T total = unpack<T>(lanes[first].value);
        for (unsigned i = first + 1; i < 32; ++i) {
            total = among >> i & 1 ? operation(total, unpack<T>(lanes[i].value)) : total;
        }
        for (unsigned i = 0; i < 32; ++i) {
            lanes[i].result = among >> i & 1 ? pack(total) : lanes[i].result;
        }
    });
    return unpack<T>(self.result);
}

} // namespace host_cuda

HOST_CUDA_QUIET inline void __syncwarp(unsigned mask = ~0u, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (!host_cuda::passes(file, line)) {
        host_cuda::meet(mask, host_cuda::Primitive::SYNC, 0,
                        [](host_cuda::Fibre*, unsigned among) { host_cuda::race::sync_warp(among); });
    }
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
    const unsigned lane = host_cuda::lane_of_width(width);
    const unsigned from = (lane & ~(width - 1u)) | (static_cast<unsigned>(source) & (width - 1u));
    return host_cuda::shuffle(mask, value, from, host_cuda::Primitive::SHUFFLE);
}

// As the device: lanes of an earlier segment can be read, those of a later one cannot.
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32) {
    const unsigned lane = host_cuda::lane_of_width(width);
    const unsigned from = lane ^ (static_cast<unsigned>(lanes) & 31u);
    return host_cuda::shuffle(mask, value, from <= (lane | (width - 1u)) ? from : lane, host_cuda::Primitive::SHUFFLE_XOR);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
    const unsigned lane = host_cuda::lane_of_width(width);
    const bool inside = (lane & (width - 1u)) >= lanes;
    return host_cuda::shuffle(mask, value, inside ? lane - lanes : lane, host_cuda::Primitive::SHUFFLE_UP);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
    const unsigned lane = host_cuda::lane_of_width(width);
    const bool inside = lanes < static_cast<unsigned>(width) - (lane & (width - 1u));
    return host_cuda::shuffle(mask, value, inside ? lane + lanes : lane, host_cuda::Primitive::SHUFFLE_DOWN);
}

inline unsigned __ballot_sync(unsigned mask, int vote) {
    return host_cuda::ballot(mask, vote != 0);
}

inline int __any_sync(unsigned mask, int vote) {
    return host_cuda::ballot(mask, vote != 0) != 0;
}

inline int __all_sync(unsigned mask, int vote) {
    return host_cuda::ballot(mask, vote != 0) == mask;
}

template <class T>
HOST_CUDA_QUIET unsigned __match_any_sync(unsigned mask, T value) {
    host_cuda::Fibre& self = *host_cuda::context.here;
    self.value = host_cuda::pack(value);
    host_cuda::meet(mask, host_cuda::Primitive::MATCH, 0, [](host_cuda::Fibre* lanes, unsigned among) {
        for (unsigned i = 0; i < 32; ++i) {
            if (among >> i & 1) {
                lanes[i].result = 0;
                for (unsigned j = 0; j < 32; ++j) {
                    lanes[i].result |= (among >> j & 1) != 0 && lanes[j].value == lanes[i].value ? 1ull << j : 0;
                }
            }
        }
    });
    return static_cast<unsigned>(self.result);
}

template <class T>
T __reduce_add_sync(unsigned mask, T value) {
    static_assert(std::is_integral_v<T> && sizeof(T) == 4);
    return static_cast<T>(host_cuda::reduce(mask, static_cast<unsigned>(value), [](unsigned a, unsigned b) { return a + b; }));
}

template <class T>
T __reduce_min_sync(unsigned mask, T value) {
    static_assert(std::is_integral_v<T> && sizeof(T) == 4);
    return host_cuda::reduce(mask, value, [](T a, T b) { return b < a ? b : a; });
}

template <class T>
T __reduce_max_sync(unsigned mask, T value) {
    static_assert(std::is_integral_v<T> && sizeof(T) == 4);
    return host_cuda::reduce(mask, value, [](T a, T b) { return a < b ? b : a; });
}
