// How PQ codes lie in device memory, for both ways of scanning them.
//
// 32 slots of a list make a group. The code bytes of a group are cut into cells of four: word (g, t) of cell c holds byte
// 4 c + t of the codes of slots g, g + 8, g + 16 and g + 24, for g in 0..7 and t in 0..3, at place 4 g + t. So a cell of a
// group is 128 bytes in one piece; a lane of a tensor-core fragment owns one word of it (scan_mma.cu), and a lane that sums
// the code of one slot reads four (below).
#pragma once
#include "panels.cuh"

// Table of a code byte: a product for each of its 256 values.
constexpr int TABLE = 256;

// Codewords of a quantiser as they are: [parts << bits, dsub] float32. Two parts of 4 bits share a byte, the even one below.
struct Words {
    const float* words;
    int parts;
    int bits;
    int dsub;

    // DSUB = dsub, so that a codeword is read at once; 0 = any.
    template <int DSUB>
    __device__ __forceinline__ float product(const float* weights, int part, int word) const {
        const int dims = DSUB == 0 ? dsub : DSUB;
        const float* w = words + ((size_t(part) << bits) + word) * dims;
        const float* x = weights + part * dims;
        float sum = 0;
        if (DSUB % 4 == 0 && DSUB > 0) {
#pragma unroll
            for (int t = 0; t < DSUB; t += 4) {
                const float4 four = *reinterpret_cast<const float4*>(w + t);
                sum = fmaf(x[t], four.x, sum);
                sum = fmaf(x[t + 1], four.y, sum);
                sum = fmaf(x[t + 2], four.z, sum);
                sum = fmaf(x[t + 3], four.w, sum);
            }
        } else {
            for (int t = 0; t < dims; ++t) {
                sum = fmaf(x[t], w[t], sum);
            }
        }
        return sum;
    }

    // Tables of whole bytes.
    template <int DSUB>
    __device__ __forceinline__ void fill(float* tables, const float* weights) const {
#pragma unroll 4
        for (int i = threadIdx.x; i < parts * TABLE; i += blockDim.x) {
            tables[i] = product<DSUB>(weights, i / TABLE, i % TABLE);
        }
    }

    // What value v of byte b adds to a key, where two parts share it.
    __device__ __forceinline__ float entry(const float* weights, int b, int v) const {
        const float low = 2 * b < parts ? product<0>(weights, 2 * b, v & 15) : 0;
        return low + (2 * b + 1 < parts ? product<0>(weights, 2 * b + 1, v >> 4) : 0);
    }
};

// The tables of a query by its block: tables [4 cells, TABLE] in shared memory, weights [dim] there too. mean = null:
// inner product. Begins without and ends with a barrier.
__device__ __forceinline__ void make_tables(float* tables, float* weights, const float* query, const float* mean, int dim,
                                            const Words& words, int cells) {
    for (int t = threadIdx.x; t < dim; t += blockDim.x) {
        weights[t] = mean == nullptr ? -query[t] : -2.0f * __fsub_rn(query[t], mean[t]);
    }
    __syncthreads();
    if (words.bits == 8) {
        switch (words.dsub) {
            case 2: words.fill<2>(tables, weights); break;
            case 4: words.fill<4>(tables, weights); break;
            case 8: words.fill<8>(tables, weights); break;
            default: words.fill<0>(tables, weights);
        }
        for (int i = words.parts * TABLE + threadIdx.x; i < 4 * cells * TABLE; i += blockDim.x) {
            tables[i] = 0;
        }
    } else {
        for (int i = threadIdx.x; i < 4 * cells * TABLE; i += blockDim.x) {
            tables[i] = words.entry(weights, i / TABLE, i % TABLE);
        }
    }
    __syncthreads();
}

// The key of the code of one slot, `lane` of its group, without what its list adds: the term of the row plus a sum per
// byte. The order is that of the CPU (compute.simd.CodeKernel), so keys have the same bits: of 16 bytes
// ((0+4)+(8+12)) + ((1+5)+(9+13)) + ..., then 16 after 16.
__device__ __forceinline__ float code_sum(const float* tables, const unsigned* codes, int group, int cells, int lane,
                                          float term) {
    const uint4* mine = reinterpret_cast<const uint4*>(codes) + size_t(group) * cells * 8 + lane % 8;
    const int shift = lane / 8 * 8;
    float sum = term;
    for (int from = 0; from < cells; from += 4) {
        float s[4];
        float last[4];
#pragma unroll
        for (int c = 0; c < 4; ++c) {
            float here[4] = {0, 0, 0, 0};
            if (from + c < cells) {
                const uint4 words = mine[(from + c) * 8];
                const float* table = tables + (from + c) * 4 * TABLE;
                here[0] = table[words.x >> shift & 255];
                here[1] = table[TABLE + (words.y >> shift & 255)];
                here[2] = table[2 * TABLE + (words.z >> shift & 255)];
                here[3] = table[3 * TABLE + (words.w >> shift & 255)];
            }
#pragma unroll
            for (int t = 0; t < 4; ++t) {
                if (c == 1) {
                    s[t] = last[t] + here[t];
                } else if (c == 3) {
                    s[t] += last[t] + here[t];
                }
                last[t] = here[t];
            }
        }
        sum += (s[0] + s[1]) + (s[2] + s[3]);
    }
    return sum;
}
