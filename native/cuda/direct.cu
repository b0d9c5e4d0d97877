// direct_groupmin, direct_product, product_groupmin: plain float32 from the vectors as they are.
//
// direct_groupmin: as gemm_groupmin: the sum of (query - row)^2, or of -query * row. For devices without the tensor-core
// product and for data that fp16 cannot hold. The error is relative to the key for L2, so far-off means and wide norms do
// no harm.
//
// A block of 256 threads takes 64 queries x 64 rows (two groups), a thread 4 x 4 of them: queries ty + 16 i, rows tx + 16 j.
#include "panels.cuh"

constexpr int DIRECT = 64; // queries and rows of a block
constexpr int DEPTH = 16;  // dims of a step
// +infinity means "not there", so a key that float cannot hold, or a NaN, becomes the largest float.
constexpr float LARGEST_KEY = 3.402823466e38f;

// Adds one step to the keys of a thread.
template <bool L2>
__device__ __forceinline__ void direct_step(float (&keys)[4][4], const float (*q)[DIRECT + 1], const float (*x)[DIRECT + 1],
                                            int tx, int ty) {
#pragma unroll
    for (int t = 0; t < DEPTH; ++t) {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                const float a = q[t][ty + 16 * i];
                const float b = x[t][tx + 16 * j];
                keys[i][j] = L2 ? fmaf(a - b, a - b, keys[i][j]) : fmaf(-a, b, keys[i][j]);
            }
        }
    }
}

// The keys of the queries and rows of a tile: query(i) and row(i) say where the i-th lies, null beyond the end: zeros.
template <class Query, class Row>
__device__ __forceinline__ void direct_keys(float (&keys)[4][4], Query query, Row row, int dim, int l2,
                                            float (*q)[DIRECT + 1], float (*x)[DIRECT + 1]) {
    const int tx = threadIdx.x % 16;
    const int ty = threadIdx.x / 16;
    for (int from = 0; from < dim; from += DEPTH) {
        for (int i = ty; i < DIRECT; i += 16) {
            const int t = from + tx;
            const float* a = query(i);
            const float* b = row(i);
            q[tx][i] = a != nullptr && t < dim ? a[t] : 0;
            x[tx][i] = b != nullptr && t < dim ? b[t] : 0;
        }
        __syncthreads();
        if (l2) {
            direct_step<true>(keys, q, x, tx, ty);
        } else {
            direct_step<false>(keys, q, x, tx, ty);
        }
        __syncthreads();
    }
}

// The smallest of a thread's keys in one of the two groups, and of the 16 threads that share the query; there(j) says whether
// the j-th row of the thread counts.
template <class There>
__device__ __forceinline__ float direct_least(const float (&keys)[4], int group, There there) {
    float least = INFINITY;
#pragma unroll
    for (int j = group * 2; j < group * 2 + 2; ++j) {
        least = there(j) ? fminf(least, fminf(keys[j], LARGEST_KEY)) : least;
    }
    return lanes_least(least, 16);
}

// Vectors of a block, in order: `count` of them in all.
struct DirectVectors {
    const float* vectors;
    long long stride;
    int first;
    int count;

    __device__ __forceinline__ const float* operator()(int i) const {
        return first + i < count ? vectors + (first + i) * stride : nullptr;
    }
};

// queries [count, dim], rows [n, dim] with their strides in floats; minima [count, columns].
KERNEL __launch_bounds__(256) direct_groupmin(const float* queries, long long query_stride, int count, const float* rows,
                                              long long row_stride, int n, int dim, int l2, const unsigned* mask,
                                              float* minima, int columns) {
    __shared__ float q[DEPTH][DIRECT + 1];
    __shared__ float x[DEPTH][DIRECT + 1];
    float keys[4][4] = {};
    direct_keys(keys, DirectVectors{queries, query_stride, static_cast<int>(blockIdx.x) * DIRECT, count},
                DirectVectors{rows, row_stride, static_cast<int>(blockIdx.y) * DIRECT, n}, dim, l2, q, x);
    const int tx = threadIdx.x % 16;
    const int query = blockIdx.x * DIRECT + threadIdx.x / 16;
    const int row = blockIdx.y * DIRECT;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int group = 0; group < 2; ++group) {
            const float least = direct_least(keys[i], group, [=](int j) {
                const int r = row + tx + 16 * j;
                return r < n && allowed(mask, r);
            });
            const int column = blockIdx.y * 2 + group;
            if (tx == 0 && query + 16 * i < count && column < columns) {
                minima[size_t(query + 16 * i) * columns + column] = least;
            }
        }
    }
}

// out [count, out_stride] = queries [count, dim] x rows [n, dim]^T: the product where there is no cuBLAS.
KERNEL __launch_bounds__(256) direct_product(const float* queries, long long query_stride, int count, const float* rows,
                                             long long row_stride, int n, int dim, float* out, long long out_stride) {
    __shared__ float q[DEPTH][DIRECT + 1];
    __shared__ float x[DEPTH][DIRECT + 1];
    float keys[4][4] = {};
    direct_keys(keys, DirectVectors{queries, query_stride, static_cast<int>(blockIdx.x) * DIRECT, count},
                DirectVectors{rows, row_stride, static_cast<int>(blockIdx.y) * DIRECT, n}, dim, 0, q, x);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const int query = blockIdx.x * DIRECT + threadIdx.x / 16 + 16 * i;
            const int row = blockIdx.y * DIRECT + threadIdx.x % 16 + 16 * j;
            if (query < count && row < n) {
                out[query * out_stride + row] = -keys[i][j];
            }
        }
    }
}

// Group minima where another has made the products (cuBLAS): products [gridDim.y queries, n rows] with `stride` floats from one
// query to the next; keys are starts [n] - 2 * product (L2), or -product where starts = null. A warp takes a group of a query;
// `groups` are written, also those past the rows; minima [.., columns].
KERNEL __launch_bounds__(256) product_groupmin(const float* products, long long stride, int n, const float* starts,
                                               const unsigned* mask, float* minima, int groups, int columns) {
    const int group = blockIdx.x * 8 + threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    const int row = group * GROUP + lane;
    if (group >= groups) {
        return;
    }
    float least = INFINITY;
    if (row < n && allowed(mask, row)) {
        const float product = products[blockIdx.y * stride + row];
        const float key = starts == nullptr ? -product : fmaf(-2.0f, product, starts[row]);
        least = fminf(key, LARGEST_KEY);
    }
    least = lanes_least(least);
    if (lane == 0) {
        minima[size_t(blockIdx.y) * columns + group] = least;
    }
}
