// ingest_codes, scan_lut, rescore_codes: PQ codes in inverted lists, compared by look-ups in one table per query whatever
// the list (Jegou, Douze, Schmid, TPAMI 2011): key = (term of the row + a look-up per code byte) + constant of the list.
//
// These keys define the answer; scan_lut keeps the smallest of each group, rescore_codes makes those of chosen groups again.
#include "cells.cuh"
#include "bounds.cuh"

// A warp per group of 32 slots, eight a block: codes [slots, code_stride] bytes as on disk, to cells.
// sizes [4 cells, TABLE]: of each word, in units of its scale, the squared norm of its fp16 copy and that of the difference;
// null where nobody asks for group_norm, group_error (the largest of decoded rows) and group_start (of |term|, times
// start_scale).
KERNEL __launch_bounds__(256) ingest_codes(const unsigned char* codes, int code_stride, int groups, int cells,
                                           const int* row_of, const float* terms, const float2* sizes, double start_scale,
                                           unsigned* out, float* group_norm, float* group_error, float* group_start) {
    const int group = blockIdx.x * 8 + threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    if (group >= groups) {
        return;
    }
    const int slot = group * GROUP + lane;
    const unsigned* code = reinterpret_cast<const unsigned*>(codes + size_t(slot) * code_stride);
    const bool there = row_of[slot] >= 0;
    double norm = 0;
    double error = 0;
    for (int c = 0; c < cells; ++c) {
        const unsigned mine = code[c];
        unsigned word = 0;
        for (int i = 0; i < 4; ++i) {
            const unsigned other = __shfl_sync(~0u, mine, lane / 4 + 8 * i);
            word |= (other >> lane % 4 * 8 & 255) << 8 * i;
        }
        out[(size_t(group) * cells + c) * 32 + lane] = word;
        for (int t = 0; sizes != nullptr && there && t < 4; ++t) {
            const float2 size = sizes[(4 * c + t) * TABLE + (mine >> 8 * t & 255)];
            norm += size.x;
            error += size.y;
        }
    }
    if (sizes == nullptr) {
        return;
    }
    float most[3] = {at_least(sqrt(norm)), at_least(sqrt(error)),
                     there ? at_least(fabs(static_cast<double>(terms[slot])) * start_scale) : 0};
    for (int i = 0; i < 3; ++i) {
        for (int other = 16; other > 0; other >>= 1) {
            most[i] = fmaxf(most[i], __shfl_xor_sync(~0u, most[i], other));
        }
    }
    if (lane == 0) {
        group_norm[group] = most[0];
        group_error[group] = most[1];
        group_start[group] = most[2];
    }
}



// Codes of a tile of lists. masked and empty slots never count; mask: a bit per slot, a word per group, or null.
struct Codes {
    const unsigned* codes;
    int cells;
    const float* terms;
    const int* row_of;
    const unsigned* mask;

    __device__ __forceinline__ bool there(int group, int lane) const {
        return row_of[group * GROUP + lane] >= 0 && (mask == nullptr || mask[group] >> lane & 1);
    }

    // The key of a slot, +infinity if it does not count.
    __device__ __forceinline__ float key(const float* tables, int group, int lane, float constant) const {
        if (!there(group, lane)) {
            return INFINITY;
        }
        const float key = code_sum(tables, codes, group, cells, lane, terms[group * GROUP + lane]) + constant;
        return key <= LARGEST_KEY ? key : INFINITY;
    }
};

// Blocks (x, query) of 256 threads share the groups of a query's lists, a warp a group at a time; see plan.cu for begins.
// distances [.., probes]: to the centroids. minima [.., columns], in keys as they are.
KERNEL __launch_bounds__(256) scan_lut(const float* queries, long long query_stride, int dim, const float* mean,
                                       const float* words, int parts, int bits, int dsub, const unsigned* codes, int cells,
                                       const float* terms, const int* row_of, const unsigned* mask, const long long* lists,
                                       const double* distances, const int* probe_counts, int probes, const int* begins,
                                       const int* first_groups, float* minima, long long columns) {
    DYNAMIC_SHARED(float, tables);
    const int query = blockIdx.y;
    const int warp = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    const int* mine = begins + size_t(query) * (probes + 1);
    const int groups = mine[probe_counts[query]];
    if (static_cast<int>(blockIdx.x) * 8 >= groups) {
        return;
    }
    make_tables(tables, tables + 4 * cells * TABLE, queries + query * query_stride, mean, dim,
                Words{words, parts, bits, dsub}, cells);
    const Codes all{codes, cells, terms, row_of, mask};
    int probe = 0;
    for (int i = blockIdx.x * 8 + warp; i < groups; i += gridDim.x * 8) {
        while (i >= mine[probe + 1]) {
            ++probe;
        }
        const size_t pair = size_t(query) * probes + probe;
        const int group = first_groups[lists[pair]] + i - mine[probe];
        const float least = lanes_least(all.key(tables, group, lane, static_cast<float>(distances[pair])));
        if (lane == 0) {
            minima[query * columns + i] = least;
        }
    }
}

// Blocks (x, query) of 256 threads share the candidate groups of a query: list and list_probes [.., list_capacity] of
// lists_select. A row whose key is within the query's limit (in units of its keys) is appended to the query's pool, with its
// position `base` + row. A list that did not fit is not looked at: the pool counts as full to overflowing.
KERNEL __launch_bounds__(256) rescore_codes(
        const int* active, const float* queries, long long query_stride, int dim, const float* mean, const float* words,
        int parts, int bits, int dsub, const unsigned* codes, int cells, const float* terms, const int* row_of,
        const unsigned* mask, const double* distances, int probes, const int* list_counts, const int* list,
        const int* list_probes, int list_capacity, const float* limits, const float* gamma, const double* unit,
        long long base, int pool_capacity, int* pool_counts, double* pool_distances, long long* pool_positions) {
    DYNAMIC_SHARED(float, tables);
    const int query = active == nullptr ? blockIdx.y : active[blockIdx.y];
    const int candidates = list_counts[query];
    if (candidates > list_capacity) {
        if (blockIdx.x == 0 && threadIdx.x == 0) {
            pool_counts[query] = pool_capacity + 1;
        }
        return;
    }
    if (static_cast<int>(blockIdx.x) * 8 >= candidates) {
        return;
    }
    double limit = (static_cast<double>(limits[query]) + 2.0 * gamma[query]) / unit[query];
    limit += fabs(limit) * 0x1p-40;
    make_tables(tables, tables + 4 * cells * TABLE, queries + query * query_stride, mean, dim,
                Words{words, parts, bits, dsub}, cells);
    const Codes all{codes, cells, terms, row_of, mask};
    const int lane = threadIdx.x % 32;
    for (int i = blockIdx.x * 8 + threadIdx.x / 32; i < candidates; i += gridDim.x * 8) {
        const size_t place = size_t(query) * list_capacity + i;
        const int group = list[place];
        const float constant = static_cast<float>(distances[size_t(query) * probes + list_probes[place]]);
        const float key = all.key(tables, group, lane, constant);
        if (key < INFINITY && !(key > limit)) {
            const int at = atomicAdd(&pool_counts[query], 1);
            if (at < pool_capacity) {
                pool_distances[size_t(query) * pool_capacity + at] = key + 0.0f; // never -0: equal keys are equal bits
                pool_positions[size_t(query) * pool_capacity + at] = base + row_of[group * GROUP + lane];
            }
        }
    }
}
