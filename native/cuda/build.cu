// What building an index takes: the nearest centroid of each of many rows, the means of lists, codes of residuals. All of it
// gives the bits of the CPU: a float pass decides where its error allows, double arithmetic in the order of the reference the rest.
#include "bounds.cuh"
#include "cells.cuh"
#include "gemm.cuh"

// Queries stay where dims are few; else both stream through. A block sees all centroids.
using NearestResident = Shape<2, 2, 4, 8, true, 4>;
using NearestStreamed = Shape<4, 2, 4, 8, false, 3>;

// The two smallest keys of a row and where the smaller is.
struct Two {
    float best;
    float second;
    int where;

    __device__ __forceinline__ void take(float key, int place) {
        if (key < best) {
            second = best;
            best = key;
            where = place;
        } else {
            second = fminf(second, key);
        }
    }

    __device__ __forceinline__ void join(const Two& other) {
        const bool first = best < other.best;
        second = fminf(fmaxf(best, other.best), fminf(second, other.second));
        where = first ? where : other.where;
        best = fminf(best, other.best);
    }
};

#if PERIGEE_HAS_MMA

template <class S>
struct NearestTwo {
    Two two[S::TILES_Q][2];

    __device__ __forceinline__ NearestTwo() {
#pragma unroll
        for (int i = 0; i < S::TILES_Q; ++i) {
            two[i][0] = two[i][1] = Two{INFINITY, INFINITY, -1};
        }
    }

    __device__ __forceinline__ void panel(const float (&acc)[S::TILES_Q][S::TILES_R][4], int panel, int, int warp_r, int lane) {
        const int first = panel * PANEL + warp_r * S::WARP_ROWS + lane % 4 * 2;
#pragma unroll
        for (int i = 0; i < S::TILES_Q; ++i) {
#pragma unroll
            for (int j = 0; j < S::TILES_R; ++j) {
#pragma unroll
                for (int c = 0; c < 4; ++c) {
                    two[i][c / 2].take(acc[i][j][c], first + j * 8 + c % 2);
                }
            }
        }
    }
};

// Labels of the queries of a block, and which of them are left open: their two best are nearer than twice the error.
template <class S>
__device__ __forceinline__ void nearest_labels(const Operands& operands, const float* alpha, const float* beta,
                                               const float* gamma, float accumulation, const float* largest, int count,
                                               int* labels, int* open_count, int* open) {
    DYNAMIC_SHARED(unsigned char, shared);
    const InOrder<S> in{operands};
    NearestTwo<S> epilogue;
    Product<S, InOrder<S>, NearestTwo<S>> product{in, shared, {}};
    product.run(0, in.panels, epilogue);
    __syncthreads(); // shared memory is free
    Two* parts = reinterpret_cast<Two*>(shared); // [WARPS_R, QUERIES]
    const int warp = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int i = 0; i < S::TILES_Q; ++i) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            Two mine = epilogue.two[i][half];
            for (int apart = 1; apart < 4; apart *= 2) {
                mine.join(Two{__shfl_xor_sync(~0u, mine.best, apart), __shfl_xor_sync(~0u, mine.second, apart),
                              __shfl_xor_sync(~0u, mine.where, apart)});
            }
            if (lane % 4 == 0) {
                const int query = (warp / S::WARPS_R * S::TILES_Q + i) * 16 + half * 8 + lane / 4;
                parts[warp % S::WARPS_R * S::QUERIES + query] = mine;
            }
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < S::QUERIES; i += S::THREADS) {
        const int query = blockIdx.x * S::QUERIES + i;
        if (query < count) {
            Two mine = parts[i];
            for (int r = 1; r < S::WARPS_R; ++r) {
                mine.join(parts[r * S::QUERIES + i]);
            }
            const float error = key_error(alpha[query], beta[query], gamma[query], accumulation, largest[0], largest[1], largest[2]);
            const float apart = mine.second - mine.best;
            const bool decided = mine.where >= 0 && apart > 2 * error + fabsf(mine.best) * 0x1p-20f;
            labels[query] = decided ? mine.where : -1;
            if (!decided) {
                open[atomicAdd(open_count, 1)] = query;
            }
        }
    }
}

#define NEAREST_BODY(S) \
    nearest_labels<S>(Operands{queries, rows, starts, nullptr, chunks, panels, panels}, alpha, beta, gamma, accumulation, largest, \
                      count, labels, open_count, open);
#else
#define NEAREST_BODY(S)
#endif

// largest: of all centroids, shadow norm, error and start. open [count]: queries that are left, in any order.
#define NEAREST(NAME, S, BLOCKS) \
    KERNEL __launch_bounds__(S::THREADS, BLOCKS) NAME(const __half* queries, const __half* rows, const float* starts, \
            int chunks, int panels, const float* alpha, const float* beta, const float* gamma, float accumulation, \
            const float* largest, int count, int* labels, int* open_count, int* open) { \
        NEAREST_BODY(S) \
    }

NEAREST(gemm_nearest_resident, NearestResident, 1)
NEAREST(gemm_nearest_streamed, NearestStreamed, 1)

// One block: the largest of each of three arrays [groups].
KERNEL __launch_bounds__(256) largest_bounds(const float* norms, const float* errors, const float* starts, int groups,
                                             float* largest) {
    __shared__ float most[3][256];
    for (int i = 0; i < 3; ++i) {
        const float* values = i == 0 ? norms : i == 1 ? errors : starts;
        float mine = 0;
        for (int g = threadIdx.x; g < groups; g += blockDim.x) {
            mine = fmaxf(mine, values[g]);
        }
        most[i][threadIdx.x] = mine;
    }
    for (int half = 128; half > 0; half /= 2) {
        __syncthreads();
        for (int i = 0; i < 3 && static_cast<int>(threadIdx.x) < half; ++i) {
            most[i][threadIdx.x] = fmaxf(most[i][threadIdx.x], most[i][threadIdx.x + half]);
        }
    }
    __syncthreads();
    if (threadIdx.x < 3) {
        largest[threadIdx.x] = most[threadIdx.x][0];
    }
}

constexpr int OPEN_ROWS = 8;  // that a block compares at a time, so that centroids are read less often
constexpr int OPEN_TEAMS = 32; // of a block

// The float distance of a row and what it errs at the most; the sums of the lanes of a team.
struct Rough {
    float sum = 0;
    float size = 0; // of the terms

    __device__ __forceinline__ void add(float x, float y, int l2) {
        const float a = l2 ? x - y : x;
        const float b = l2 ? a : -y;
        sum = fmaf(a, b, sum);
        size = fmaf(fabsf(a), fabsf(b), size);
    }

    __device__ __forceinline__ void join() {
#pragma unroll
        for (int apart = 1; apart < TEAM; apart *= 2) {
            sum += __shfl_xor_sync(~0u, sum, apart);
            size += __shfl_xor_sync(~0u, size, apart);
        }
    }

    // dim + 4 roundings of what the terms sum up to, and what underflows
    __device__ __forceinline__ float error(int dim) const { return (dim + 8) * (0x1.2p-24f * size + 0x1p-147f); }
};

// Blocks of 256 threads take the rows that are open (open_count = null: all `count`) and find the nearest centroid of each by
// distances in double, ties to the lower number. A float distance comes first: it rules most centroids out.
KERNEL __launch_bounds__(256, 2) nearest_exact(const float* rows, long long row_stride, int count, const float* centroids,
                                               long long centroid_stride, int n, int dim, int l2, const int* open_count,
                                               const int* open, int* labels) {
    __shared__ const float* mine[OPEN_ROWS];
    __shared__ unsigned limits[OPEN_ROWS]; // the least of float distances and their errors so far, in the order of floats
    __shared__ double distances[OPEN_ROWS][OPEN_TEAMS];
    __shared__ int numbers[OPEN_ROWS][OPEN_TEAMS];
    const int rest = open_count == nullptr ? count : *open_count;
    const int lane = threadIdx.x % TEAM;
    const int team = threadIdx.x / TEAM;
    for (int begin = blockIdx.x * OPEN_ROWS; begin < rest; begin += gridDim.x * OPEN_ROWS) {
        if (threadIdx.x < OPEN_ROWS) { // places without a row repeat the last
            const int i = min(begin + static_cast<int>(threadIdx.x), rest - 1);
            mine[threadIdx.x] = rows + (open_count == nullptr ? i : open[i]) * row_stride;
            limits[threadIdx.x] = ~0u;
        }
        for (int r = lane; r < OPEN_ROWS; r += TEAM) {
            distances[r][team] = INFINITY;
            numbers[r][team] = n;
        }
        __syncthreads();
        for (int c = team; c - team % (32 / TEAM) < n; c += OPEN_TEAMS) {
            const bool there = c < n;
            const float* centroid = centroids + (there ? c : 0) * centroid_stride;
            Rough rough[OPEN_ROWS];
            for (int t = lane; t < dim; t += TEAM) {
                const float y = centroid[t];
#pragma unroll
                for (int r = 0; r < OPEN_ROWS; ++r) {
                    rough[r].add(mine[r][t], y, l2);
                }
            }
            unsigned near = 0; // a bit per row
#pragma unroll
            for (int r = 0; r < OPEN_ROWS; ++r) {
                rough[r].join();
                const float error = rough[r].error(dim);
                bool out = !there;
                if (lane == 0 && there && rough[r].size < 1e38f) {
                    out = rough[r].sum - error > unordered(atomicMin(&limits[r], ordered(rough[r].sum + error)));
                }
                near |= out ? 0 : 1u << r;
            }
            near = __shfl_sync(~0u, near, 0, TEAM);
#pragma unroll 1
            for (int r = 0; r < OPEN_ROWS; ++r) {
                const bool here = near >> r & 1;
                if (__any_sync(~0u, here)) {
                    const double distance = exact_distance(mine[r], centroid, here ? dim : 0, l2, lane);
                    if (here && lane == 0 && (distance < distances[r][team] || numbers[r][team] == n)) {
                        distances[r][team] = distance;
                        numbers[r][team] = c;
                    }
                }
            }
        }
        __syncthreads();
        if (threadIdx.x < OPEN_ROWS && begin + static_cast<int>(threadIdx.x) < rest) {
            const int r = threadIdx.x;
            double least = INFINITY;
            int where = n;
            for (int other = 0; other < OPEN_TEAMS; ++other) {
                const double distance = distances[r][other];
                const int number = numbers[r][other];
                if (number < n && (where == n || distance < least || (distance == least && number < where))) {
                    least = distance;
                    where = number;
                }
            }
            labels[open_count == nullptr ? begin + r : open[begin + r]] = where;
        }
        __syncthreads(); // before the next rows'
    }
}

// A thread per row: how many rows each list has, and whether any label is another than before.
KERNEL __launch_bounds__(256) count_labels(const int* labels, const int* before, int n, int* counts, int* changed) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row < n) {
        atomicAdd(&counts[labels[row]], 1);
        if (labels[row] != before[row]) {
            atomicOr(changed, 1);
        }
    }
}

// A thread per row: rows list by list, in any order; cursors: where the next of each list goes.
KERNEL __launch_bounds__(256) sort_labels(const int* labels, int n, int* cursors, int* order) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row < n) {
        order[atomicAdd(&cursors[labels[row]], 1)] = row;
    }
}

// A block per list: its rows are put in order, then each dim is summed in double in that order, so that the mean has the bits of
// the CPU's. Lists without rows keep their centroid.
KERNEL __launch_bounds__(256) list_means(const float* rows, long long row_stride, int dim, const int* begins, int* order,
                                         float* centroids, long long centroid_stride) {
    const int begin = begins[blockIdx.x];
    const int size = begins[blockIdx.x + 1] - begin;
    int* mine = order + begin;
    block_sort(mine, size);
    for (int t = threadIdx.x; t < dim && size > 0; t += blockDim.x) {
        double sum = 0;
        int i = 0;
        for (; i + 8 <= size; i += 8) {
            float values[8]; // on their way together
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                values[j] = rows[mine[i + j] * row_stride + t];
            }
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                sum += values[j];
            }
        }
        for (; i < size; ++i) {
            sum += rows[mine[i] * row_stride + t];
        }
        centroids[blockIdx.x * centroid_stride + t] = static_cast<float>(sum / size);
    }
}

// The nearest of some words to x, whose values past dsub count as absent: exactly, by distance in double in the order of the
// reference, ties to the lower number. MOST: dims that x has room for.
template <int MOST>
__device__ __forceinline__ int nearest_word(const float* from, const float* words, int size, int dsub) {
    float x[MOST];
#pragma unroll
    for (int t = 0; t < MOST; ++t) {
        x[t] = t < dsub ? from[t] : 0;
    }
    Two two{INFINITY, INFINITY, 0};
    for (int c = 0; c < size; ++c) {
        float sum = 0;
#pragma unroll
        for (int t = 0; t < MOST; ++t) {
            if (t < dsub) {
                const float difference = x[t] - words[c * dsub + t];
                sum = fmaf(difference, difference, sum);
            }
        }
        two.take(sum, c);
    }
    // a sum of squares of differences errs by dsub + 3 roundings of itself, and what underflows
    const float error = 1.1f * (dsub + 4) * 0x1p-24f * two.second + dsub * 0x1p-147f;
    if (two.second < INFINITY && two.second - two.best > 2 * error) {
        return two.where;
    }
    int where = two.where;
    double least = INFINITY;
    for (int c = 0; c < size; ++c) {
        double s[8] = {0, 0, 0, 0, 0, 0, 0, 0};
#pragma unroll
        for (int t = 0; t < MOST; ++t) {
            if (t < dsub) {
                const double difference = __dsub_rn(x[t], words[c * dsub + t]);
                s[t % 8] = __dadd_rn(s[t % 8], __dmul_rn(difference, difference));
            }
        }
        const double sum = __dadd_rn(__dadd_rn(__dadd_rn(s[0], s[4]), __dadd_rn(s[2], s[6])),
                                     __dadd_rn(__dadd_rn(s[1], s[5]), __dadd_rn(s[3], s[7])));
        if (sum < least) {
            least = sum;
            where = c;
        }
    }
    return where;
}

// Blocks (x: 256 residuals, y: part), a thread a residual. words [parts << bits, dsub]; codes [n, parts] bytes. dsub is at most
// 16.
KERNEL __launch_bounds__(256, 2) encode_parts(const float* residuals, long long stride, int n, const float* words, int bits,
                                              int dsub, unsigned char* codes, int parts) {
    DYNAMIC_SHARED(float, mine);
    const int size = 1 << bits;
    const int part = blockIdx.y;
    for (int i = threadIdx.x; i < size * dsub; i += blockDim.x) {
        mine[i] = words[size_t(part) * size * dsub + i];
    }
    __syncthreads();
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row < n) {
        const float* x = residuals + row * stride + part * dsub;
        const int code = dsub <= 2   ? nearest_word<2>(x, mine, size, dsub)
                         : dsub <= 4 ? nearest_word<4>(x, mine, size, dsub)
                         : dsub <= 8 ? nearest_word<8>(x, mine, size, dsub)
                                     : nearest_word<16>(x, mine, size, dsub);
        codes[size_t(row) * parts + part] = static_cast<unsigned char>(code);
    }
}
