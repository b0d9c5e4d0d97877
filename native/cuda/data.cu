// make_rows, anchor_lut: for benchmarks. Rows that are made where they are searched, and a scan as others do it.
#include "cells.cuh"

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) of a seed, a row and a number: no state, so that a row is the same wherever and
// with whatever others it is made.
__device__ __forceinline__ unsigned long long mixed(unsigned long long seed, long long row, int number) {
    unsigned long long z = (seed * 0x9e3779b97f4a7c15ull ^ static_cast<unsigned long long>(row)) * 0xbf58476d1ce4e5b9ull
            + static_cast<unsigned long long>(number + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

// A sum of four uniform numbers: mean 0, variance 1, near enough to normal.
__device__ __forceinline__ float bell(unsigned long long bits) {
    const float sum = static_cast<float>((bits & 65535) + (bits >> 16 & 65535) + (bits >> 32 & 65535) + (bits >> 48));
    return (sum * 0x1p-16f - 2.0f) * 1.7320508f;
}

// A warp per row, eight a block: row `first` + i = centroid of its list + the codewords of its code + noise. begins [lists + 1]:
// rows of each list; null: any list, for queries. words [m, 256, dsub]. codes [count, code_stride] and terms [count] (|r|^2 + 2
// (c - mean) . r of the decoded residual r) may be null.
KERNEL __launch_bounds__(256) make_rows(long long seed, long long first, int count, int dim, const int* begins, int lists,
                                        const float* centroids, const float* mean, const float* words, int dsub,
                                        float noise, float* rows, long long stride, unsigned char* codes, int code_stride,
                                        float* terms) {
    const int i = blockIdx.x * 8 + threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    if (i >= count) {
        return;
    }
    const long long row = first + i;
    int list = static_cast<int>(mixed(seed, row, -1) % lists);
    if (begins != nullptr) {
        list = 0;
        for (int high = lists; high - list > 1;) {
            const int middle = (list + high) / 2;
            if (begins[middle] <= row) {
                list = middle;
            } else {
                high = middle;
            }
        }
    }
    double term = 0;
    for (int t = lane; t < dim; t += 32) {
        const int part = t / dsub;
        const int code = static_cast<int>(mixed(seed, row, part) & 255);
        const float word = words[(part * TABLE + code) * dsub + t % dsub];
        const float centroid = centroids[size_t(list) * dim + t];
        rows[i * stride + t] = centroid + word + noise * bell(mixed(seed, row, 1 << 20 | t));
        term += static_cast<double>(word) * (word + 2.0 * (static_cast<double>(centroid) - mean[t]));
        if (codes != nullptr && t % dsub == 0) {
            codes[size_t(i) * code_stride + part] = static_cast<unsigned char>(code);
        }
    }
    for (int other = 16; other > 0; other >>= 1) {
        term += __shfl_xor_sync(~0u, term, other);
    }
    if (lane == 0 && terms != nullptr) {
        terms[i] = static_cast<float>(term);
    }
}

// The scan of inverted lists as it is published for other engines: a block per (query, list), which makes a table of the
// residual query - centroid in fp16 and looks every code of the list up in it. Group minima only: without their selection, so it
// does less than they do. L2, parts of 8 bits. minima as scan_lut's.
KERNEL __launch_bounds__(256) anchor_lut(const float* queries, long long query_stride, const float* centroids, int dim,
                                         const float* words, int parts, int dsub, const unsigned* codes, int cells,
                                         const int* row_of, const long long* lists, const int* probe_counts, int probes,
                                         const int* begins, const int* first_groups, float* minima, long long columns) {
    DYNAMIC_SHARED(__half, table);
    const int query = blockIdx.y;
    const int probe = blockIdx.x;
    if (probe >= probe_counts[query]) {
        return;
    }
    const long long list = lists[size_t(query) * probes + probe];
    for (int i = threadIdx.x; i < 4 * cells * TABLE; i += blockDim.x) {
        float sum = 0;
        for (int t = 0; t < dsub && i / TABLE < parts; ++t) {
            const int d = i / TABLE * dsub + t;
            const float difference = queries[query * query_stride + d] - centroids[list * dim + d] - words[i * dsub + t];
            sum = fmaf(difference, difference, sum);
        }
        table[i] = __float2half_rn(sum);
    }
    __syncthreads();
    const int* mine = begins + size_t(query) * (probes + 1);
    const int lane = threadIdx.x % 32;
    const int shift = lane / 8 * 8;
    for (int i = mine[probe] + threadIdx.x / 32; i < mine[probe + 1]; i += blockDim.x / 32) {
        const int group = first_groups[list] + i - mine[probe];
        const uint4* code = reinterpret_cast<const uint4*>(codes) + size_t(group) * cells * 8 + lane % 8;
        float sum = 0;
        for (int c = 0; c < cells; ++c) {
            const uint4 word = code[c * 8];
            const __half* part = table + c * 4 * TABLE;
            sum += __half2float(part[word.x >> shift & 255]) + __half2float(part[TABLE + (word.y >> shift & 255)]);
            sum += __half2float(part[2 * TABLE + (word.z >> shift & 255)]) + __half2float(part[3 * TABLE + (word.w >> shift & 255)]);
        }
        const float least = lanes_least(row_of[group * GROUP + lane] >= 0 ? sum : INFINITY);
        if (lane == 0) {
            minima[query * columns + i] = least;
        }
    }
}
