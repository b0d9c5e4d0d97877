// The 32 smallest of a row by one warp: lanes pass candidates through shared memory, in order by __syncwarp alone.
#include "../../cuda/common.cuh"
#include "../check.h"

#include <algorithm>

// A warp per row of values [rows, n]; out [rows, 32], ascending.
KERNEL smallest(const float* values, int n, float* out) {
    __shared__ float found[4][32];
    const int warp = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    const int row = blockIdx.x * 4 + warp;
    float best = INFINITY;
    for (int from = 0; from < n; from += 32) {
        const float value = from + lane < n ? values[row * n + from + lane] : INFINITY;
        if (!MUTANT(smallest_no_syncwarp_before_write)) {
            __syncwarp();
        }
        found[warp][lane] = value;
        if (MUTANT(smallest_shuffle_for_syncwarp)) {
            __shfl_sync(~0u, value, 0);
        } else if (MUTANT(smallest_half_syncwarp)) {
            __syncwarp(lane < 16 ? 0xffffu : 0xffff0000u);
        } else if (!MUTANT(smallest_no_syncwarp_after_write)) {
            __syncwarp();
        }
        const unsigned useful = __ballot_sync(~0u, value < __shfl_sync(~0u, best, 31));
        for (unsigned left = useful; left != 0; left &= left - 1) {
            const float next = found[warp][__ffs(left) - 1];
            const float above = __shfl_up_sync(~0u, best, 1);
            const int place = __popc(__ballot_sync(~0u, best <= next));
            best = lane < place ? best : lane == place ? next : above;
        }
    }
    if (MUTANT(smallest_other_primitive) && lane == 3) {
        __ballot_sync(~0u, 1);
    } else if (MUTANT(smallest_other_primitive)) {
        __syncwarp();
    }
    const int place = MUTANT(smallest_same_place) ? 0 : lane;
    out[row * 32 + place] = best;
}

CHECK(smallest_is_right) {
    const int rows = 8;
    const int n = 300;
    std::vector<float> values = check::normal(rows * n, 3);
    check::Global<float> out(rows * 32);
    launch(smallest, dim3(rows / 4), dim3(128), 0, check::Global<float>(values), n, out);
    std::vector<float> expected;
    for (auto row = values.begin(); row != values.end(); row += n) {
        std::partial_sort(row, row + 32, row + n);
        expected.insert(expected.end(), row, row + 32);
    }
    check::expect_equal("value", out, expected);
}
