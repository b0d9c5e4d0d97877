// sq_coordinates, sq_probes, scan_sq, rescore_sq: scalar-quantised residuals along principal axes, in inverted lists.
//
// index.SqModel and index.IvfSqData define each float operation and its order, so that the keys, and with them the answer, are
// those of the CPU to the last bit; products of codes are sums of integers. Codes lie as on disk: blocks of 16 slots, each
// [dims / 4][16 slots] words of four codes, the first lowest. A query within a list is dims / 4 such words of signed bytes,
// and what makes a key of a product: two factors.
#include "bounds.cuh"
#include "items.cuh"
#include "sort.cuh"

constexpr int SQ_TOGETHER = 4; // queries of a block that share a read of the axes
constexpr int SQ_QUERIES = 8;  // queries of an item
constexpr int SQ_BLOCK = 16;   // slots of a block of codes

// Blocks (x, y) of 128 threads, a coordinate each, for SQ_TOGETHER queries: out [count, dims]; axes [dim, dims].
KERNEL __launch_bounds__(128) sq_coordinates(const float* queries, long long query_stride, int count, int dim,
                                             const float* mean, const float* axes, int dims, float* out) {
    const int j = blockIdx.x * blockDim.x + threadIdx.x;
    const int first = blockIdx.y * SQ_TOGETHER;
    if (j >= dims) {
        return;
    }
    float sums[SQ_TOGETHER] = {};
#pragma unroll 4
    for (int t = 0; t < dim; ++t) {
        const float axis = axes[size_t(t) * dims + j];
#pragma unroll
        for (int i = 0; i < SQ_TOGETHER; ++i) {
            const float* query = queries + min(first + i, count - 1) * query_stride;
            sums[i] = fmaf(__fsub_rn(query[t], mean[t]), axis, sums[i]);
        }
    }
    for (int i = 0; i < SQ_TOGETHER && first + i < count; ++i) {
        out[size_t(first + i) * dims + j] = sums[i];
    }
}

// What makes a key of the product of a query with a code of a list.
struct SqFactors {
    float scale;
    float add;

    // +infinity where float cannot hold it, as for empty slots.
    __device__ __forceinline__ float key(int product, float term) const {
        const float key = fmaf(scale, static_cast<float>(product), __fadd_rn(term, add));
        return fabsf(key) <= LARGEST_KEY ? key : INFINITY;
    }
};

// A query within a list by a warp: its words, and its factors to `factors`.
__device__ __forceinline__ void sq_quantize(const float* coordinates, const float* centroid, int dims, float query_max,
                                            float product, float step, float low, int* words, SqFactors* factors) {
    const int lane = threadIdx.x % 32;
    float most = 0;
    for (int j = lane; j < dims; j += 32) {
        most = fmaxf(most, fabsf(__fsub_rn(coordinates[j], centroid[j])));
    }
    for (int apart = 16; apart > 0; apart >>= 1) {
        most = fmaxf(most, __shfl_xor_sync(~0u, most, apart));
    }
    const float unit = __fdiv_rn(most, query_max);
    const float quotient = __fdiv_rn(query_max, most);
    const float inverse = quotient <= LARGEST_KEY ? quotient : 0;
    int sum = 0;
    for (int w = lane; w < dims / 4; w += 32) {
        unsigned word = 0;
#pragma unroll
        for (int t = 0; t < 4; ++t) {
            const int v = __float2int_rn(__fmul_rn(__fsub_rn(coordinates[4 * w + t], centroid[4 * w + t]), inverse));
            word |= (static_cast<unsigned>(v) & 255) << 8 * t;
            sum += v;
        }
        words[w] = static_cast<int>(word);
    }
    for (int apart = 16; apart > 0; apart >>= 1) {
        sum += __shfl_xor_sync(~0u, sum, apart);
    }
    if (lane == 0) {
        const float start = __fmul_rn(-2.0f, product);
        *factors = {__fmul_rn(-2.0f, __fmul_rn(step, unit)),
                    fmaf(__fmul_rn(-2.0f, __fmul_rn(low, unit)), static_cast<float>(sum), start)};
    }
}

// A block per query: the counts [query] lists of the least keys, in any order, to probed [.., probes], and how many they are;
// then the query within each of them, words [.., probes, dims / 4] and factors [.., probes]. coordinates [.., dims];
// products [.., lists] of them with the centroids [lists] of `stride` floats. These keys have no error: alpha, beta, gamma and
// constant are zero, a unit is one.
KERNEL __launch_bounds__(256) sq_probes(const float* coordinates, const float* products, int lists, const int* counts,
                                        const float* centroids, long long stride, int dims, const float* starts,
                                        const float* steps, const float* lows, float query_max, int probes, long long* probed,
                                        int* probed_counts, int* words, SqFactors* factors, float* alpha, float* beta,
                                        float* gamma, double* unit, double* constant) {
    __shared__ int shared[KTH_WORDS];
    __shared__ int count;
    const size_t query = blockIdx.x;
    const int k = min(counts[query], lists);
    const float* mine = products + query * lists;
    auto key = [&](int l) { return key_of(fmaf(-2.0f, mine[l], starts[l]), l); };
    if (threadIdx.x == 0) {
        count = 0;
        probed_counts[query] = k;
        alpha[query] = beta[query] = gamma[query] = 0;
        unit[query] = 1;
        constant[query] = 0;
    }
    if (k == 0) {
        return;
    }
    const unsigned long long bound = block_kth(key, lists, k, shared);
    long long* list_of = probed + query * probes;
    for (int l = threadIdx.x; l < lists; l += blockDim.x) {
        if (key(l) <= bound) {
            list_of[atomicAdd(&count, 1)] = l;
        }
    }
    __syncthreads();
    for (int j = threadIdx.x / 32; j < k; j += blockDim.x / 32) {
        const size_t pair = query * probes + j;
        const int list = static_cast<int>(list_of[j]);
        sq_quantize(coordinates + query * dims, centroids + list * stride, dims, query_max, mine[list], steps[list],
                    lows[list], words + pair * (dims / 4), factors + pair);
    }
}

// Codes of a tile of lists. mask: a bit per slot, a word per group, or null.
struct SqCodes {
    const int* codes;
    int dims;
    const float* terms;
    const unsigned* mask;

    // The words of a slot are SQ_BLOCK apart.
    __device__ __forceinline__ const int* words(int slot) const {
        return codes + size_t(slot / SQ_BLOCK) * (SQ_BLOCK / 4) * dims + slot % SQ_BLOCK;
    }

    // +infinity, so that it never counts, if it is masked.
    __device__ __forceinline__ float term(int slot) const { return allowed(mask, slot) ? terms[slot] : INFINITY; }
};

// Persistent blocks of 256 threads take the items of plan.cu, SQ_QUERIES queries each, a warp a group of 32 slots at a time.
// Dynamic shared memory: SQ_QUERIES bytes per dim.
KERNEL __launch_bounds__(256) scan_sq(const int* codes, int dims, const float* terms, const unsigned* mask, const int* words,
                                      const SqFactors* factors, const int* pairs, const int* pair_begins,
                                      const int* item_begins, const int* list_groups, const int* first_groups, int lists,
                                      int item_groups, int probes, const int* begins, float* minima, long long columns) {
    DYNAMIC_SHARED(int4, asked); // [dims / 4][SQ_QUERIES] words
    __shared__ SqFactors factors_of[SQ_QUERIES];
    __shared__ long long targets[SQ_QUERIES];
    const Plan plan{pairs, pair_begins, item_begins, list_groups, first_groups, lists, SQ_QUERIES, item_groups, probes, begins,
                    minima, columns};
    const SqCodes all{codes, dims, terms, mask};
    const int lane = threadIdx.x % 32;
    const int items = item_begins[lists];
    for (int number = blockIdx.x; number < items; number += gridDim.x) {
        const Item item(plan, number);
        __syncthreads(); // nobody reads the queries of the last item any more
        for (int i = threadIdx.x; i < dims / 4 * SQ_QUERIES; i += blockDim.x) {
            const int q = i / (dims / 4);
            const int w = i % (dims / 4);
            reinterpret_cast<int*>(asked)[w * SQ_QUERIES + q] =
                    q < item.pairs ? words[size_t(pairs[item.pair + q]) * (dims / 4) + w] : 0;
        }
        if (const int q = threadIdx.x; q < item.pairs) {
            const int pair = pairs[item.pair + q];
            const int query = pair / probes;
            factors_of[q] = factors[pair];
            targets[q] = query * columns + begins[size_t(query) * (probes + 1) + pair % probes];
        }
        __syncthreads();
        for (int g = item.begin + threadIdx.x / 32; g < item.begin + item.groups; g += blockDim.x / 32) {
            const int slot = (item.first_group + g) * GROUP + lane;
            const int* code = all.words(slot);
            int sums[SQ_QUERIES] = {};
#pragma unroll 4
            for (int w = 0; w < dims / 4; ++w) {
                const int four = code[w * SQ_BLOCK];
                const int4 low = asked[2 * w];
                const int4 high = asked[2 * w + 1];
                const int of[SQ_QUERIES] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
                for (int q = 0; q < SQ_QUERIES; ++q) {
                    sums[q] = __dp4a(four, of[q], sums[q]);
                }
            }
            const float term = all.term(slot);
#pragma unroll
            for (int q = 0; q < SQ_QUERIES; ++q) {
                if (q < item.pairs) {
                    const float least = lanes_least(factors_of[q].key(sums[q], term));
                    if (lane == 0) {
                        minima[targets[q] + g] = least;
                    }
                }
            }
        }
    }
}

// Blocks (x, query) of 256 threads share the candidate groups of a query: list and list_probes [.., list_capacity] of
// lists_select. A row whose key is within the query's limit is appended to the query's pool, with its position `base` + row. A
// list that did not fit is not looked at: the pool counts as full to overflowing.
KERNEL __launch_bounds__(256) rescore_sq(const int* active, const int* codes, int dims, const float* terms, const int* row_of,
                                         const unsigned* mask, const int* words, const SqFactors* factors, int probes,
                                         const int* list_counts, const int* list, const int* list_probes, int list_capacity,
                                         const float* limits, long long base, int pool_capacity, int* pool_counts,
                                         double* pool_distances, long long* pool_positions) {
    const int query = active == nullptr ? blockIdx.y : active[blockIdx.y];
    const int candidates = list_counts[query];
    if (candidates > list_capacity) {
        if (blockIdx.x == 0 && threadIdx.x == 0) {
            pool_counts[query] = pool_capacity + 1;
        }
        return;
    }
    const SqCodes all{codes, dims, terms, mask};
    const int lane = threadIdx.x % 32;
    for (int i = blockIdx.x * 8 + threadIdx.x / 32; i < candidates; i += gridDim.x * 8) {
        const size_t place = size_t(query) * list_capacity + i;
        const size_t pair = size_t(query) * probes + list_probes[place];
        const int slot = list[place] * GROUP + lane;
        const int* code = all.words(slot);
        const int* asked = words + pair * (dims / 4);
        int sum = 0;
#pragma unroll 4
        for (int w = 0; w < dims / 4; ++w) {
            sum = __dp4a(code[w * SQ_BLOCK], asked[w], sum);
        }
        const float key = factors[pair].key(sum, all.term(slot));
        if (key < INFINITY && !(key > limits[query])) {
            const int at = atomicAdd(&pool_counts[query], 1);
            if (at < pool_capacity) {
                pool_distances[size_t(query) * pool_capacity + at] = key + 0.0f; // never -0: equal keys are equal bits
                pool_positions[size_t(query) * pool_capacity + at] = base + row_of[slot];
            }
        }
    }
}
