// The words of host_cuda.h against their definitions in the CUDA and PTX manuals.
#include "../cuda/common.cuh"
#include "check.h"

#include <limits>

namespace {

float half_from_bits(unsigned bits) {
    const unsigned short narrow = static_cast<unsigned short>(bits);
    _Float16 value;
    __builtin_memcpy(&value, &narrow, 2);
    return static_cast<float>(value);
}

unsigned bits_of_half(float value) {
    const _Float16 narrow = static_cast<_Float16>(value);
    unsigned short bits;
    __builtin_memcpy(&bits, &narrow, 2);
    return bits;
}

// A small half and its value.
__half small_half(int i) {
    return __float2half_rn(static_cast<float>(i % 7 - 3));
}

unsigned pair(const __half* two) {
    return two[0].bits | static_cast<unsigned>(two[1].bits) << 16;
}

} // namespace

CHECK(halves_convert_as_the_compiler_does) {
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
        const float value = __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
        const float expected = half_from_bits(bits);
        if (value != expected && !(std::isnan(value) && std::isnan(expected))) {
            check::wrong("half %04x is %g, not %g", bits, value, expected);
        }
        // the floats around it, and those half-way to the next
        for (int step = -2; step <= 2; ++step) {
            const float near = __uint_as_float(__float_as_uint(expected) + step);
            const float between = __uint_as_float(__float_as_uint(expected) + (1 << 12) + step);
            for (float x : {near, between}) {
                if (!std::isnan(x) && __half_as_ushort(__float2half_rn(x)) != bits_of_half(x)) {
                    check::wrong("half of %g is %04x, not %04x", x, __half_as_ushort(__float2half_rn(x)), bits_of_half(x));
                }
            }
        }
    }
    EXPECT(__half_as_ushort(__float2half_rn(NAN)) == 0x7fff);
}

CHECK(integers_and_floats_have_their_bits) {
    EXPECT(__clz(1) == 31 && __clz(0) == 32 && __clzll(1) == 63 && __ffs(0) == 0 && __ffs(8) == 4 && __popc(0xf0f0u) == 8);
    EXPECT(__popcll(~0ull) == 64 && __brev(1) == 0x80000000u && __brev(0x12345678u) == 0x1e6a2c48u);
    EXPECT(__float_as_uint(1.0f) == 0x3f800000u && __int_as_float(0x40000000) == 2.0f);
    EXPECT(__longlong_as_double(__double_as_longlong(-0.5)) == -0.5);
    EXPECT(__float2int_rn(2.5f) == 2 && __float2int_rn(3.5f) == 4 && __float2int_rn(-0.6f) == -1 && __float2int_rn(NAN) == 0);
    EXPECT(__float2int_rn(3e9f) == 0x7fffffff && __float2int_rn(-INFINITY) == -0x7fffffff - 1);
    EXPECT(__dp4a(0x3f017f80, static_cast<int>(0xff0280ffu), 5) == 5 - 63 + 2 - 127 * 128 + 128);
    EXPECT(min(2, 3u) == 2 && max(NAN, 1.0f) == 1 && min(1.0f, NAN) == 1 && max(-1.5, 2) == 2.0);
}

KERNEL shuffles(int by, int width, int* out) {
    const int lane = threadIdx.x;
    out[lane] = __shfl_sync(~0u, lane, by, width);
    out[32 + lane] = __shfl_up_sync(~0u, lane, by, width);
    out[64 + lane] = __shfl_down_sync(~0u, lane, by, width);
    out[96 + lane] = __shfl_xor_sync(~0u, lane, by, width);
    out[128 + lane] = static_cast<int>(__shfl_xor_sync(~0u, lane * 0.25, by, width) * 4);
}

CHECK(shuffles_stay_in_their_segments) {
    for (int width = 1; width <= 32; width *= 2) {
        for (int by = 0; by < 32; ++by) {
            check::Global<int> out(160);
            launch(shuffles, 1, 32, 0, by, width, out);
            std::vector<int> expected(160);
            for (int lane = 0; lane < 32; ++lane) {
                const int first = lane / width * width;
                const int last = first + width - 1;
                expected[lane] = first + by % width;
                expected[32 + lane] = lane - by < first ? lane : lane - by;
                expected[64 + lane] = lane + by > last ? lane : lane + by;
                expected[96 + lane] = expected[128 + lane] = (lane ^ by) > last ? lane : lane ^ by;
            }
            check::expect_equal("lane", out, expected);
        }
    }
}

// Three groups of lanes at once, each with a mask of its own.
KERNEL votes(unsigned* out) {
    const unsigned lane = threadIdx.x;
    const unsigned mask = lane < 8 ? 0xffu : lane % 2 == 0 ? 0x55555500u : 0xaaaaaa00u;
    out[lane] = __ballot_sync(mask, lane % 3 == 0);
    out[32 + lane] = __any_sync(mask, lane == 9) | __all_sync(mask, lane < 8) << 1;
    out[64 + lane] = __match_any_sync(mask, lane / 4);
    out[96 + lane] = __reduce_add_sync(mask, lane);
    out[128 + lane] = __reduce_min_sync(mask, lane) << 8 | __reduce_max_sync(mask, lane);
}

CHECK(votes_count_the_lanes_of_the_mask) {
    check::Global<unsigned> out(160);
    launch(votes, 1, 32, 0, out);
    for (unsigned lane = 0; lane < 32; ++lane) {
        unsigned mask = 0, third = 0, same = 0, sum = 0, least = 32, most = 0;
        for (unsigned other = 0; other < 32; ++other) {
            if ((lane < 8 && other < 8) || (lane >= 8 && other >= 8 && lane % 2 == other % 2)) {
                mask |= 1u << other;
                third |= other % 3 == 0 ? 1u << other : 0;
                same |= other / 4 == lane / 4 ? 1u << other : 0;
                sum += other;
                least = other < least ? other : least;
                most = other;
            }
        }
        EXPECT(out[lane] == third && out[64 + lane] == same && out[96 + lane] == sum);
        EXPECT(out[32 + lane] == ((mask >> 9 & 1) | (lane < 8 ? 2u : 0u)));
        EXPECT(out[128 + lane] == (least << 8 | most));
    }
}

KERNEL block_votes(int* out) {
    const int i = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    const int count = __syncthreads_count(i % 3 == 0);
    const int all = __syncthreads_and(i < 59);
    const int any = __syncthreads_or(i == 58);
    out[i] = count << 2 | (all != 0) << 1 | (any != 0);
}

CHECK(barriers_count_the_votes_of_a_block) {
    check::Global<int> out(60);
    launch(block_votes, 1, dim3(5, 4, 3), 0, out);
    check::expect_equal("votes", out, std::vector<int>(60, 20 << 2 | 1));
}

KERNEL product_fp16(const __half* a, const __half* b, float* c) {
    const int g = threadIdx.x / 4, t = threadIdx.x % 4;
    unsigned fragment_a[4], fragment_b[2];
    for (int i = 0; i < 4; ++i) {
        fragment_a[i] = pair(a + (g + i % 2 * 8) * 16 + t * 2 + i / 2 * 8);
    }
    for (int i = 0; i < 2; ++i) {
        fragment_b[i] = pair(b + g * 16 + t * 2 + i * 8); // b by columns
    }
    float sums[4];
    for (int i = 0; i < 4; ++i) {
        sums[i] = c[(g + i / 2 * 8) * 8 + t * 2 + i % 2];
    }
    mma_m16n8k16(sums, fragment_a, fragment_b);
    for (int i = 0; i < 4; ++i) {
        c[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = sums[i];
    }
}

CHECK(products_follow_the_fragments_of_the_manual) {
    std::vector<__half> a, b;
    for (int i = 0; i < 16 * 16; ++i) {
        a.push_back(small_half(i * i + i / 16));
        b.push_back(small_half(3 * i * i + i / 5));
    }
    check::Global<float> c(16 * 8);
    std::vector<float> expected(16 * 8);
    for (int i = 0; i < 16 * 8; ++i) {
        c[i] = expected[i] = static_cast<float>(i);
        for (int k = 0; k < 16; ++k) {
            expected[i] += __half2float(a[i / 8 * 16 + k]) * __half2float(b[i % 8 * 16 + k]);
        }
    }
    b.resize(8 * 16);
    launch(product_fp16, 1, 32, 0, check::Global<__half>(a), check::Global<__half>(b), c);
    check::expect_equal("c", c, expected);
}

// The four matrices lie apart and backwards, so that a lane's address says where its row is.
KERNEL matrices(unsigned* out) {
    __shared__ __align__(16) unsigned short rows[32][24];
    const int lane = threadIdx.x;
    for (int i = 0; i < 8; ++i) {
        rows[31 - lane][i] = static_cast<unsigned short>(lane * 8 + i); // row `lane` of all
    }
    __syncwarp();
    unsigned r[4];
    load_matrix_x4(r, rows[31 - lane]);
    for (int i = 0; i < 4; ++i) {
        out[lane * 4 + i] = r[i];
    }
}

CHECK(matrices_arrive_by_rows) {
    check::Global<unsigned> out(128);
    launch(matrices, 1, 32, 0, out);
    for (unsigned i = 0; i < 128; ++i) {
        const unsigned lane = i / 4, matrix = i % 4;
        const unsigned value = (matrix * 8 + lane / 4) * 8 + lane % 4 * 2;
        EXPECT(out[i] == (value | (value + 1) << 16));
    }
}

KERNEL atomics(int* integer, unsigned* bits, unsigned long long* wide, float* real) {
    const int i = threadIdx.x;
    atomicAdd(&integer[0], i);
    atomicMin(&integer[1], i);
    atomicMax(&integer[2], i);
    atomicAdd(&integer[3], std::numeric_limits<int>::max()); // wraps
    atomicOr(&bits[0], 1u << i);
    atomicAnd(&bits[1], ~(1u << i));
    if (atomicCAS(&bits[2], 0u, 7u) == 0) {
        atomicExch(&bits[3], 9u);
    }
    atomicMax(&wide[0], static_cast<unsigned long long>(i) << 40);
    atomicAdd(&real[0], 0.5f);
}

CHECK(atomics_do_what_they_say) {
    check::Global<int> integer(4, 5);
    check::Global<unsigned> bits(4, 0u);
    bits[1] = ~0u;
    check::Global<unsigned long long> wide(1, 3ull);
    check::Global<float> real(1, 1.0f);
    launch(atomics, 1, 32, 0, integer, bits, wide, real);
    check::expect_equal("integer", integer, std::vector<int>{5 + 496, 0, 31, 5 - 32});
    check::expect_equal("bits", bits, std::vector<unsigned>{~0u, 0, 7, 9});
    EXPECT(wide[0] == 31ull << 40 && real[0] == 17);
}

#ifndef HOST_CUDA_RACE // to which the reads are failures

KERNEL leftovers(int* out) {
    DYNAMIC_SHARED(int, dynamic);
    __shared__ int fixed[32];
    out[blockIdx.x * 64 + threadIdx.x] = dynamic[threadIdx.x];
    out[blockIdx.x * 64 + 32 + threadIdx.x] = fixed[threadIdx.x];
    __syncthreads();
    dynamic[threadIdx.x] = fixed[threadIdx.x] = 1;
}

CHECK(a_block_finds_nothing_of_the_one_before) {
    check::Global<int> out(3 * 64);
    launch(leftovers, 3, 32, 32 * sizeof(int), out);
    check::expect_equal("shared memory", out, std::vector<int>(3 * 64, static_cast<int>(0xCBCBCBCBu)));
}

#endif
