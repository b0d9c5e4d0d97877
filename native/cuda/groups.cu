// groups_select: which groups of rows can hold one of the k nearest, proven.
//
// A group's minimum and the error of keys (ingest.cu) bound its nearest row from both sides. The k-th smallest upper bound
// is at least the k-th nearest distance, for k groups hold k rows; a group whose lower bound lies above it is out.
#include "bounds.cuh"
#include "panels.cuh"
#include "sort.cuh"

constexpr int GROUPS_THREADS = 512;

struct GroupBounds {
    const float* minima;
    const float* group_norm;
    const float* group_error;
    const float* group_start;
    float alpha, beta, gamma, accumulation;
    float relative; // error relative to the key itself
    bool blind;     // keys of this query mean nothing

    __device__ __forceinline__ float error(int g, float least) const {
        return key_error(alpha, beta, gamma, accumulation, group_norm[g], group_error[g], group_start[g])
                + relative * fabsf(least);
    }

    __device__ __forceinline__ float upper(int g) const {
        const float least = minima[g];
        return blind || !(least < INFINITY) ? INFINITY : least + error(g, least);
    }

    __device__ __forceinline__ bool may_hold(int g, float limit) const {
        const float least = minima[g];
        return blind || (least < INFINITY && !(least - error(g, least) > limit));
    }
};

// A distance of the reference as a key of this query, rounded up.
__device__ __forceinline__ float key_at_least(double distance, double unit, double constant, float gamma) {
    const double key = (distance - constant) * unit + 2.0 * gamma;
    const float rounded = static_cast<float>(key);
    return rounded + fabsf(rounded) * 0x1p-22f + 0x1p-148f;
}

// A block per query; active: their numbers, or null for 0, 1, 2 ... Groups `from` to `to` are listed, all of them bound.
// reuse = 1: limits are there from before. The k-th of what was found earlier limits as well: found [.., found_capacity],
// sorted, the first found_counts of them.
// limits: the key that a row must not exceed; list [.., capacity] of groups, counts even beyond the capacity.
// capacity = 0: limits only.
KERNEL __launch_bounds__(GROUPS_THREADS, 2) groups_select(
        const int* active, const float* minima, int columns, int groups, const int* ks, const float* alpha,
        const float* beta, const float* gamma, const double* unit, const double* constant, const float* group_norm,
        const float* group_error, const float* group_start, float accumulation, float relative, const int* found_counts,
        const double* found, int found_capacity, int reuse, int from, int to, float* limits, int capacity, int* counts,
        int* list) {
    __shared__ int shared[KTH_WORDS];
    __shared__ int count;
    const int query = active == nullptr ? blockIdx.x : active[blockIdx.x];
    const int k = ks[query];
    const GroupBounds bounds{minima + size_t(query) * columns, group_norm, group_error, group_start, alpha[query],
                             beta[query], gamma[query], accumulation, relative, !(alpha[query] < INFINITY)};
    float limit = INFINITY;
    if (reuse) {
        limit = limits[query];
    } else if (k <= groups) {
        if (k <= BOUND_K) {
            limit = block_bound([&](int g) { return bounds.upper(g); }, groups, k, reinterpret_cast<float*>(shared));
        } else {
            const unsigned long long kth =
                    block_kth([&](int g) { return key_of(bounds.upper(g), g); }, groups, k, shared);
            limit = unordered(static_cast<unsigned>(kth >> 32));
        }
    }
    if (k > 0 && found_counts[query] == k) {
        const double distance = found[size_t(query) * found_capacity + k - 1];
        limit = fminf(limit, key_at_least(distance, unit[query], constant[query], bounds.gamma));
    }
    __syncthreads(); // all have read the limit from before
    if (threadIdx.x == 0) {
        limits[query] = limit;
        count = 0;
    }
    if (capacity == 0) {
        return;
    }
    __syncthreads();
    for (int g = from + threadIdx.x; g < to; g += blockDim.x) {
        if (bounds.may_hold(g, limit)) {
            const int place = atomicAdd(&count, 1);
            if (place < capacity) {
                list[size_t(query) * capacity + place] = g;
            }
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        counts[query] = count;
    }
}
