// ceiling_*: what a device can do at the most, measured beside the kernels that are compared with it. Each result depends
// on all the work, so that none of it is left out, and is known beforehand, so that it can be checked.
#include "common.cuh"

// Copies n x 16 bytes.
KERNEL __launch_bounds__(256) ceiling_copy(const uint4* from, uint4* to, long long n) {
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = blockIdx.x * static_cast<long long>(blockDim.x) + threadIdx.x; i < n; i += threads) {
        to[i] = from[i];
    }
}

constexpr int CHAINS = 8; // independent products of a warp

// Runs mma(accumulators) steps times on each chain. All inputs are 1: each accumulator grows by the depth of the product a step
// from the number of its chain, so that no chain can stand for another. Returns the sum of a thread's accumulators.
template <class Mma>
__device__ __forceinline__ float run_chains(int steps, Mma mma) {
    float acc[CHAINS][4];
#pragma unroll
    for (int chain = 0; chain < CHAINS; ++chain) {
        acc[chain][0] = acc[chain][1] = acc[chain][2] = acc[chain][3] = chain;
    }
    for (int i = 0; i < steps; ++i) {
#pragma unroll
        for (int chain = 0; chain < CHAINS; ++chain) {
            mma(acc[chain]);
        }
    }
    float sum = 0;
#pragma unroll
    for (int chain = 0; chain < CHAINS; ++chain) {
        sum += acc[chain][0] + acc[chain][1] + acc[chain][2] + acc[chain][3];
    }
    return sum;
}

// steps x CHAINS products m16n8k16 a warp, 4,096 floating-point operations each. out [threads] is
// 64 * CHAINS * steps + 2 * CHAINS * (CHAINS - 1).
KERNEL __launch_bounds__(256) ceiling_mma_fp16(int steps, float* out) {
#if PERIGEE_HAS_MMA
    const unsigned one = 0x3C003C00u; // two halves
    const unsigned a[4] = {one, one, one, one};
    const unsigned b[2] = {one, one};
    out[blockIdx.x * blockDim.x + threadIdx.x] = run_chains(steps, [&](float (&acc)[4]) { mma_m16n8k16(acc, a, b); });
#endif
}

// The same with TF32, m16n8k8, 2,048 operations each: 32 * CHAINS * steps + 2 * CHAINS * (CHAINS - 1).
KERNEL __launch_bounds__(256) ceiling_mma_tf32(int steps, float* out) {
#if PERIGEE_HAS_MMA
    const unsigned one = 0x3F800000u;
    const unsigned a[4] = {one, one, one, one};
    const unsigned b[2] = {one, one};
    out[blockIdx.x * blockDim.x + threadIdx.x] = run_chains(steps, [&](float (&acc)[4]) { mma_m16n8k8_tf32(acc, a, b); });
#endif
}

// Reads of shared memory without bank conflicts: steps x 8 x 16 bytes a thread. Word w holds w mod 4: each read adds
// 0 + 1 + 2 + 3, so out [threads] = 48 steps.
KERNEL __launch_bounds__(256) ceiling_shared(int steps, float* out) {
    __shared__ float4 words[256 * 8];
    for (int i = threadIdx.x; i < 256 * 8; i += 256) {
        words[i] = make_float4(0, 1, 2, 3);
    }
    __syncthreads();
    float sum = 0;
    for (int i = 0; i < steps; ++i) {
#pragma unroll
        for (int j = 0; j < 8; ++j) {
            const volatile float4* word = words + ((threadIdx.x + i) % 256 + 256 * j);
            sum += word->x + word->y + word->z + word->w;
        }
    }
    out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}
