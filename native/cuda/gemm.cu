// gemm_groupmin_*: the smallest key of every 32 rows. gemm_append_*: every row whose key may be under a query's limit.
#include "bounds.cuh"
#include "gemm.cuh"

// Few queries: memory-bound, so small tiles and many copies in flight. Many: 64 x 64 a warp, which balances shared memory
// and tensor cores; queries resident up to 128 dims, else 256 queries a block, so that rows are read less often from L2.
using Small = Shape<1, 4, 2, 4, false, 6>;
using Resident = Shape<2, 2, 4, 8, true, 4>;
using Streamed = Shape<4, 2, 4, 8, false, 3>;

#if PERIGEE_HAS_MMA

// Keeps the minimum of each group: minima [queries, stride], group g of a query at its column g.
template <class S>
struct GroupMinima {
    static constexpr int WARP_GROUPS = S::WARP_ROWS / GROUP;
    static constexpr int VALUES = S::TILES_Q * 2 * WARP_GROUPS; // of four lanes: [tile of queries][half][group]

    float* minima;
    int stride;

    // Four lanes have parts of the same minima: each sends half of them to another, twice, and is left with a quarter.
    __device__ __forceinline__ void panel(const float (&acc)[S::TILES_Q][S::TILES_R][4], int panel, int warp_q, int warp_r,
                                          int lane) {
        float least[VALUES];
#pragma unroll
        for (int n = 0; n < VALUES; ++n) {
            const int i = n / (2 * WARP_GROUPS);
            const int half = n / WARP_GROUPS % 2;
            least[n] = INFINITY;
#pragma unroll
            for (int j = n % WARP_GROUPS * 4; j < n % WARP_GROUPS * 4 + 4; ++j) {
                least[n] = fminf(least[n], fminf(acc[i][j][half * 2], acc[i][j][half * 2 + 1]));
            }
        }
#pragma unroll
        for (int some = VALUES / 2, apart = 2; apart > 0; some /= 2, apart /= 2) {
            const bool upper = lane & apart;
#pragma unroll
            for (int n = 0; n < some; ++n) {
                const float mine = upper ? least[n + some] : least[n];
                const float theirs = upper ? least[n] : least[n + some];
                least[n] = fminf(mine, __shfl_xor_sync(~0u, theirs, apart));
            }
        }
        const int first = blockIdx.x * S::QUERIES + warp_q * S::TILES_Q * 16 + lane / 4;
        const int column = panel * GROUPS + warp_r * WARP_GROUPS;
#pragma unroll
        for (int n = 0; n < VALUES / 4; n += WARP_GROUPS) {
            const int number = (lane % 4 * (VALUES / 4) + n) / WARP_GROUPS; // of 8 queries each
            float* to = minima + size_t(first + number * 8) * stride + column;
            if (WARP_GROUPS == 2) {
                *reinterpret_cast<float2*>(to) = make_float2(least[n], least[n + WARP_GROUPS - 1]);
            } else {
                *to = least[n];
            }
        }
    }
};

// What is known of the error of a key, see ingest.cu.
struct Errors {
    const float* alpha;
    const float* beta;
    const float* gamma;
    const float* group_norm;
    const float* group_error;
    const float* group_start;
    float accumulation;
};

// Whether a row counts at all; asked only where limits say nothing.
static __device__ __noinline__ bool counts_at_all(const float* starts, const unsigned* mask, int row) {
    return starts[row] < INFINITY && allowed(mask, row);
}

// Appends rows: list [count, capacity] and how many there were; beyond the capacity they are only counted. The four lanes that
// share a query ask for their places together, and for those of all their queries before they wait for any.
template <class S>
struct Append {
    static constexpr int QUERIES = S::TILES_Q * 2; // of a lane
    static constexpr int WARP_GROUPS = S::WARP_ROWS / GROUP;

    const Operands& in;
    Errors errors;
    const float* limits;
    int count;
    int capacity;
    int* counts;
    int* list;

    __device__ __forceinline__ void panel(const float (&acc)[S::TILES_Q][S::TILES_R][4], int panel, int warp_q, int warp_r,
                                          int lane) {
        const int first_query = blockIdx.x * S::QUERIES + warp_q * S::TILES_Q * 16 + lane / 4;
        const int first_row = panel * PANEL + warp_r * S::WARP_ROWS + lane % 4 * 2;
        unsigned near[QUERIES]; // bit 2 j + c: the row at column c of tile j
        int place[QUERIES];     // in the lane that asked: of the first of the four lanes' rows
        int before[QUERIES];    // rows of the lanes before this one
#pragma unroll
        for (int i = 0; i < QUERIES; ++i) {
            const int query = first_query + i * 8;
            near[i] = query < count ? near_rows(acc[i / 2], i % 2, query, first_row) : 0;
        }
#pragma unroll
        for (int i = 0; i < QUERIES; ++i) {
            int upto = __popc(near[i]);
            before[i] = -upto;
#pragma unroll
            for (int apart = 1; apart < 4; apart *= 2) {
                const int left = __shfl_up_sync(~0u, upto, apart, 4);
                upto += lane % 4 >= apart ? left : 0;
            }
            before[i] += upto;
            place[i] = lane % 4 == 3 && upto > 0 ? atomicAdd(counts + first_query + i * 8, upto) : 0;
        }
#pragma unroll
        for (int i = 0; i < QUERIES; ++i) {
            int at = __shfl_sync(~0u, place[i], 3, 4) + before[i];
            int* mine = list + size_t(first_query + i * 8) * capacity;
            for (unsigned left = near[i]; left != 0; left &= left - 1) {
                const int bit = __ffs(left) - 1;
                if (at < capacity) {
                    mine[at] = first_row + bit / 2 * 8 + bit % 2;
                }
                ++at;
            }
        }
    }

    __device__ __forceinline__ unsigned near_rows(const float (&acc)[S::TILES_R][4], int half, int query, int first_row) {
        const float alpha = errors.alpha[query];
        const float beta = errors.beta[query];
        const float base = limits[query] + errors.gamma[query];
        unsigned near = 0;
#pragma unroll
        for (int g = 0; g < WARP_GROUPS; ++g) {
            const int group = first_row / GROUP + g;
            const float error = key_error(alpha, beta, 0, errors.accumulation, errors.group_norm[group],
                                          errors.group_error[group], errors.group_start[group]);
            const float most = (base + error) + fabsf(base) * 0x1p-20f;
            const bool open = !(most < INFINITY);
#pragma unroll
            for (int j = g * 4; j < g * 4 + 4; ++j) {
#pragma unroll
                for (int c = 0; c < 2; ++c) {
                    const bool here = !(acc[j][half * 2 + c] > most);
                    if (here && (!open || counts_at_all(in.starts, in.mask, first_row + j * 8 + c))) {
                        near |= 1u << (2 * j + c);
                    }
                }
            }
        }
        return near;
    }
};

#define GROUPMIN_BODY(S) \
    GroupMinima<S> epilogue{minima, stride}; \
    multiply_panels<S>(Operands{queries, rows, starts, mask, chunks, panels, strip_panels}, epilogue);
#define APPEND_BODY(S) \
    const Operands in{queries, rows, starts, mask, chunks, panels, strip_panels}; \
    const Errors errors{alpha, beta, gamma, group_norm, group_error, group_start, accumulation}; \
    Append<S> epilogue{in, errors, limits, count, capacity, counts, list}; \
    multiply_panels<S>(in, epilogue);
#else
#define GROUPMIN_BODY(S)
#define APPEND_BODY(S)
#endif

#define GROUPMIN(NAME, S, BLOCKS) \
    KERNEL __launch_bounds__(S::THREADS, BLOCKS) NAME(const __half* queries, const __half* rows, const float* starts, \
            const unsigned* mask, int chunks, int panels, int strip_panels, float* minima, int stride) { \
        GROUPMIN_BODY(S) \
    }

#define APPEND(NAME, S, BLOCKS) \
    KERNEL __launch_bounds__(S::THREADS, BLOCKS) NAME(const __half* queries, const __half* rows, const float* starts, \
            const unsigned* mask, int chunks, int panels, int strip_panels, const float* alpha, const float* beta, \
            const float* gamma, const float* group_norm, const float* group_error, const float* group_start, \
            float accumulation, const float* limits, int count, int capacity, int* counts, int* list) { \
        APPEND_BODY(S) \
    }

GROUPMIN(gemm_groupmin_small, Small, 2)
GROUPMIN(gemm_groupmin_resident, Resident, 2)
GROUPMIN(gemm_groupmin_streamed, Streamed, 1)
APPEND(gemm_append_small, Small, 2)
APPEND(gemm_append_resident, Resident, 2)
APPEND(gemm_append_streamed, Streamed, 1)
