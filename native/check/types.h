// CUDA's built-in vector types, and fp16.
#pragma once

#include <cstring>

#include <math.h>
#include <stddef.h>
#include <stdint.h>

struct uint3 {
    unsigned x, y, z;
};

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

// The alignment is CUDA's: a misaligned access is a fault there, and found by UBSan here.
#define HOST_CUDA_VECTOR(type, name) \
    struct alignas(2 * sizeof(type)) name##2 { type x, y; }; \
    struct alignas(4 * sizeof(type) > 16 ? 16 : 4 * sizeof(type)) name##4 { type x, y, z, w; }; \
    constexpr name##2 make_##name##2(type x, type y) { return {x, y}; } \
    constexpr name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

using uchar = unsigned char;
using ushort = unsigned short;
using uint = unsigned;
using longlong = long long;
using ulonglong = unsigned long long;

HOST_CUDA_VECTOR(uchar, uchar)
HOST_CUDA_VECTOR(short, short)
HOST_CUDA_VECTOR(ushort, ushort)
HOST_CUDA_VECTOR(int, int)
HOST_CUDA_VECTOR(uint, uint)
HOST_CUDA_VECTOR(longlong, longlong)
HOST_CUDA_VECTOR(ulonglong, ulonglong)
HOST_CUDA_VECTOR(float, float)
HOST_CUDA_VECTOR(double, double)
#undef HOST_CUDA_VECTOR

// Only bits: arithmetic on them is not for kernels that run on the host.
struct __half {
    unsigned short bits;
};

namespace host_cuda {

template <class To, class From>
constexpr To bits_as(const From& from) {
    static_assert(sizeof(To) == sizeof(From));
    return __builtin_bit_cast(To, from);
}

} // namespace host_cuda

// Without branches, as products convert many.
inline float __half2float(__half h) {
    const unsigned magnitude = h.bits & 0x7fffu;
    const unsigned special = magnitude >= 0x7c00u ? 0x38000000u : 0;
    const unsigned is_normal = magnitude >= 0x400u ? ~0u : 0;
    const unsigned normal = (magnitude << 13) + 0x38000000u + special;
    const unsigned subnormal = host_cuda::bits_as<unsigned>(static_cast<float>(static_cast<int>(magnitude)) * 0x1p-24f);
    return host_cuda::bits_as<float>((normal & is_normal) | (subnormal & ~is_normal) | (h.bits & 0x8000u) << 16);
}

inline __half __float2half_rn(float f) {
    const unsigned bits = host_cuda::bits_as<unsigned>(f);
    const unsigned sign = bits >> 16 & 0x8000u;
    const unsigned magnitude = bits & 0x7fffffffu;
    unsigned half;
    if (magnitude > 0x7f800000u) {
        return {0x7fff}; // as the device: one NaN for all
    } else if (magnitude >= 0x477ff000u) {
        half = 0x7c00; // 65520 and more round to infinity
    } else if (magnitude < 0x38800000u) {
        // subnormal: the sum with 1/2 leaves the rounded multiple of 2^-24 in the low bits
        half = host_cuda::bits_as<unsigned>(host_cuda::bits_as<float>(magnitude) + 0.5f) - 0x3f000000u;
    } else {
        half = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1)) >> 13;
    }
    return {static_cast<unsigned short>(sign | half)};
}

inline __half __float2half(float f) {
    return __float2half_rn(f);
}

inline unsigned short __half_as_ushort(__half h) {
    return h.bits;
}

inline __half __ushort_as_half(unsigned short bits) {
    return {bits};
}
