// Arithmetic words of CUDA.
#pragma once

#include "types.h"

#include <cmath>
#include <type_traits>

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }

inline unsigned __brev(unsigned x) {
    x = (x & 0x55555555u) << 1 | (x >> 1 & 0x55555555u);
    x = (x & 0x33333333u) << 2 | (x >> 2 & 0x33333333u);
    x = (x & 0x0f0f0f0fu) << 4 | (x >> 4 & 0x0f0f0f0fu);
    return __builtin_bswap32(x);
}

inline int __float_as_int(float x) { return host_cuda::bits_as<int>(x); }
inline unsigned __float_as_uint(float x) { return host_cuda::bits_as<unsigned>(x); }
inline float __int_as_float(int x) { return host_cuda::bits_as<float>(x); }
inline float __uint_as_float(unsigned x) { return host_cuda::bits_as<float>(x); }
inline long long __double_as_longlong(double x) { return host_cuda::bits_as<long long>(x); }
inline double __longlong_as_double(long long x) { return host_cuda::bits_as<double>(x); }

// The sources are compiled with -ffp-contract=off, so that these are what they say.
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return std::sqrt(a); }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double a) { return std::sqrt(a); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
// To the nearest integer, ties to even; what int cannot hold becomes its end, NaN 0.
inline int __float2int_rn(float x) {
    const double nearest = std::nearbyint(static_cast<double>(x));
    return x != x ? 0 : nearest >= 0x1p31 ? 0x7fffffff : nearest < -0x1p31 ? -0x7fffffff - 1 : static_cast<int>(nearest);
}

// sum + the four products of signed bytes.
inline int __dp4a(int a, int b, int sum) {
    for (int shift = 0; shift < 32; shift += 8) {
        sum += static_cast<signed char>(a >> shift) * static_cast<signed char>(b >> shift);
    }
    return sum;
}

inline float rsqrtf(float x) { return 1 / std::sqrt(x); }

template <class T>
T __ldg(const T* address) {
    return *address;
}

// Of two NaN-free values the smaller or larger; of a NaN and a number the number, as on the device.
template <class A, class B>
constexpr std::common_type_t<A, B> min(A a, B b) {
    using T = std::common_type_t<A, B>;
    const T x = static_cast<T>(a);
    const T y = static_cast<T>(b);
    return y < x || x != x ? y : x;
}

template <class A, class B>
constexpr std::common_type_t<A, B> max(A a, B b) {
    using T = std::common_type_t<A, B>;
    const T x = static_cast<T>(a);
    const T y = static_cast<T>(b);
    return x < y || x != x ? y : x;
}
