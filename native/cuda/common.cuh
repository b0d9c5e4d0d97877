// The words that kernels are written in, for both compilers: nvcc, and g++ with a fibre per CUDA thread (host_cuda.h).
//
// What has no portable form is PTX here, each piece beside the name of its twin in native/check.
#pragma once

#ifndef __CUDACC__

#include "../check/host_cuda.h"

#else

#include <cuda_fp16.h>
#include <math_constants.h>

#include <cmath>

// 1 where m16n8k16 products, ldmatrix and cp.async exist; else kernels that need them compile to nothing.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define PERIGEE_HAS_MMA 1
#else
#define PERIGEE_HAS_MMA 0
#endif

// The dynamic shared memory of the block.
extern __shared__ __align__(128) unsigned char perigee_dynamic_shared[];
#define DYNAMIC_SHARED(type, name) \
    type* const name = reinterpret_cast<type*>(perigee_dynamic_shared)

#if PERIGEE_HAS_MMA

// PTX; twin: tensor.h. c (16 x 8, float32) += a (16 x 16, fp16, by rows) * b (16 x 8, fp16, by columns), over a warp:
// with g = lane / 4 and t = lane % 4, c holds rows g and g + 8 at columns 2t and 2t + 1.
__device__ __forceinline__ void mma_m16n8k16(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// PTX; twin: tensor.h. c (16 x 8, float32) += a (16 x 8) * b (8 x 8), both TF32: float32 whose last 13 bits are not looked at.
__device__ __forceinline__ void mma_m16n8k8_tf32(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// PTX; twin: tensor.h. Four 8 x 8 matrices of 16-bit values; lane 8 i + j gives the address of row j of matrix i, which is
// 16 bytes of shared memory and aligned so. r[i] of a lane: columns 2t and 2t + 1 of row g of matrix i.
__device__ __forceinline__ void load_matrix_x4(unsigned (&r)[4], const void* shared) {
    const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
}

// PTX; twin: copy_async.h. Copies 16 bytes, both ends aligned so, past the first-level cache; done only after a wait.
__device__ __forceinline__ void copy_async_16(void* shared, const void* global) {
    const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    const size_t from = __cvta_generic_to_global(global);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" : : "r"(address), "l"(from) : "memory");
}

// PTX; twin: copy_async.h. Closes the group of the copies this thread has begun.
__device__ __forceinline__ void copy_async_commit() {
    asm volatile("cp.async.commit_group;" : : : "memory");
}

// PTX; twin: copy_async.h. Waits until at most the N latest groups of this thread are still on their way.
template <int N>
__device__ __forceinline__ void copy_async_wait() {
    asm volatile("cp.async.wait_group %0;" : : "n"(N) : "memory");
}

#endif

#endif

#define KERNEL extern "C" __global__ void

// The sum of the values of a warp's lanes up to this one, itself included.
__device__ __forceinline__ int lanes_upto(int value, int lane) {
    for (int apart = 1; apart < 32; apart *= 2) {
        const int before = __shfl_up_sync(~0u, value, apart);
        value += lane >= apart ? before : 0;
    }
    return value;
}

// A place where a test of the checks can break a kernel by name, see native/check/README.md; nothing in every other build.
#ifndef MUTANT
#define MUTANT(name) false
#endif
