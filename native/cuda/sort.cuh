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
// lies beyond is larger than everything. exchange(a, b) puts elements a < b in order. Each stage begins with a barrier.
//
// The first stage of a size joins sorted halves of size / 2, by comparing the first with the last and so on inwards.
template <class Exchange>
__device__ __forceinline__ void sort_join(int n, int size, Exchange exchange) {
    const int half = size / 2;
    __syncthreads();
    for (int i = threadIdx.x; i / half * size < n; i += blockDim.x) {
        const int begin = i / half * size;
        const int b = begin + size - 1 - i % half;
        if (b < n) {
            exchange(begin + i % half, b);
        }
    }
}

// The stages that follow, of strides `from` down to `to`.
template <class Exchange>
__device__ __forceinline__ void sort_strides(int n, int from, int to, Exchange exchange) {
    for (int stride = from; stride >= to; stride /= 2) {
        __syncthreads();
        for (int i = threadIdx.x; i / stride * 2 * stride < n; i += blockDim.x) {
            const int a = i / stride * 2 * stride + i % stride;
            if (a + stride < n) {
                exchange(a, a + stride);
            }
        }
    }
}

// Begins and ends with a barrier.
template <class Exchange>
__device__ __forceinline__ void block_sort(int n, Exchange exchange) {
    for (int size = 2; size / 2 < n; size *= 2) {
        sort_join(n, size, exchange);
        sort_strides(n, size / 4, 1, exchange);
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
                sum += shared[lane * SHARE + i];
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

// Up to this k the minima of 512 threads bound the k-th well; beyond it block_kth finds it.
constexpr int BOUND_K = 64;

// An upper bound of the k-th smallest of n values, k <= blockDim.x: the k-th smallest of the threads' minima, each of which
// is another element. Near the truth while k is small beside the number of threads. shared: blockDim.x floats.
template <class Value>
__device__ float block_bound(Value value, int n, int k, float* shared) {
    float least = INFINITY;
    for (int i = threadIdx.x; i < n; i += blockDim.x) {
        least = fminf(least, value(i));
    }
    shared[threadIdx.x] = least;
    block_sort(shared, static_cast<int>(blockDim.x));
    const float bound = shared[k - 1];
    __syncthreads();
    return bound;
}
