// Sorting and selecting by one block, of any number of elements, in shared or global memory.
#pragma once
#include "common.cuh"

// The bits of a float in the order of its value; -0 counts as 0.
__device__ __forceinline__ unsigned ordered(float x) {
    const int bits = __float_as_int(x + 0.0f);
    return static_cast<unsigned>(bits ^ (bits >> 31 | static_cast<int>(0x80000000u)));
}

__device__ __forceinline__ float unordered(unsigned bits) {
    return __uint_as_float(bits ^ (bits & 0x80000000u ? 0x80000000u : ~0u));
}

// A value and where it stands, in one number: compares by value, then by place.
__device__ __forceinline__ unsigned long long key_of(float value, int place) {
    return static_cast<unsigned long long>(ordered(value)) << 32 | static_cast<unsigned>(place);
}

// Bitonic network whose compare-exchanges all point one way (Batcher, 1968), so that n need not be a power of two: what
// lies beyond is larger than everything. exchange(a, b) puts elements a < b in order.
//
// Thread i has pair i of a stage: the pairs of a warp lie in 64 elements of their own, as long as pairs are no further apart.
constexpr int WARP_SPAN = 64;

// Before a stage within pieces of `next` elements, after one within `before`: mostly a warp need not wait for others.
__device__ __forceinline__ void stage_barrier(int before, int next) {
    if (before > WARP_SPAN || next > WARP_SPAN) {
        __syncthreads();
    } else {
        __syncwarp();
    }
}

// The first stage of a size, a power of two, joins sorted halves, by comparing the first with the last and so on inwards.
template <class Exchange>
__device__ __forceinline__ void sort_join(int n, int size, Exchange exchange) {
    const int half = size / 2;
    for (int i = threadIdx.x; (i & -half) * 2 < n; i += blockDim.x) {
        const int inside = i & (half - 1);
        const int begin = (i - inside) * 2;
        const int b = begin + size - 1 - inside;
        if (b < n) {
            exchange(begin + inside, b);
        }
    }
}

// The stages that follow, of strides `from` down to `to`, after one within `before` elements.
template <class Exchange>
__device__ __forceinline__ void sort_strides(int n, int from, int to, int before, Exchange exchange) {
    for (int stride = from; stride >= to; stride /= 2) {
        stage_barrier(before, 2 * stride);
        before = 2 * stride;
        for (int i = threadIdx.x; (i & -stride) * 2 < n; i += blockDim.x) {
            const int a = (i & -stride) + i;
            if (a + stride < n) {
                exchange(a, a + stride);
            }
        }
    }
}

// Begins and ends with a barrier.
template <class Exchange>
__device__ __forceinline__ void block_sort(int n, Exchange exchange) {
    __syncthreads();
    for (int size = 2; size / 2 < n; size *= 2) {
        stage_barrier(size > 2 ? 2 : 0, size); // strides end with neighbours
        sort_join(n, size, exchange);
        sort_strides(n, size / 4, 1, size, exchange);
    }
    __syncthreads();
}

template <class T>
__device__ __forceinline__ void block_sort(T* values, int n) {
    block_sort(n, [=](int a, int b) {
        if (values[b] < values[a]) {
            const T swap = values[a];
            values[a] = values[b];
            values[b] = swap;
        }
    });
}

constexpr int DIGIT = 11;
constexpr int BINS = 1 << DIGIT;
// Words of shared memory that block_kth needs: bins, then what is found.
constexpr int KTH_WORDS = BINS + 2;

// Radix select: a bound such that exactly k of n different keys are at most it (1 <= k <= n), digit by digit from the top
// until the upper half, the value, is known and all keys of the last digit belong. key(i) may be asked several times.
template <class Key>
__device__ unsigned long long block_kth(Key key, int n, int k, int* shared) {
    unsigned long long prefix = 0;
    int shift = 64;
    while (shift > 0) {
        const int bits = min(DIGIT, shift);
        const int above = shift;
        shift -= bits;
        for (int i = threadIdx.x; i < BINS; i += blockDim.x) {
            shared[i] = 0;
        }
        __syncthreads();
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            const unsigned long long x = key(i);
            if (above == 64 || x >> above == prefix) {
                atomicAdd(&shared[x >> shift & ((1u << bits) - 1)], 1);
            }
        }
        __syncthreads();
        if (threadIdx.x < 32) { // each lane sums some bins; then the lane that holds the k-th finds its bin
            constexpr int SHARE = BINS / 32;
            const int lane = threadIdx.x;
            int sum = 0;
            for (int i = 0; i < SHARE; ++i) {
                sum += shared[lane * SHARE + (i + lane) % SHARE]; // each lane in a bank of its own
            }
            const int upto = lanes_upto(sum, lane);
            int before = upto - sum;
            if (before < k && k <= upto) {
                int bin = lane * SHARE;
                while (before + shared[bin] < k) {
                    before += shared[bin++];
                }
                shared[BINS] = bin;
                shared[BINS + 1] = k - before;
            }
        }
        __syncthreads();
        const int bin = shared[BINS];
        k = shared[BINS + 1];
        prefix = prefix << bits | static_cast<unsigned>(bin);
        const bool whole = shared[bin] == k;
        __syncthreads(); // before the bins are cleared
        if (whole && shift > 0 && shift < 32) {
            return prefix << shift | ((1ull << shift) - 1);
        }
    }
    return prefix;
}

// Up to this k the minima of a block's threads bound the k-th smallest well; beyond it block_kth finds it.
constexpr int BOUND_K = 64;

// The k-th smallest of a value per thread (1 <= k <= blockDim.x), bit by bit of its order from the top.
__device__ __forceinline__ float kth_of_threads(float mine, int k) {
    const unsigned order = ordered(mine);
    unsigned kth = 0;
    for (unsigned bit = 1u << 31; bit > 0; bit >>= 1) {
        kth += __syncthreads_count(order < kth + bit) < k ? bit : 0;
    }
    return unordered(kth);
}

// The least of some values of a thread, every blockDim.x-th of n, and where it is; -1 where all are infinite. The k-th smallest
// of the threads' is at least the k-th smallest of all, and near it while k is small beside the number of threads.
struct ThreadLeast {
    float least = INFINITY;
    int where = -1;

    __device__ __forceinline__ ThreadLeast(const float* values, int n) {
#pragma unroll 8
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            const float value = values[i];
            where = value < least ? i : where;
            least = fminf(value, least);
        }
    }
};
