// plan_probes, plan_lists, plan_pairs: which queries probe each inverted list, so that one read of a list serves all of them.
//
// A list is a run of groups of 32 slots; `list_groups` says how many, 0 for lists that are elsewhere. Query q probes lists
// [q, stride], the first counts [q] of them. Its groups are numbered from 0 on, list after list: those of probe j are
// begins [q, j] to begins [q, j + 1]; a pair (q, j) has the number q * stride + j.
#include "common.cuh"

// A warp per query, eight a block. begins [count, stride + 1]; pair_counts [lists], zero before.
KERNEL __launch_bounds__(256) plan_probes(const long long* lists, const int* counts, int stride, int count,
                                          const int* list_groups, int* begins, int* pair_counts) {
    const int query = blockIdx.x * 8 + threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    if (query >= count) {
        return;
    }
    const int probes = counts[query];
    int* mine = begins + size_t(query) * (stride + 1);
    int begin = 0;
    for (int from = 0; from < probes; from += 32) {
        const int j = from + lane;
        int groups = 0;
        if (j < probes) {
            const int list = static_cast<int>(lists[size_t(query) * stride + j]);
            groups = list_groups[list];
            if (groups > 0) {
                atomicAdd(&pair_counts[list], 1);
            }
        }
        const int upto = lanes_upto(groups, lane);
        if (j < probes) {
            mine[j] = begin + upto - groups;
        }
        begin += __shfl_sync(~0u, upto, 31);
    }
    if (lane == 0) {
        mine[probes] = begin;
    }
}

constexpr int PLAN_THREADS = 512;

// One block. Pairs of list l are pair_begins [l] to [l + 1], its items item_begins [l] to [l + 1]: an item is up to
// item_queries of its pairs with up to item_groups of its groups. cursors: where the next pair of each list goes.
KERNEL __launch_bounds__(PLAN_THREADS) plan_lists(const int* pair_counts, const int* list_groups, int lists, int item_queries,
                                                  int item_groups, int* pair_begins, int* item_begins, int* cursors) {
    __shared__ int pairs[PLAN_THREADS / 32];
    __shared__ int items[PLAN_THREADS / 32];
    const int warp = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    int pair = 0;
    int item = 0;
    for (int from = 0; from < lists; from += PLAN_THREADS) {
        const int list = from + threadIdx.x;
        const int my_pairs = list < lists ? pair_counts[list] : 0;
        const int my_groups = list < lists ? list_groups[list] : 0;
        const int my_items = (my_pairs + item_queries - 1) / item_queries * ((my_groups + item_groups - 1) / item_groups);
        int pairs_upto = lanes_upto(my_pairs, lane);
        int items_upto = lanes_upto(my_items, lane);
        if (lane == 31) {
            pairs[warp] = pairs_upto;
            items[warp] = items_upto;
        }
        __syncthreads();
        int pairs_here = 0;
        int items_here = 0;
        for (int other = 0; other < PLAN_THREADS / 32; ++other) {
            pairs_upto += other < warp ? pairs[other] : 0;
            items_upto += other < warp ? items[other] : 0;
            pairs_here += pairs[other];
            items_here += items[other];
        }
        if (list < lists) {
            pair_begins[list] = cursors[list] = pair + pairs_upto - my_pairs;
            item_begins[list] = item + items_upto - my_items;
        }
        pair += pairs_here;
        item += items_here;
        __syncthreads(); // before the sums of the warps are written again
    }
    if (threadIdx.x == 0) {
        pair_begins[lists] = pair;
        item_begins[lists] = item;
    }
}

// A warp per query, eight a block: the numbers of the pairs, list by list. Their order within a list is any.
KERNEL __launch_bounds__(256) plan_pairs(const long long* lists, const int* counts, int stride, int count,
                                         const int* list_groups, int* cursors, int* pairs) {
    const int query = blockIdx.x * 8 + threadIdx.x / 32;
    if (query >= count) {
        return;
    }
    for (int j = threadIdx.x % 32; j < counts[query]; j += 32) {
        const int pair = query * stride + j;
        const int list = static_cast<int>(lists[pair]);
        if (list_groups[list] > 0) {
            pairs[atomicAdd(&cursors[list], 1)] = pair;
        }
    }
}
