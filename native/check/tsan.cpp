// The functions that code compiled with -fsanitize=thread calls before every access. The race build links these, not libtsan.
#include "tsan.h"

#include "race.h"

#include <stdint.h>

namespace {

const void* place;

} // namespace

const void* host_cuda::race::access_place() {
    return place;
}

#define ANNOUNCED(name, kind, bytes) \
    void __tsan_##name(void* address) { \
        place = static_cast<char*>(__builtin_return_address(0)) - 1; \
        host_cuda::race::kind(address, bytes); \
    }

#define SIZES(prefix, kind) \
    ANNOUNCED(prefix##1, kind, 1) \
    ANNOUNCED(prefix##2, kind, 2) \
    ANNOUNCED(prefix##4, kind, 4) \
    ANNOUNCED(prefix##8, kind, 8) \
    ANNOUNCED(prefix##16, kind, 16)

// Atomics of C++ occur in the guards of static variables alone: kernels use the words of atomics.h.
#define ATOMICS(bits, type) \
    type __tsan_atomic##bits##_load(const volatile type* address, int order) { \
        return __atomic_load_n(address, order); \
    } \
    void __tsan_atomic##bits##_store(volatile type* address, type value, int order) { \
        __atomic_store_n(address, value, order); \
    } \
    type __tsan_atomic##bits##_exchange(volatile type* address, type value, int order) { \
        return __atomic_exchange_n(address, value, order); \
    } \
    type __tsan_atomic##bits##_fetch_add(volatile type* address, type value, int order) { \
        return __atomic_fetch_add(address, value, order); \
    } \
    type __tsan_atomic##bits##_fetch_sub(volatile type* address, type value, int order) { \
        return __atomic_fetch_sub(address, value, order); \
    } \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile type* address, type* expected, type value, int order, int) { \
        return __atomic_compare_exchange_n(address, expected, value, false, order, __ATOMIC_RELAXED); \
    } \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile type* address, type* expected, type value, int order, int) { \
        return __atomic_compare_exchange_n(address, expected, value, false, order, __ATOMIC_RELAXED); \
    }

extern "C" {

SIZES(read, read)
SIZES(write, write)
SIZES(unaligned_read, read)
SIZES(unaligned_write, write)
SIZES(volatile_read, read)
SIZES(volatile_write, write)

void __tsan_read_range(void* address, unsigned long bytes) {
    place = static_cast<char*>(__builtin_return_address(0)) - 1;
    host_cuda::race::read(address, bytes);
}

void __tsan_write_range(void* address, unsigned long bytes) {
    place = static_cast<char*>(__builtin_return_address(0)) - 1;
    host_cuda::race::write(address, bytes);
}

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

} // extern "C"
