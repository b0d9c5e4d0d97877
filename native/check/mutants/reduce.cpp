// Sums of blocks: shuffles, static shared memory, vector loads.
#include "../../cuda/common.cuh"
#include "../check.h"

// n a multiple of 4. out [blocks]
KERNEL reduce(const float* values, int n, float* out) {
    __shared__ float sums[8];
    __shared__ int last;
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const int i = (blockIdx.x * blockDim.x + threadIdx.x) * 4;
    float sum = 0;
    if (MUTANT(reduce_early_exit) && i >= n) {
        return;
    }
    if (i < (MUTANT(reduce_tail) ? n + 1 : n)) {
        const float4 four = *reinterpret_cast<const float4*>(values + i + (MUTANT(reduce_misaligned_vector) ? -1 : 0));
        sum = (four.x + four.y) + (four.z + four.w);
    }
    for (int other = 16; other > 0; other /= 2) {
        const unsigned mask = MUTANT(reduce_short_mask) ? 0xffffu : ~0u;
        if (MUTANT(reduce_deadlock) && lane == 5 && other == 4) {
            __syncthreads();
        }
        if (MUTANT(reduce_lane_outside_mask) && lane < 16) {
            sum += __shfl_down_sync(0xffffu, sum, other);
        } else if (MUTANT(reduce_lane_outside_mask)) {
            sum += __shfl_down_sync(0xffff0000u, sum, other);
        } else {
            sum += __shfl_xor_sync(mask, sum, other);
        }
    }
    if (lane == 0) {
        float* to = sums; // a pointer, as UBSan sees the bounds of an array
        to[MUTANT(reduce_static_overflow) ? warp + 1 : warp] = sum;
    }
    if (threadIdx.x == (MUTANT(reduce_nobody_writes) ? 1000 : 0)) {
        last = blockDim.x / 32;
    }
    if (MUTANT(reduce_divergent_barrier) && warp == 1) {
        __syncthreads();
    } else if (!MUTANT(reduce_no_barrier)) {
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        float total = 0;
        for (int w = 0; w < last && w < 8; ++w) {
            total += sums[w];
        }
        out[blockIdx.x] = total;
    }
}

CHECK(reduce_is_right) {
    const int n = 2500;
    const std::vector<float> values = check::normal(n, 2);
    std::vector<double> expected(3);
    for (int i = 0; i < n; ++i) {
        expected[i / 1024] += values[i];
    }
    check::Global<float> out(3);
    launch(reduce, dim3(3), dim3(256), 0, check::Global<float>(values), n, out);
    check::expect_near("sum", out, expected, 1e-3);
}
