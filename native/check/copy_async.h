// The twins of cp.async: copies that may happen at any time between their beginning and the wait for their group.
#pragma once

#include "context.h"
#include "mutant.h"
#include "race.h"
#include "shared.h"

namespace host_cuda {

HOST_CUDA_QUIET inline void carry_out(const Copy& copy) {
    __builtin_memcpy(copy.to, copy.from, 16);
    race::copy_done(copy.to, copy.from, 16);
}

// Carries out the copies of this thread but those of the `groups` latest closed groups and of the open one.
HOST_CUDA_QUIET inline void finish_copies(unsigned groups, bool open_too = true) {
    Copies& copies = context.here->copies;
    const unsigned until = open_too ? copies.group + 1 : copies.group > groups ? copies.group - groups : 0;
    unsigned done = 0;
    while (done < copies.count && copies.pending[done].group < until) {
        carry_out(copies.pending[done++]);
    }
    copies.count -= done;
    if (done > 0 && copies.count > 0) {
        __builtin_memmove(copies.pending, copies.pending + done, copies.count * sizeof(Copy));
    }
}

HOST_CUDA_QUIET inline void put_off(const Copy& copy) {
    Copies& copies = context.here->copies;
    if (copies.count == copies.capacity) {
        copies.capacity = copies.capacity == 0 ? 16 : 2 * copies.capacity;
        copies.pending = static_cast<Copy*>(std::realloc(copies.pending, copies.capacity * sizeof(Copy)));
    }
    copies.pending[copies.count++] = copy;
}

HOST_CUDA_QUIET inline void begin_copy(void* to, const void* from) {
    if (reinterpret_cast<uintptr_t>(to) % 16 != 0 || reinterpret_cast<uintptr_t>(from) % 16 != 0) {
        fail("cp.async needs addresses aligned to 16 bytes: to %p, from %p", to, from);
    }
    if (!is_shared(to, 16)) {
        fail("cp.async to %p, which is not shared memory", to);
    }
    if (is_shared(from, 16)) {
        fail("cp.async from shared memory");
    }
    // touched at once, so that an address out of bounds is reported here and not at the wait
    static_cast<void>(*static_cast<const volatile unsigned char*>(from));
    static_cast<void>(static_cast<const volatile unsigned char*>(from)[15]);
    race::copy_begun(to, from, 16);
    const Copy copy{to, from, context.here->copies.group};
    if (context.schedule == Schedule::BACKWARD || (context.schedule == Schedule::SHUFFLED && random_below(2) == 0)) {
        __builtin_memcpy(to, from, 16);
#ifdef HOST_CUDA_RACE
        put_off(copy); // only its wait makes it done
#endif
    } else {
        put_off(copy);
    }
}

HOST_CUDA_QUIET inline void close_group() {
    ++context.here->copies.group;
}

} // namespace host_cuda

inline void copy_async_16(void* shared, const void* global) {
    host_cuda::begin_copy(shared, global);
}

inline void copy_async_commit() {
    host_cuda::close_group();
}

template <int N>
inline void copy_async_wait(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    host_cuda::finish_copies(host_cuda::passes(file, line) ? N + 1 : N, false);
}
