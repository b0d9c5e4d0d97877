// Atomic operations. Threads change only at barriers and warp primitives, so plain ones do; the race build is told.
#pragma once

#include "fibre.h"
#include "race.h"

#include <type_traits>

namespace host_cuda {

template <class T>
constexpr bool IS_ATOMIC_INTEGER = std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, unsigned long long>;

template <class T>
T wrapping_sum(T a, T b) {
    if constexpr (std::is_same_v<T, int>) {
        return static_cast<int>(static_cast<unsigned>(a) + static_cast<unsigned>(b));
    } else {
        return a + b;
    }
}

template <class T, class Operation>
HOST_CUDA_QUIET inline T update(T* address, Operation operation, bool reads = true) {
    race::atomic(address, sizeof(T), reads);
    const T old = *address;
    *address = operation(old);
    return old;
}

} // namespace host_cuda

#define HOST_CUDA_ATOMIC(name, types, expression) \
    template <class T> \
    T name(T* address, std::type_identity_t<T> value) { \
        static_assert(types, "a type that CUDA has " #name " for"); \
        return host_cuda::update(address, [value](T old) -> T { return expression; }); \
    }

HOST_CUDA_ATOMIC(atomicAdd, host_cuda::IS_ATOMIC_INTEGER<T> || std::is_floating_point_v<T>, host_cuda::wrapping_sum(old, value))
HOST_CUDA_ATOMIC(atomicSub, host_cuda::IS_ATOMIC_INTEGER<T> && sizeof(T) == 4, host_cuda::wrapping_sum(old, T(0u - value)))
HOST_CUDA_ATOMIC(atomicMin, host_cuda::IS_ATOMIC_INTEGER<T> || (std::is_same_v<T, long long>), value < old ? value : old)
HOST_CUDA_ATOMIC(atomicMax, host_cuda::IS_ATOMIC_INTEGER<T> || (std::is_same_v<T, long long>), old < value ? value : old)
HOST_CUDA_ATOMIC(atomicOr, host_cuda::IS_ATOMIC_INTEGER<T>, old | value)
HOST_CUDA_ATOMIC(atomicAnd, host_cuda::IS_ATOMIC_INTEGER<T>, old & value)
HOST_CUDA_ATOMIC(atomicXor, host_cuda::IS_ATOMIC_INTEGER<T>, old ^ value)
#undef HOST_CUDA_ATOMIC

template <class T>
T atomicExch(T* address, std::type_identity_t<T> value) {
    static_assert(host_cuda::IS_ATOMIC_INTEGER<T> || std::is_same_v<T, float>);
    return host_cuda::update(address, [value](T) { return value; }, false);
}

template <class T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
    static_assert(host_cuda::IS_ATOMIC_INTEGER<T>);
    return host_cuda::update(address, [expected, value](T old) { return old == expected ? value : old; });
}

inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}
