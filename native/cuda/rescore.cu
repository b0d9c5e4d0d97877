// rescore_exact, refine_exact, merge_top: the distances of candidates as the reference defines them, and the k nearest of
// them.
#include "panels.cuh"
#include "sort.cuh"

constexpr int TEAM = 8; // lanes that share a row: lane j has the partial sum of the terms t with t mod 8 = j

// Distance.between, bit for bit: differences, products and sums in double, none fused; the eight partial sums are added as
// ((s0+s4)+(s2+s6)) + ((s1+s5)+(s3+s7)). All lanes of a team return it.
__device__ __forceinline__ double exact_distance(const float* query, const float* row, int dim, int l2, int lane) {
    double sum = 0;
    if (l2) {
        for (int t = lane; t < dim; t += TEAM) {
            const double difference = __dsub_rn(query[t], row[t]);
            sum = __dadd_rn(sum, __dmul_rn(difference, difference));
        }
    } else {
        for (int t = lane; t < dim; t += TEAM) {
            sum = __dadd_rn(sum, __dmul_rn(query[t], row[t]));
        }
    }
    sum = __dadd_rn(sum, __shfl_xor_sync(~0u, sum, 4));
    sum = __dadd_rn(sum, __shfl_xor_sync(~0u, sum, 2));
    sum = __dadd_rn(sum, __shfl_xor_sync(~0u, sum, 1));
    return l2 ? sum : 0.0 - sum; // never -0, so that equal distances are equal bits
}

// Blocks (x, query) of 256 threads share the candidates of a query: list [.., list_capacity] of groups (span 32) or rows
// (span 1). A row that is allowed and not beyond the query's limit is appended to the query's pool, with its position
// `base` + row. row_of: the row of each slot, negative where there is none, for rows that lie in the slots of inverted lists;
// null where a row is where its number says. A list that did not fit is not looked at: the pool counts as full to overflowing.
KERNEL __launch_bounds__(256) rescore_exact(
        const int* active, const float* queries, long long query_stride, const float* rows, long long row_stride, int n,
        int dim, int l2, const unsigned* mask, const int* row_of, int span, const int* list_counts, const int* list, int list_capacity,
        const float* limits, const float* gamma, const double* unit, const double* constant, long long base,
        int pool_capacity, int* pool_counts, double* pool_distances, long long* pool_positions) {
    const int query = active == nullptr ? blockIdx.y : active[blockIdx.y];
    const int candidates = list_counts[query];
    if (candidates > list_capacity) {
        if (blockIdx.x == 0 && threadIdx.x == 0) {
            pool_counts[query] = pool_capacity + 1;
        }
        return;
    }
    // the limit, a key, as a distance; the slack covers the conversion
    double limit = (static_cast<double>(limits[query]) + 2.0 * gamma[query]) / unit[query];
    limit = limit + constant[query] + (fabs(limit) + fabs(constant[query])) * 0x1p-40;
    const float* q = queries + query * query_stride;
    const int* mine = list + size_t(query) * list_capacity;
    const int lane = threadIdx.x % TEAM;
    const long long items = static_cast<long long>(candidates) * span;
    const int teams = gridDim.x * blockDim.x / TEAM;
    const int team = (blockIdx.x * blockDim.x + threadIdx.x) / TEAM;
    // all lanes of a warp stay for as long as one of its teams has work: they meet in the sums
    for (long long i = team; i - team % (32 / TEAM) < items; i += teams) {
        int row = n;
        if (i < items) {
            row = mine[i / span] * span + static_cast<int>(i % span);
        }
        const bool there = row < n && allowed(mask, row) && (row_of == nullptr || row_of[row] >= 0);
        const double distance = exact_distance(q, rows + (there ? row : 0) * row_stride, there ? dim : 0, l2, lane);
        if (there && lane == 0 && !(distance > limit)) {
            const int place = atomicAdd(&pool_counts[query], 1);
            if (place < pool_capacity) {
                pool_distances[size_t(query) * pool_capacity + place] = distance;
                pool_positions[size_t(query) * pool_capacity + place] = base + (row_of == nullptr ? row : row_of[row]);
            }
        }
    }
}

// A block per query: the rows that were found by their codes, the first top_counts of top_positions [.., top_stride], as a
// pool with exact distances instead; the top is empty then, for merge_top to fill. Queries whose `wanted` is 0 stay as they
// are. rows may be memory of the host.
KERNEL __launch_bounds__(256) refine_exact(const int* wanted, const float* queries, long long query_stride,
                                           const float* rows, long long row_stride, int dim, int l2, int* top_counts,
                                           const long long* top_positions, int top_stride, int pool_capacity,
                                           int* pool_counts, double* pool_distances, long long* pool_positions) {
    const int query = blockIdx.x;
    if (wanted[query] == 0) {
        return;
    }
    const int count = top_counts[query];
    const float* q = queries + query * query_stride;
    const int lane = threadIdx.x % TEAM;
    const int team = threadIdx.x / TEAM;
    const int teams = blockDim.x / TEAM;
    for (int i = team; i - team % (32 / TEAM) < count; i += teams) {
        const bool there = i < count;
        const long long position = there ? top_positions[size_t(query) * top_stride + i] : 0;
        const float* row = rows + (position & 0xffffffff) * row_stride;
        const double distance = exact_distance(q, row, there ? dim : 0, l2, lane);
        if (there && lane == 0) {
            pool_distances[size_t(query) * pool_capacity + i] = distance;
            pool_positions[size_t(query) * pool_capacity + i] = position;
        }
    }
    __syncthreads(); // all have read the count
    if (threadIdx.x == 0) {
        pool_counts[query] = count;
        top_counts[query] = 0;
    }
}

// Pairs in place, in order of (distance, position).
struct Pairs {
    double* distances;
    long long* positions;

    __device__ __forceinline__ void operator()(int a, int b) const {
        const double x = distances[a];
        const double y = distances[b];
        if (y < x || (y == x && positions[b] < positions[a])) {
            distances[a] = y;
            distances[b] = x;
            const long long position = positions[a];
            positions[a] = positions[b];
            positions[b] = position;
        }
    }

    __device__ __forceinline__ void copy(int n, const Pairs& from) const {
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            distances[i] = from.distances[i];
            positions[i] = from.positions[i];
        }
    }
};

constexpr int MERGE_SHARED = 1024; // pairs that are sorted in shared memory

// Sorts n pairs: piece by piece in shared memory, only joins and strides beyond a piece in global memory. In the end a pair
// was written by the thread of its number, modulo the block: the next copy needs no barrier.
__device__ __forceinline__ void sort_pairs(const Pairs& all, int n, const Pairs& shared) {
    for (int size = MERGE_SHARED; size == MERGE_SHARED || size / 2 < n; size *= 2) {
        if (size > MERGE_SHARED) {
            __syncthreads();
            sort_join(n, size, all);
            sort_strides(n, size / 4, MERGE_SHARED, size, all);
        }
        for (int begin = 0; begin < n; begin += MERGE_SHARED) {
            const Pairs piece{all.distances + begin, all.positions + begin};
            const int count = min(MERGE_SHARED, n - begin);
            __syncthreads(); // the piece is as the last stage left it, and shared memory is free
            shared.copy(count, piece);
            if (size == MERGE_SHARED) {
                block_sort(count, shared);
            } else {
                sort_strides(count, MERGE_SHARED / 2, 1, MERGE_SHARED, shared);
                __syncthreads();
            }
            piece.copy(count, shared);
        }
    }
}

// A block per query: the k nearest of its pool, sorted, to the pool's begin and to top [.., top_stride]; top_counts and
// pool_counts say how many they are. If more was appended than the pool holds, nothing changes but overflow [query] = 1:
// the first top_counts of the pool are as they were.
KERNEL __launch_bounds__(512, 2) merge_top(const int* active, const int* ks, int pool_capacity, int* pool_counts,
                                           double* pool_distances, long long* pool_positions, int* top_counts,
                                           double* top_distances, long long* top_positions, int top_stride,
                                           int* overflow) {
    __shared__ double distances[MERGE_SHARED];
    __shared__ long long positions[MERGE_SHARED];
    const int query = active == nullptr ? blockIdx.x : active[blockIdx.x];
    const int n = pool_counts[query];
    const int before = top_counts[query];
    const bool fits = n <= pool_capacity;
    const int kept = fits ? min(n, ks[query]) : before;
    const Pairs pool{pool_distances + size_t(query) * pool_capacity, pool_positions + size_t(query) * pool_capacity};
    if (fits && n > before) {
        sort_pairs(pool, n, Pairs{distances, positions});
        const size_t begin = size_t(query) * top_stride;
        Pairs{top_distances + begin, top_positions + begin}.copy(kept, pool);
    }
    __syncthreads(); // all have read the counts
    if (threadIdx.x == 0) {
        pool_counts[query] = kept;
        top_counts[query] = kept;
        overflow[query] = fits ? 0 : 1;
    }
}
