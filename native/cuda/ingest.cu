// ingest_rows, ingest_queries: fp16 shadows of float32 vectors, and all that a proof of exactness needs to know of them.
//
// With b = (row - mean) * scale and y = weight * scale (see FlatData: weight -2 (query - mean) for L2, -query else), the key
// of a pair is  start + y~ . b~  where ~ is the fp16 copy. It misses the true value, start + y . b, by at most
//
//     |y - y~| |b~|  +  |y| |b - b~|  +  accumulation * (start + |y~| |b~|)  +  gamma
//
// (Cauchy-Schwarz, twice). The errors |y - y~| and |b - b~| are not estimated but measured, in double: subtraction of the
// mean, scaling and rounding are all in them. `accumulation` covers sums in float32 on tensor cores, gamma the roundings
// of the double reference itself. Scales are powers of two. Everything here is in units of (scale of rows * scale of queries).
#include "bounds.cuh"
#include "panels.cuh"

__device__ __forceinline__ double warp_sum(double x) {
    for (int lane = 16; lane > 0; lane >>= 1) {
        x += __shfl_xor_sync(~0u, x, lane);
    }
    return x;
}

// Sums over the lanes of what one lane saw of a vector.
struct Seen {
    double norm = 0;   // squared, of the scaled vector
    double shadow = 0; // squared, of its fp16 copy
    double error = 0;  // squared, of the difference

    // Takes one scaled value and returns its fp16 copy.
    __device__ __forceinline__ __half take(double value) {
        __half half = __float2half_rn(static_cast<float>(value));
        double copy = __half2float(half);
        norm += value * value;
        shadow += copy * copy;
        error += (value - copy) * (value - copy);
        return half;
    }

    __device__ __forceinline__ void sum() {
        norm = warp_sum(norm);
        shadow = warp_sum(shadow);
        error = warp_sum(error);
    }
};

// One group of 32 rows a block of 256 threads, a row a warp at a time. Rows from n on, and slots without a row (row_of
// negative; null = all have one), are zero and their start +infinity.
//
// rows [n, dim] with `stride` floats from one to the next; panels: shadows; starts: one a row, times `start_scale`
// (0 = inner product); of each group the largest shadow norm, error and start.
KERNEL __launch_bounds__(256, 4) ingest_rows(const float* rows, long long stride, int n, int dim, const int* row_of, const float* mean, double scale,
                   double start_scale, __half* panels, float* starts, float* group_norm, float* group_error,
                   float* group_start) {
    __shared__ float seen[3][GROUP];
    const int warp = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    const int chunks = (dim + CHUNK - 1) / CHUNK;
    for (int i = warp; i < GROUP; i += 8) {
        const int row = blockIdx.x * GROUP + i;
        const bool there = row < n && (row_of == nullptr || row_of[row] >= 0);
        Seen sums;
        for (int t = lane; t < chunks * CHUNK; t += 32) {
            double value = 0;
            if (there && t < dim) {
                value = (static_cast<double>(rows[row * stride + t]) - mean[t]) * scale;
            }
            panels[panel_offset(row, t, chunks)] = sums.take(value);
        }
        sums.sum();
        if (lane == 0) {
            const double start = sums.norm / scale / scale * start_scale;
            starts[row] = there ? static_cast<float>(start) : INFINITY;
            seen[0][i] = at_least(sqrt(sums.shadow));
            seen[1][i] = at_least(sqrt(sums.error));
            seen[2][i] = at_least(start);
        }
    }
    __syncthreads();
    if (warp < 3) {
        float most = seen[warp][lane];
        for (int other = 16; other > 0; other >>= 1) {
            most = fmaxf(most, __shfl_xor_sync(~0u, most, other));
        }
        if (lane == 0) {
            (warp == 0 ? group_norm : warp == 1 ? group_error : group_start)[blockIdx.x] = most;
        }
    }
}

// A query a warp, eight a block; `count` rounded up to whole panels are written.
//
// l2 = 1: weights are scaled by `scale`; else by the power of two that brings the query's norm to [1, 2). Per query:
// alpha, beta, gamma: the error of a key is at most alpha |b~| + beta |b - b~| + accumulation start + gamma; alpha is
// infinite where fp16 or float cannot hold the query: its keys mean nothing. A distance is key / unit + constant.
// longest: the norm of the longest row where the distances themselves are float, else 0.
// panels = null: the scan is of vectors as they are, `longest` as it is. accumulation = 0: for
// direct_groupmin, whose keys are distances. Else for product_groupmin, whose keys lack |query|^2: a product errs by at most
// accumulation |query| |row|, whatever the order of the sum; gamma allows for denormals that count as zeros.
KERNEL __launch_bounds__(256, 4) ingest_queries(const float* queries, long long stride, int count, int dim, const float* mean, int l2,
                      double scale, double row_scale, float accumulation, double longest, __half* panels, float* alpha,
                      float* beta, float* gamma, double* unit, double* constant) {
    const int query = blockIdx.x * 8 + threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    const int chunks = (dim + CHUNK - 1) / CHUNK;
    const float* values = queries + query * stride;
    double square = 0;
    double offset = 0;
    double centre = 0;
    if (query < count) {
        for (int t = lane; t < dim; t += 32) {
            const double x = values[t];
            const double m = panels == nullptr ? 0 : mean[t];
            const double w = l2 ? x - m : x;
            square += w * w;
            offset -= x * m;
            centre += m * m;
        }
    }
    square = warp_sum(square);
    offset = warp_sum(offset);
    centre = warp_sum(centre);
    const double norm = sqrt(square);
    if (panels == nullptr) {
        if (lane == 0 && query < count) {
            const double most = l2 ? (norm + longest) * (norm + longest) : norm * longest;
            const bool products = accumulation > 0;
            const double slope = products ? norm * accumulation * (l2 ? 2 : 1) : l2 ? 0 : norm * (dim + 8) * 0x1.1p-24;
            const double denormals = products ? (1 + norm + longest) * (dim + 8) * 0x1p-124 : (dim + 8) * 0x1p-147;
            alpha[query] = most > 1e37 ? INFINITY : at_least(slope);
            beta[query] = 0;
            gamma[query] = at_least(products && l2 ? denormals + most * (dim + 8) * 0x1p-51 : denormals);
            unit[query] = 1;
            constant[query] = products && l2 ? square : 0;
        }
        return;
    }
    if (!l2) {
        scale = norm > 0 ? ldexp(1.0, -ilogb(norm)) : 1;
    }
    Seen sums;
    for (int t = lane; t < chunks * CHUNK; t += 32) {
        double value = 0;
        if (query < count && t < dim) {
            value = l2 ? -2 * (static_cast<double>(values[t]) - mean[t]) * scale : -static_cast<double>(values[t]) * scale;
        }
        panels[panel_offset(query, t, chunks)] = sums.take(value);
    }
    sums.sum();
    if (lane == 0 && query < count) {
        const double units = scale * row_scale;
        const double most = longest > 0 ? (norm + longest) * (norm + longest) : 0;
        const bool held = sums.shadow < INFINITY && square < 1e300 && most <= 1e37;
        alpha[query] = held ? at_least(sqrt(sums.error) + accumulation * sqrt(sums.shadow)) : INFINITY;
        beta[query] = held ? at_least(sqrt(sums.norm)) : INFINITY;
        gamma[query] = at_least((l2 ? square : norm * sqrt(centre)) * units * (dim + 8) * 0x1p-51);
        unit[query] = units;
        constant[query] = l2 ? square : offset;
    }
}
