// Runs unmodified CUDA sources on the host, to check them: a fibre per CUDA thread, one block after another.
//
// A launch may run under any of three schedules (see context.h). A misuse that the host can see ends the process with a line
// that names the kernel, the block and the thread. One launch at a time: run_grid waits for its turn.
#pragma once

#include "types.h"

#include "grid.h"

#include "atomics.h"
#include "copy_async.h"
#include "intrinsics.h"
#include "mutant.h"
#include "tensor.h"
#include "warp.h"

#define PERIGEE_HAS_MMA 1

#ifdef HOST_CUDA_CHECKS
#define __global__ __attribute__((weak)) // several checks may include one kernel
#else
#define __global__
#endif
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __restrict__ __restrict
#define __align__(n) __attribute__((aligned(n)))
#define __constant__ static
#define __shared__ static __attribute__((section("cuda_shared"))) // found and poisoned by shared.h

#define DYNAMIC_SHARED(type, name) type* const name = reinterpret_cast<type*>(::host_cuda::context.dynamic)

#define threadIdx (::host_cuda::context.here->index)
#define blockIdx (::host_cuda::context.block)
#define blockDim (::host_cuda::context.threads)
#define gridDim (::host_cuda::context.grid)
#define warpSize 32
