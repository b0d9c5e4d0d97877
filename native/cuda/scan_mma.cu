// scan_mma_*: the smallest key of every 32 PQ codes of a list for all queries that probe it, on tensor cores.
//
// No table is made. The codebook, as fp16, stays in shared memory for the life of a block; a lane decodes the codes that it
// owns of a 16 x 16 fragment of rows by one read each, and the product with the queries is that of mma_m16n8k16. With
// g = lane / 4 and t = lane % 4 a lane owns, of rows g and g + 8, the values at k = 2t, 2t + 1, 2t + 8 and 2t + 9. As a sum
// may be taken in any order of k, as long as rows and queries have the same, those four places get four values that lie
// together in a codeword:
//
//     dsub 4: part 4 step + t, whole: one read of 8 bytes gives both registers of a row
//     dsub 8: the first or the second half of part 4 (step / 2) + t: one read of 16 bytes serves two steps
//     dsub 2: parts 8 step + t and 8 step + 4 + t: two reads of 4 bytes; the order of k is that of dims
//
// Codes lie in cells (cells.cuh) so that a lane's codes of rows g, g + 8, g + 16 and g + 24 are one word. The terms of rows
// are the first values of the accumulators, the constant of the list joins the minimum. The error of these keys is bounded as that of
// exact search (ingest.cu), so they choose groups and nothing else: what is returned is computed as the reference does.
#include "cells.cuh"
#include "items.cuh"

constexpr int SCAN_THREADS = 256;

#if PERIGEE_HAS_MMA

// What all blocks are given. term_scale: from terms to units of keys, 0 where every term counts as 0 or +infinity.
struct Scanned {
    const unsigned* codes;
    int cells;
    const float* terms;
    double term_scale;
    const unsigned* mask;
    const __half* codebook; // [4 cells, TABLE, DSUB]
    const __half* queries;  // panels
    int chunks;
    const double* distances;
    const double* unit;
};

// The steps of 16 dims that a cell makes are 4 DSUB / 16.
template <int DSUB, int TILES>
struct CodeScan {
    static constexpr int QUERIES = TILES * 8;
    static constexpr int CELLS = DSUB == 2 ? 2 : 1;  // of one round
    static constexpr int AHEAD = TILES == 8 ? 2 : 4; // cells on their way while one is decoded

    const Scanned& in;
    const Plan& plan;
    unsigned char* shared;
    float acc[2][TILES][4];

    __device__ __forceinline__ int steps() const { return in.cells * DSUB / 4; }
    __device__ __forceinline__ int codebook_bytes() const { return in.cells * 4 * TABLE * DSUB * 2; }
    __device__ __forceinline__ uint2* fragments() { return reinterpret_cast<uint2*>(shared + codebook_bytes()); }
    __device__ __forceinline__ long long* targets() { return reinterpret_cast<long long*>(fragments() + steps() * TILES * 32); }
    __device__ __forceinline__ float* constants() { return reinterpret_cast<float*>(targets() + QUERIES); }

    __device__ __forceinline__ void load_codebook() {
        const unsigned char* from = reinterpret_cast<const unsigned char*>(in.codebook);
        for (int i = threadIdx.x; i < codebook_bytes() / 16; i += SCAN_THREADS) {
            copy_async_16(shared + i * 16, from + i * 16);
        }
        copy_async_commit();
        copy_async_wait<0>();
    }

    // Two values of a query at dim t, which is even.
    __device__ __forceinline__ unsigned query_pair(int query, int t) const {
        return *reinterpret_cast<const unsigned*>(in.queries + panel_offset(query, t, in.chunks));
    }

    // Queries as fragments: [step][tile][lane], the two registers of b. Places without a query repeat the first.
    __device__ __forceinline__ void load_queries(const Item& item) {
        for (int i = threadIdx.x; i < QUERIES; i += SCAN_THREADS) {
            const int pair = plan.pairs[item.pair + (i < item.pairs ? i : 0)];
            const int query = pair / plan.probes;
            targets()[i] = query * plan.columns + plan.begins[size_t(query) * (plan.probes + 1) + pair % plan.probes];
            constants()[i] = static_cast<float>(static_cast<float>(in.distances[pair]) * in.unit[query]);
        }
        for (int i = threadIdx.x; i < steps() * TILES * 32; i += SCAN_THREADS) {
            const int lane = i % 32;
            const int slot = i / 32 % TILES * 8 + lane / 4;
            const int step = i / 32 / TILES;
            const int query = plan.pairs[item.pair + (slot < item.pairs ? slot : 0)] / plan.probes;
            const int t = lane % 4;
            const int first = DSUB == 2 ? 16 * step + 2 * t : DSUB == 4 ? 16 * step + 4 * t : 32 * (step / 2) + 8 * t + step % 2 * 4;
            fragments()[i] = make_uint2(query_pair(query, first), query_pair(query, first + (DSUB == 2 ? 8 : 2)));
        }
    }

    __device__ __forceinline__ void begin(int group, int lane) {
        const unsigned allowed = in.mask == nullptr ? ~0u : in.mask[group];
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int slot = lane / 4 + 8 * i;
            const float term = in.terms[group * GROUP + slot];
            const bool there = allowed >> slot & 1 && term < INFINITY;
            const float start = there ? static_cast<float>(term * in.term_scale) : INFINITY;
#pragma unroll
            for (int n = 0; n < TILES; ++n) {
                acc[i / 2][n][i % 2 * 2] = start;
                acc[i / 2][n][i % 2 * 2 + 1] = start;
            }
        }
    }

    __device__ __forceinline__ void multiply(int step, const unsigned (&rows)[2][4], int lane) {
        const uint2* queries = fragments() + step * TILES * 32 + lane;
#pragma unroll
        for (int n = 0; n < TILES; ++n) {
            const uint2 two = queries[n * 32];
            const unsigned b[2] = {two.x, two.y};
            mma_m16n8k16(acc[0][n], rows[0], b);
            mma_m16n8k16(acc[1][n], rows[1], b);
        }
    }

    __device__ __forceinline__ void scan_group(int group, int lane) {
        begin(group, lane);
        const unsigned* codes = in.codes + size_t(group) * in.cells * 32 + lane;
        unsigned next[AHEAD];
#pragma unroll
        for (int i = 0; i < AHEAD; ++i) {
            next[i] = i < in.cells ? codes[i * 32] : 0;
        }
        for (int cell = 0; cell < in.cells; cell += CELLS) {
            unsigned word[CELLS];
#pragma unroll
            for (int i = 0; i < CELLS; ++i) {
                word[i] = next[i];
            }
#pragma unroll
            for (int i = 0; i < AHEAD; ++i) {
                const int later = cell + i + CELLS;
                next[i] = i + CELLS < AHEAD ? next[(i + CELLS) % AHEAD] : later < in.cells ? codes[later * 32] : 0;
            }
            const unsigned char* part = shared + (cell * 4 + lane % 4) * (TABLE * DSUB * 2);
            unsigned rows[DSUB == 8 ? 2 : 1][2][4];
#pragma unroll
            for (int i = 0; i < 4; ++i) { // row g + 8 i: fragment i / 2, registers i % 2 and i % 2 + 2
                const unsigned code = word[0] >> 8 * i & 255;
                if (DSUB == 4) {
                    const uint2 word4 = reinterpret_cast<const uint2*>(part)[code];
                    rows[0][i / 2][i % 2] = word4.x;
                    rows[0][i / 2][i % 2 + 2] = word4.y;
                } else if (DSUB == 8) {
                    const uint4 word8 = reinterpret_cast<const uint4*>(part)[code];
                    rows[0][i / 2][i % 2] = word8.x;
                    rows[0][i / 2][i % 2 + 2] = word8.y;
                    rows[DSUB == 8 ? 1 : 0][i / 2][i % 2] = word8.z;
                    rows[DSUB == 8 ? 1 : 0][i / 2][i % 2 + 2] = word8.w;
                } else {
                    const unsigned other = word[CELLS - 1] >> 8 * i & 255;
                    rows[0][i / 2][i % 2] = reinterpret_cast<const unsigned*>(part)[code];
                    rows[0][i / 2][i % 2 + 2] = reinterpret_cast<const unsigned*>(part + 4 * TABLE * DSUB * 2)[other];
                }
            }
            if (DSUB == 8) {
                multiply(2 * cell, rows[0], lane);
                multiply(2 * cell + 1, rows[DSUB == 8 ? 1 : 0], lane);
            } else {
                multiply(cell / CELLS, rows[0], lane);
            }
        }
    }

    // The minima of a group: each lane sends half of the columns that it has to another eight rows off, three times, and is
    // left with the two columns of one tile.
    __device__ __forceinline__ void store_minima(const Item& item, int group, int lane) {
        float least[TILES][2];
#pragma unroll
        for (int n = 0; n < TILES; ++n) {
#pragma unroll
            for (int c = 0; c < 2; ++c) {
                least[n][c] = fminf(fminf(acc[0][n][c], acc[0][n][c + 2]), fminf(acc[1][n][c], acc[1][n][c + 2]));
            }
        }
        int tile = 0;
#pragma unroll
        for (int half = TILES / 2, apart = 16; apart >= 4; half /= 2, apart /= 2) {
            const bool upper = lane & apart;
#pragma unroll
            for (int n = 0; n < (half > 0 ? half : 1); ++n) {
#pragma unroll
                for (int c = 0; c < 2; ++c) {
                    const float mine = half > 0 && upper ? least[n + half][c] : least[n][c];
                    const float theirs = half > 0 && !upper ? least[n + half][c] : least[n][c];
                    least[n][c] = fminf(mine, __shfl_xor_sync(~0u, theirs, apart));
                }
            }
            tile += upper ? half : 0;
        }
        if ((lane & 28 & (32 / TILES - 1)) != 0) {
            return; // few tiles: others have the same
        }
#pragma unroll
        for (int c = 0; c < 2; ++c) {
            const int slot = tile * 8 + lane % 4 * 2 + c;
            if (slot < item.pairs) {
                plan.minima[targets()[slot] + group] = least[0][c] + constants()[slot];
            }
        }
    }

    __device__ __forceinline__ void run() {
        load_codebook();
        const int lane = threadIdx.x % 32;
        const int items = plan.item_begins[plan.lists];
        for (int number = blockIdx.x; number < items; number += gridDim.x) {
            const Item item(plan, number);
            __syncthreads(); // nobody reads the queries of the last item any more
            load_queries(item);
            __syncthreads();
            for (int i = threadIdx.x / 32; i < item.groups; i += SCAN_THREADS / 32) {
                const int group = item.begin + i;
                scan_group(item.first_group + group, lane);
                store_minima(item, group, lane);
            }
        }
    }
};

#define SCAN_BODY(DSUB, TILES) \
    DYNAMIC_SHARED(unsigned char, shared); \
    const Scanned in{codes, cells, terms, term_scale, mask, codebook, queries, chunks, distances, unit}; \
    const Plan plan{pairs, pair_begins, item_begins, list_groups, first_groups, lists, TILES * 8, item_groups, probes, begins, \
                    minima, columns}; \
    CodeScan<DSUB, TILES> scan{in, plan, shared, {}}; \
    scan.run();
#else
#define SCAN_BODY(DSUB, TILES)
#endif

// Persistent blocks of 256 threads take the items of plan.cu (made for so many queries an item); minima [.., columns] in the
// units of `unit`.
#define SCAN(NAME, DSUB, TILES, BLOCKS) \
    KERNEL __launch_bounds__(SCAN_THREADS, BLOCKS) NAME(const unsigned* codes, int cells, const float* terms, \
            double term_scale, const unsigned* mask, const __half* codebook, const __half* queries, int chunks, \
            const double* distances, const double* unit, const int* pairs, const int* pair_begins, const int* item_begins, \
            const int* list_groups, const int* first_groups, int lists, int item_groups, int probes, const int* begins, \
            float* minima, long long columns) { \
        SCAN_BODY(DSUB, TILES) \
    }

SCAN(scan_mma_2, 2, 8, 1)
SCAN(scan_mma_4, 4, 8, 2)
SCAN(scan_mma_8, 8, 8, 2)
SCAN(scan_mma_2_narrow, 2, 2, 3)
SCAN(scan_mma_4_narrow, 4, 2, 3)
SCAN(scan_mma_8_narrow, 8, 2, 2)
