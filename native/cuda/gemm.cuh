// The product of queries and rows on tensor cores, a panel of 128 rows after another, and what becomes of each panel.
//
// A block takes QUERIES = WARPS_Q * TILES_Q * 16 queries and walks along a strip of panels; a warp owns TILES_Q * 16
// queries x TILES_R * 8 rows of each panel. The pieces arrive through STAGES buffers of cp.async, chunk by chunk. RESIDENT:
// the queries, whole, stay in shared memory (few dims); else a chunk of them comes with each chunk of rows.
//
// Starts are the first values of the accumulators (see FlatData), so that L2, inner product and cosine
// are one kernel; a row that is masked or missing starts at +infinity and stays there.
#pragma once
#include "panels.cuh"

template <int WARPS_Q_, int WARPS_R_, int TILES_Q_, int TILES_R_, bool RESIDENT_, int STAGES_>
struct Shape {
    static constexpr int WARPS_Q = WARPS_Q_, WARPS_R = WARPS_R_, TILES_Q = TILES_Q_, TILES_R = TILES_R_, STAGES = STAGES_;
    static constexpr bool RESIDENT = RESIDENT_;
    static constexpr int QUERIES = WARPS_Q * TILES_Q * 16;
    static constexpr int THREADS = WARPS_Q * WARPS_R * 32;
    static constexpr int WARP_ROWS = TILES_R * 8;
    static constexpr int QUERY_BYTES = QUERIES * VECTOR_BYTES; // of one chunk
    static constexpr int STARTS = CHUNK_BYTES + (RESIDENT ? 0 : QUERY_BYTES);
    static constexpr int MASK = STARTS + PANEL * 4;
    static constexpr int STAGE_BYTES = MASK + 128;
    static_assert(WARPS_R * WARP_ROWS == PANEL && WARP_ROWS % GROUP == 0, "warps share a panel by groups");
};

// What all blocks are given; see ingest.cu for the layout. mask: a bit per row, a word per group, or null.
struct Operands {
    const __half* queries;
    const __half* rows;
    const float* starts;
    const unsigned* mask;
    int chunks;       // of 32 dims
    int panels;       // of rows
    int strip_panels; // that one block walks along
};

#if PERIGEE_HAS_MMA

// Queries in order, and panels as they are: which query is the i-th of this block, where unit i of a chunk of a panel is,
// what group a panel begins with.
template <class S>
struct InOrder : Operands {
    __device__ __forceinline__ int query(int i) const { return blockIdx.x * S::QUERIES + i; }

    __device__ __forceinline__ const unsigned char* row_unit(int panel, int chunk, int i) const {
        return reinterpret_cast<const unsigned char*>(rows) + (size_t(panel) * chunks + chunk) * CHUNK_BYTES + i * 16;
    }

    __device__ __forceinline__ int group(int panel, int i) const { return panel * GROUPS + i; }
};

template <class S, class In, class Epilogue>
struct Product {
    const In& in;
    unsigned char* shared;
    float acc[S::TILES_Q][S::TILES_R][4];

    __device__ __forceinline__ unsigned char* stage(int step) {
        return shared + (S::RESIDENT ? in.chunks * S::QUERY_BYTES : 0) + step % S::STAGES * S::STAGE_BYTES;
    }

    // Copies one chunk of this block's queries, each unit to where the place of its query in the block has it.
    __device__ __forceinline__ void load_queries(unsigned char* to, int chunk) {
        const unsigned char* from = reinterpret_cast<const unsigned char*>(in.queries);
        for (int i = threadIdx.x; i < S::QUERY_BYTES / 16; i += S::THREADS) {
            const int query = in.query(i / 4);
            const size_t piece = size_t(query / PANEL) * in.chunks + chunk;
            copy_async_16(to + unit_offset(i / 4, i % 4), from + piece * CHUNK_BYTES + unit_offset(query % PANEL, i % 4));
        }
    }

    // Copies one chunk of a panel, and its starts and mask with the first.
    __device__ __forceinline__ void load(unsigned char* to, int panel, int chunk) {
        for (int i = threadIdx.x; i < CHUNK_BYTES / 16; i += S::THREADS) {
            copy_async_16(to + i * 16, in.row_unit(panel, chunk, i));
        }
        if (!S::RESIDENT) {
            load_queries(to + CHUNK_BYTES, chunk);
        }
        if (chunk == 0) {
            const int i = threadIdx.x;
            if (i < PANEL / 4) {
                copy_async_16(to + S::STARTS + i * 16, in.starts + size_t(in.group(panel, i / 8)) * GROUP + i % 8 * 4);
            } else if (i < PANEL / 4 + GROUPS && in.mask != nullptr) {
                reinterpret_cast<unsigned*>(to + S::MASK)[i - PANEL / 4] = in.mask[in.group(panel, i - PANEL / 4)];
            }
        }
    }

    __device__ __forceinline__ void begin(const unsigned char* from, int warp_r, int lane) {
        const float* starts = reinterpret_cast<const float*>(from + S::STARTS);
        const unsigned* mask = reinterpret_cast<const unsigned*>(from + S::MASK);
#pragma unroll
        for (int j = 0; j < S::TILES_R; ++j) {
            const int row = warp_r * S::WARP_ROWS + j * 8 + lane % 4 * 2;
            float2 start = *reinterpret_cast<const float2*>(starts + row);
            if (in.mask != nullptr) {
                const unsigned bits = mask[row / GROUP] >> row % GROUP;
                start.x = bits & 1 ? start.x : INFINITY;
                start.y = bits & 2 ? start.y : INFINITY;
            }
#pragma unroll
            for (int i = 0; i < S::TILES_Q; ++i) {
                acc[i][j][0] = acc[i][j][2] = start.x;
                acc[i][j][1] = acc[i][j][3] = start.y;
            }
        }
    }

    __device__ __forceinline__ void multiply(const unsigned char* queries, const unsigned char* rows, int warp_q, int warp_r,
                                             int lane) {
        const int row = (lane & 7) | (lane >> 4) << 3;
#pragma unroll
        for (int k = 0; k < CHUNK / 16; ++k) {
            unsigned a[S::TILES_Q][4];
#pragma unroll
            for (int i = 0; i < S::TILES_Q; ++i) {
                const int query = (warp_q * S::TILES_Q + i) * 16 + lane % 16;
                load_matrix_x4(a[i], queries + unit_offset(query, 2 * k + lane / 16));
            }
#pragma unroll
            for (int j = 0; j < S::TILES_R; j += 2) {
                unsigned b[4];
                load_matrix_x4(b, rows + unit_offset(warp_r * S::WARP_ROWS + j * 8 + row, 2 * k + (lane >> 3 & 1)));
                const unsigned left[2] = {b[0], b[1]};
                const unsigned right[2] = {b[2], b[3]};
#pragma unroll
                for (int i = 0; i < S::TILES_Q; ++i) {
                    mma_m16n8k16(acc[i][j], a[i], left);
                    mma_m16n8k16(acc[i][j + 1], a[i], right);
                }
            }
        }
    }

    // Panels `first` to `last`.
    __device__ __forceinline__ void run(int first, int last, Epilogue& epilogue) {
        const int warp = threadIdx.x / 32;
        const int lane = threadIdx.x % 32;
        const int warp_q = warp / S::WARPS_R;
        const int warp_r = warp % S::WARPS_R;
        const int steps = (last - first) * in.chunks;
        if (S::RESIDENT) {
            for (int chunk = 0; chunk < in.chunks; ++chunk) {
                load_queries(shared + chunk * S::QUERY_BYTES, chunk); // part of the first group of copies
            }
        }
        int load_panel = first;
        int load_chunk = 0;
        int loaded = 0;
        auto load_next = [&] {
            if (loaded < steps) {
                load(stage(loaded), load_panel, load_chunk);
                if (++load_chunk == in.chunks) {
                    load_chunk = 0;
                    ++load_panel;
                }
            }
            ++loaded;
            copy_async_commit(); // an empty group where nothing is left, so that groups and steps stay in step
        };
        for (int i = 0; i < S::STAGES - 1; ++i) {
            load_next();
        }
        int panel = first;
        int chunk = 0;
        for (int step = 0; step < steps; ++step) {
            copy_async_wait<S::STAGES - 2>();
            __syncthreads(); // the copies of all threads are there, and nobody reads the stage that is filled next
            load_next();
            const unsigned char* from = stage(step);
            if (chunk == 0) {
                begin(from, warp_r, lane);
            }
            multiply(S::RESIDENT ? shared + chunk * S::QUERY_BYTES : from + CHUNK_BYTES, from, warp_q, warp_r, lane);
            if (++chunk == in.chunks) {
                epilogue.panel(acc, panel, warp_q, warp_r, lane);
                chunk = 0;
                ++panel;
            }
        }
        copy_async_wait<0>();
    }
};

template <class S, class Epilogue>
__device__ __forceinline__ void multiply_panels(const Operands& operands, Epilogue& epilogue) {
    DYNAMIC_SHARED(unsigned char, shared);
    const InOrder<S> in{operands};
    Product<S, InOrder<S>, Epilogue> product{in, shared, {}};
    const int first = blockIdx.y * in.strip_panels;
    product.run(first, min(in.panels, first + in.strip_panels), epilogue);
}

#endif
