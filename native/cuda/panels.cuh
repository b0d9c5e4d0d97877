// How fp16 shadows of rows and queries lie in device memory, and how wide the pieces are that the product works on.
//
// 128 vectors make a panel. Its values are cut into chunks of 32 dims; a chunk of a panel is 128 x 64 bytes in one piece, so
// that a block copies it as it is. Inside, the four 16-byte units of a vector are exchanged by its number, so that eight
// vectors lie in eight different groups of banks: `ldmatrix` then reads without conflicts. What is missing to whole
// panels and chunks is zero.
#pragma once
#include "common.cuh"

constexpr int PANEL = 128;             // vectors
constexpr int CHUNK = 32;              // dims
constexpr int VECTOR_BYTES = CHUNK * 2;
constexpr int CHUNK_BYTES = PANEL * VECTOR_BYTES;
constexpr int GROUP = 32;              // rows that share one minimum
constexpr int GROUPS = PANEL / GROUP;  // of a panel

// Place of 16-byte unit `unit` of vector `vector` within a chunk, in bytes.
__device__ __forceinline__ int unit_offset(int vector, int unit) {
    return vector * VECTOR_BYTES + ((unit ^ (vector >> 1 & 3)) << 4);
}

// Place of the value of dim `t` of a vector, in values from the start of all panels.
__device__ __forceinline__ size_t panel_offset(int vector, int t, int chunks) {
    size_t chunk = size_t(vector / PANEL) * chunks + t / CHUNK;
    return chunk * (CHUNK_BYTES / 2) + unit_offset(vector % PANEL, t % CHUNK / 8) / 2 + t % 8;
}

// The least value of the `width` lanes that stand together, for all of them: of a group, if each has one of its rows.
__device__ __forceinline__ float lanes_least(float least, int width = 32) {
#pragma unroll
    for (int apart = width / 2; apart > 0; apart >>= 1) {
        least = fminf(least, __shfl_xor_sync(~0u, least, apart, width));
    }
    return least;
}

// Whether a row may be returned. mask: a bit per row, a word per group; null = every row.
__device__ __forceinline__ bool allowed(const unsigned* mask, int row) {
    return mask == nullptr || mask[row / GROUP] >> row % GROUP & 1;
}
