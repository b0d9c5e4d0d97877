// Shared memory: static variables lie in one section of the program, dynamic memory on the heap. Both are full of 0xCB when a
// block begins: what a kernel has not written holds nothing useful on the device either.
#pragma once

#include "context.h"

// The bounds of the section, made by the linker; absent where no kernel has such variables.
extern "C" __attribute__((weak, visibility("hidden"))) unsigned char __start_cuda_shared[];
extern "C" __attribute__((weak, visibility("hidden"))) unsigned char __stop_cuda_shared[];

namespace host_cuda {

constexpr int POISON = 0xCB;

// By hand under ASan: the section holds redzones, which memset would report. Elsewhere a quarter of small launches' time
// would be spent here.
__attribute__((no_sanitize("address"))) HOST_CUDA_QUIET inline void fill_poison(unsigned char* from, size_t bytes) {
    if (!HOST_CUDA_ASAN) {
        __builtin_memset(from, POISON, bytes);
        return;
    }
    for (size_t i = 0; i < bytes; ++i) {
        const_cast<volatile unsigned char*>(from)[i] = POISON;
    }
}

HOST_CUDA_QUIET inline void poison_shared() {
    if (__start_cuda_shared != nullptr) {
        fill_poison(__start_cuda_shared, __stop_cuda_shared - __start_cuda_shared);
    }
    if (context.dynamic != nullptr) {
        __builtin_memset(context.dynamic, POISON, context.dynamic_bytes);
    }
}

HOST_CUDA_QUIET inline bool is_shared(const void* address, size_t bytes) {
    const uintptr_t at = reinterpret_cast<uintptr_t>(address);
    const uintptr_t dynamic = reinterpret_cast<uintptr_t>(context.dynamic);
    const uintptr_t start = reinterpret_cast<uintptr_t>(__start_cuda_shared);
    const uintptr_t stop = reinterpret_cast<uintptr_t>(__stop_cuda_shared);
    return (at >= dynamic && at + bytes <= dynamic + context.dynamic_bytes) || (at >= start && at + bytes <= stop);
}

} // namespace host_cuda
