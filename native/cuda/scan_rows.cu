// lists_groupmin, lists_groupmin_narrow, lists_direct: the smallest key of every 32 rows of a list for all queries that
// probe it; as gemm_groupmin and direct_groupmin are of all rows. Rows lie in the slots of lists, groups of 32.
#include "gemm.cuh"
#include "items.cuh"

// A warp takes 64 queries with one group; few queries: 16, and more copies in flight.
using Probing = Shape<1, 4, 4, 4, false, 4>;
using ProbingFew = Shape<1, 4, 1, 4, false, 6>;

// Pairs of an item in shared memory: the query of each and where the minima of its list begin.
template <int QUERIES>
struct ItemPairs {
    int queries[QUERIES];
    long long targets[QUERIES];

    // Places without a pair repeat the first.
    __device__ __forceinline__ void load(const Plan& plan, const Item& item) {
        for (int i = threadIdx.x; i < QUERIES; i += blockDim.x) {
            const int pair = plan.pairs[item.pair + (i < item.pairs ? i : 0)];
            queries[i] = pair / plan.probes;
            targets[i] = queries[i] * plan.columns + plan.begins[size_t(queries[i]) * (plan.probes + 1) + pair % plan.probes];
        }
    }
};

#if PERIGEE_HAS_MMA

// As InOrder, for the groups of an item: panel p is four groups of it, wherever they lie; past its end the last repeats.
template <class S>
struct OfItem : Operands {
    const int* numbers;
    int first;
    int last;

    __device__ __forceinline__ int query(int i) const { return numbers[i]; }

    __device__ __forceinline__ int group(int panel, int i) const { return min(first + panel * GROUPS + i, last); }

    __device__ __forceinline__ const unsigned char* row_unit(int panel, int chunk, int i) const {
        constexpr int UNITS = GROUP * VECTOR_BYTES / 16;
        const int from = group(panel, i / UNITS);
        return reinterpret_cast<const unsigned char*>(rows) + (size_t(from / GROUPS) * chunks + chunk) * CHUNK_BYTES
                + (from % GROUPS * UNITS + i % UNITS) * 16;
    }
};

template <class S>
struct ListMinima {
    const Item& item;
    const long long* targets;
    float* minima;

    __device__ __forceinline__ void panel(const float (&acc)[S::TILES_Q][S::TILES_R][4], int panel, int, int warp_r, int lane) {
        const int group = panel * GROUPS + warp_r;
#pragma unroll
        for (int i = 0; i < S::TILES_Q; ++i) {
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                float least = INFINITY;
#pragma unroll
                for (int j = 0; j < S::TILES_R; ++j) {
                    least = fminf(least, fminf(acc[i][j][half * 2], acc[i][j][half * 2 + 1]));
                }
                least = fminf(least, __shfl_xor_sync(~0u, least, 1));
                least = fminf(least, __shfl_xor_sync(~0u, least, 2));
                const int slot = i * 16 + half * 8 + lane / 4;
                if (lane % 4 == (i * 2 + half) % 4 && slot < item.pairs && group < item.groups) {
                    minima[targets[slot] + item.begin + group] = least;
                }
            }
        }
    }
};

template <class S>
__device__ __forceinline__ void scan_items(const Operands& operands, const Plan& plan, ItemPairs<S::QUERIES>& pairs) {
    DYNAMIC_SHARED(unsigned char, shared);
    const int items = plan.item_begins[plan.lists];
    for (int number = blockIdx.x; number < items; number += gridDim.x) {
        const Item item(plan, number);
        __syncthreads(); // nobody reads the pairs of the last item any more
        pairs.load(plan, item);
        __syncthreads();
        const int first = item.first_group + item.begin;
        const OfItem<S> in{operands, pairs.queries, first, first + item.groups - 1};
        ListMinima<S> epilogue{item, pairs.targets, plan.minima};
        Product<S, OfItem<S>, ListMinima<S>> product{in, shared, {}};
        product.run(0, (item.groups + GROUPS - 1) / GROUPS, epilogue);
    }
}

#define LISTS_BODY(S) \
    __shared__ ItemPairs<S::QUERIES> item_pairs; \
    const Plan plan{pairs, pair_begins, item_begins, list_groups, first_groups, lists, S::QUERIES, item_groups, probes, begins, \
                    minima, columns}; \
    scan_items<S>(Operands{queries, rows, starts, mask, chunks, 0, 0}, plan, item_pairs);
#else
#define LISTS_BODY(S)
#endif

// Persistent blocks take the items of plan.cu, made for so many queries an item.
#define LISTS(NAME, S, BLOCKS) \
    KERNEL __launch_bounds__(S::THREADS, BLOCKS) NAME(const __half* queries, const __half* rows, const float* starts, \
            const unsigned* mask, int chunks, const int* pairs, const int* pair_begins, const int* item_begins, \
            const int* list_groups, const int* first_groups, int lists, int item_groups, int probes, const int* begins, \
            float* minima, long long columns) { \
        LISTS_BODY(S) \
    }

LISTS(lists_groupmin, Probing, 2)
LISTS(lists_groupmin_narrow, ProbingFew, 2)

// The vectors of an item's pairs, or of its groups.
struct PairVectors {
    const float* vectors;
    long long stride;
    const int* numbers;
    int count;

    __device__ __forceinline__ const float* operator()(int i) const {
        return i < count ? vectors + numbers[i] * stride : nullptr;
    }
};

// Persistent blocks of 256 threads take the items, of 64 queries each, from rows [slots, dim] as they are.
KERNEL __launch_bounds__(256) lists_direct(const float* queries, long long query_stride, const float* rows,
                                           long long row_stride, int dim, int l2, const unsigned* mask, const int* row_of,
                                           const int* pairs, const int* pair_begins, const int* item_begins,
                                           const int* list_groups, const int* first_groups, int lists, int item_groups,
                                           int probes, const int* begins, float* minima, long long columns) {
    __shared__ float q[DEPTH][DIRECT + 1];
    __shared__ float x[DEPTH][DIRECT + 1];
    __shared__ ItemPairs<DIRECT> item_pairs;
    const Plan plan{pairs, pair_begins, item_begins, list_groups, first_groups, lists, DIRECT, item_groups, probes, begins,
                    minima, columns};
    const int tx = threadIdx.x % 16;
    const int ty = threadIdx.x / 16;
    const int items = item_begins[lists];
    for (int number = blockIdx.x; number < items; number += gridDim.x) {
        const Item item(plan, number);
        __syncthreads(); // nobody reads the pairs of the last item any more
        item_pairs.load(plan, item);
        __syncthreads();
        for (int begin = 0; begin < item.groups; begin += DIRECT / GROUP) {
            const int row = (item.first_group + item.begin + begin) * GROUP;
            float keys[4][4] = {};
            direct_keys(keys, PairVectors{queries, query_stride, item_pairs.queries, item.pairs},
                        DirectVectors{rows, row_stride, row, row + (item.groups - begin) * GROUP}, dim, l2, q, x);
#pragma unroll
            for (int i = 0; i < 4; ++i) {
#pragma unroll
                for (int group = 0; group < 2; ++group) {
                    const float least = direct_least(keys[i], group, [=](int j) {
                        const int r = row + tx + 16 * j;
                        return begin + group < item.groups && row_of[r] >= 0 && allowed(mask, r);
                    });
                    const int slot = ty + 16 * i;
                    if (tx == 0 && slot < item.pairs && begin + group < item.groups) {
                        minima[item_pairs.targets[slot] + item.begin + begin + group] = least;
                    }
                }
            }
        }
    }
}
