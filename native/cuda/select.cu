// select_k: the k smallest of each row of a matrix of floats, sorted by (value, column), k from 1 to the row's length.
#include "sort.cuh"

constexpr int SELECT_THREADS = 512;
constexpr int SELECT_ROOM = 2048; // keys that are sorted in shared memory

// A block per row: values [.., stride], the first `columns` of each; no NaN. keys: scratch [.., k]; out: [.., k].
// One pass bounds the k-th value, a second collects what is at most the bound; where that is more than fits, or k is
// large, a radix select finds the k-th key itself.
KERNEL __launch_bounds__(SELECT_THREADS, 2) select_k(const float* values, long long stride, int columns, int k,
                                                  unsigned long long* keys, float* out_values, int* out_columns) {
    __shared__ unsigned long long near[SELECT_ROOM];
    __shared__ int count;
    const float* row = values + blockIdx.x * stride;
    const size_t begin = size_t(blockIdx.x) * k;
    auto key = [&](int i) { return key_of(row[i], i); };
    unsigned long long bound = ~0ull;
    unsigned long long* found = near;
    int room = SELECT_ROOM;
    if (k <= BOUND_K && k <= columns) {
        bound = key_of(kth_of_threads(ThreadLeast(row, columns).least, k), -1);
    }
    for (int attempt = k <= BOUND_K ? 0 : 1; attempt < 2; ++attempt) {
        if (attempt == 1) {
            bound = block_kth(key, columns, k, reinterpret_cast<int*>(near));
            if (k > SELECT_ROOM) {
                found = keys + begin;
                room = k;
            }
        }
        if (threadIdx.x == 0) {
            count = 0;
        }
        __syncthreads();
        const float most = unordered(static_cast<unsigned>(bound >> 32));
#pragma unroll 8
        for (int i = threadIdx.x; i < columns; i += blockDim.x) {
            const unsigned long long x = key(i);
            if (row[i] <= most && x <= bound) {
                const int place = atomicAdd(&count, 1);
                if (place < room) {
                    found[place] = x;
                }
            }
        }
        __syncthreads();
        if (count <= room) {
            break;
        }
        __syncthreads(); // all have seen the count
    }
    block_sort(found, count);
    for (int i = threadIdx.x; i < k; i += blockDim.x) {
        out_values[begin + i] = unordered(static_cast<unsigned>(found[i] >> 32));
        out_columns[begin + i] = static_cast<int>(found[i]);
    }
}
