// Counts of values: atomics on dynamic shared memory, and between blocks.
#include "../../cuda/common.cuh"
#include "../check.h"

KERNEL histogram(const int* values, int n, int bins, int* out) {
    DYNAMIC_SHARED(int, counts);
    for (int i = threadIdx.x; i < bins; i += blockDim.x) {
        if (!MUTANT(histogram_stale)) {
            counts[i] = 0;
        }
    }
    if (!MUTANT(histogram_no_barrier)) {
        __syncthreads();
    }
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        if (MUTANT(histogram_plain_add)) {
            ++counts[values[i]];
        } else {
            atomicAdd(&counts[values[i]], 1);
        }
    }
    __syncthreads();
    const int end = MUTANT(histogram_bin_too_many) ? bins + 1 : bins;
    for (int i = threadIdx.x; i < end; i += blockDim.x) {
        if (MUTANT(histogram_plain_between_blocks)) {
            out[i] += counts[i];
        } else {
            atomicAdd(&out[i], counts[i]);
        }
    }
}

CHECK(histogram_is_right) {
    std::vector<int> values(3000);
    std::vector<int> expected(97);
    for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<int>(i * i % 97);
        ++expected[values[i]];
    }
    check::Global<int> out(97, 0);
    launch(histogram, dim3(3), dim3(96), 97 * sizeof(int), check::Global<int>(values), 3000, 97, out);
    check::expect_equal("count", out, expected);
}
