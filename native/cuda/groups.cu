// groups_select, lists_select: which groups of rows can hold one of the k nearest, proven.
//
// A group's minimum and the error of keys (ingest.cu) bound its nearest row from both sides. The k-th smallest upper bound
// is at least the k-th nearest distance, for k groups hold k rows; a group whose lower bound lies above it is out.
#include "bounds.cuh"
#include "panels.cuh"
#include "sort.cuh"

constexpr int GROUPS_THREADS = 512;

// The minima of a query are those of all groups in order...
struct EveryGroup {
    __device__ __forceinline__ int operator()(int i) const { return i; }
};

// ... or of the groups of the lists that it probes (plan.cu); remembers through which probe the last was.
struct ProbedGroups {
    const int* begins;
    const long long* lists;
    const int* first_groups;
    int probes;
    int probe;

    __device__ __forceinline__ int operator()(int i) {
        probe = 0;
        for (int end = probes; end - probe > 1;) {
            const int middle = (probe + end) / 2;
            if (begins[middle] <= i) {
                probe = middle;
            } else {
                end = middle;
            }
        }
        return first_groups[lists[probe]] + i - begins[probe];
    }
};

template <class Groups>
struct GroupBounds {
    Groups group;
    const float* minima;
    const float* group_norm;
    const float* group_error;
    const float* group_start;
    const float* largest; // of each of these
    float alpha, beta, gamma, accumulation;
    float relative; // error relative to the key itself
    bool blind;     // keys of this query mean nothing

    __device__ __forceinline__ float error(float norm, float error, float start, float least) {
        return fmaf(relative, fabsf(least), key_error(alpha, beta, gamma, accumulation, norm, error, start));
    }

    __device__ __forceinline__ float error(int i, float least) {
        const int g = group(i);
        return error(group_norm[g], group_error[g], group_start[g], least);
    }

    __device__ __forceinline__ float upper(int i) {
        const float least = minima[i];
        return blind || !(least < INFINITY) ? INFINITY : least + error(i, least);
    }

    // Most groups are out by the largest error of any already, which needs no look at the group.
    __device__ __forceinline__ bool may_hold(int i, float limit) {
        const float least = minima[i];
        if (blind) {
            return true;
        }
        const bool near = least < INFINITY && !(least - error(largest[0], largest[1], largest[2], least) > limit);
        return near && !(least - error(i, least) > limit);
    }
};

// A distance of the reference as a key of this query, rounded up.
__device__ __forceinline__ float key_at_least(double distance, double unit, double constant, float gamma) {
    const double key = (distance - constant) * unit + 2.0 * gamma;
    const float rounded = static_cast<float>(key);
    return rounded + fabsf(rounded) * 0x1p-22f + 0x1p-148f;
}

// What a query looks for and what was found of it before; see groups_select.
struct Wanted {
    const int* ks;
    const double* unit;
    const double* constant;
    const int* found_counts;
    const double* found;
    int found_capacity;
    int reuse;
    float* limits;
    int capacity;
    int* counts;
};

// Limits, and the groups `from` to `to` that are within them; take(place, i) hears of each that has a place. shared:
// KTH_WORDS words, and a count, of shared memory.
template <class Groups, class Take>
__device__ __forceinline__ void select_groups(int query, GroupBounds<Groups>& bounds, int groups, int from, int to,
                                              const Wanted& wanted, int* shared, int& count, Take take) {
    const int k = wanted.ks[query];
    float limit = INFINITY;
    if (wanted.reuse) {
        limit = wanted.limits[query];
    } else if (k == 0) {
        limit = -3.402823466e38f; // below every key, and still a number
    } else if (k <= groups) {
        if (k <= BOUND_K) {
            const ThreadLeast mine(bounds.minima, groups);
            limit = kth_of_threads(mine.where < 0 ? INFINITY : bounds.upper(mine.where), k);
        } else {
            const unsigned long long kth =
                    block_kth([&](int i) { return key_of(bounds.upper(i), i); }, groups, k, shared);
            limit = unordered(static_cast<unsigned>(kth >> 32));
        }
    }
    if (k > 0 && wanted.found_counts[query] == k) {
        const double distance = wanted.found[size_t(query) * wanted.found_capacity + k - 1];
        limit = fminf(limit, key_at_least(distance, wanted.unit[query], wanted.constant[query], bounds.gamma));
    }
    __syncthreads(); // all have read the limit from before
    if (threadIdx.x == 0) {
        wanted.limits[query] = limit;
        count = 0;
    }
    if (wanted.capacity == 0) {
        return;
    }
    __syncthreads();
#pragma unroll 4
    for (int i = from + threadIdx.x; k > 0 && i < to; i += blockDim.x) {
        if (bounds.may_hold(i, limit)) {
            const int place = atomicAdd(&count, 1);
            if (place < wanted.capacity) {
                take(size_t(query) * wanted.capacity + place, i);
            }
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        wanted.counts[query] = count;
    }
}

// A block per query; active: their numbers, or null for 0, 1, 2 ... Groups `from` to `to` are listed, all of them bound.
// reuse = 1: limits are there from before. The k-th of what was found earlier limits as well: found [.., found_capacity],
// sorted, the first found_counts of them.
// limits: the key that a row must not exceed; list [.., capacity] of groups, counts even beyond the capacity.
// capacity = 0: limits only. k = 0: no group.
KERNEL __launch_bounds__(GROUPS_THREADS, 2) groups_select(
        const int* active, const float* minima, int columns, int groups, const int* ks, const float* alpha,
        const float* beta, const float* gamma, const double* unit, const double* constant, const float* group_norm,
        const float* group_error, const float* group_start, const float* largest, float accumulation, float relative,
        const int* found_counts, const double* found, int found_capacity, int reuse, int from, int to, float* limits, int capacity, int* counts,
        int* list) {
    __shared__ int shared[KTH_WORDS];
    __shared__ int count;
    const int query = active == nullptr ? blockIdx.x : active[blockIdx.x];
    GroupBounds<EveryGroup> bounds{{}, minima + size_t(query) * columns, group_norm, group_error, group_start, largest, alpha[query],
                                   beta[query], gamma[query], accumulation, relative, !(alpha[query] < INFINITY)};
    const Wanted wanted{ks, unit, constant, found_counts, found, found_capacity, reuse, limits, capacity, counts};
    select_groups(query, bounds, groups, from, to, wanted, shared, count, [=](size_t place, int g) { list[place] = g; });
}

// The same over the groups of the lists that each query probes: minima [.., columns] in their order. `from` and `to` count
// groups of the query too, and may lie beyond its last. slack: what a distance errs besides, whatever its size. list: groups
// of the lists' slots; list_probes: through which probe.
KERNEL __launch_bounds__(GROUPS_THREADS, 2) lists_select(
        const int* active, const float* minima, long long columns, const int* begins, const long long* lists,
        const int* probe_counts, int probes, const int* first_groups, const int* ks, const float* alpha, const float* beta,
        const float* gamma, const double* unit, const double* constant, const float* group_norm, const float* group_error,
        const float* group_start, const float* largest, float accumulation, float relative, double slack,
        const int* found_counts, const double* found, int found_capacity, int reuse, int from, int to, float* limits, int capacity, int* counts,
        int* list, int* list_probes) {
    __shared__ int shared[KTH_WORDS];
    __shared__ int count;
    const int query = active == nullptr ? blockIdx.x : active[blockIdx.x];
    const int* mine = begins + size_t(query) * (probes + 1);
    const int groups = mine[probe_counts[query]];
    const ProbedGroups probed{mine, lists + size_t(query) * probes, first_groups, probe_counts[query], 0};
    GroupBounds<ProbedGroups> bounds{probed, minima + size_t(query) * columns, group_norm, group_error, group_start, largest,
                                     alpha[query], beta[query], gamma[query] + at_least(slack * unit[query]), accumulation,
                                     relative, !(alpha[query] < INFINITY)};
    const Wanted wanted{ks, unit, constant, found_counts, found, found_capacity, reuse, limits, capacity, counts};
    select_groups(query, bounds, groups, min(from, groups), min(to, groups), wanted, shared, count, [&](size_t place, int i) {
        list[place] = bounds.group(i);
        list_probes[place] = bounds.group.probe;
    });
}
