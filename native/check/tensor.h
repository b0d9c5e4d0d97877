// The twins of mma.sync and ldmatrix, with the fragments of the PTX manual. The last lane of the warp does the work of all.
#pragma once

#include "shared.h"
#include "warp.h"

namespace host_cuda {

struct Fragments {
    float* c;
    const unsigned* a;
    const unsigned* b;
};

using FourColumns __attribute__((vector_size(16))) = float;

// The 16-bit values of all lanes as matrices: a by rows, b by columns. A register holds two neighbours.
HOST_CUDA_QUIET inline void gather(const Fibre* lanes, unsigned short (&a)[16][16], unsigned short (&b)[8][16]) {
    for (unsigned lane = 0; lane < 32; ++lane) {
        const Fragments& from = *static_cast<const Fragments*>(lanes[lane].operands);
        const unsigned g = lane / 4;
        const unsigned t = lane % 4;
        for (unsigned i = 0; i < 4; ++i) {
            __builtin_memcpy(&a[g + i % 2 * 8][t * 2 + i / 2 * 8], &from.a[i], 4);
        }
        for (unsigned i = 0; i < 2; ++i) {
            __builtin_memcpy(&b[g][t * 2 + i * 8], &from.b[i], 4);
        }
    }
}

template <unsigned N>
HOST_CUDA_QUIET inline void convert(const unsigned short (&from)[N][16], float (&to)[N][16]) {
    for (unsigned i = 0; i < N; ++i) {
        for (unsigned k = 0; k < 16; ++k) {
            to[i][k] = __half2float({from[i][k]});
        }
    }
}

// Sums in float32, in the order of k. The device rounds otherwise: compare with a bound.
HOST_CUDA_QUIET inline void multiply_fragments(Fibre* lanes, unsigned) {
    unsigned short halves_a[16][16];
    unsigned short halves_b[8][16];
    float a[16][16];
    float b[8][16];
    gather(lanes, halves_a, halves_b);
    convert(halves_a, a);
    convert(halves_b, b);
    FourColumns columns[16][2];
    for (unsigned k = 0; k < 16; ++k) {
        for (unsigned column = 0; column < 8; ++column) {
            columns[k][column / 4][column % 4] = b[column][k];
        }
    }
    for (unsigned row = 0; row < 16; ++row) {
        float* c[4]; // two columns each
        for (unsigned t = 0; t < 4; ++t) {
            c[t] = static_cast<const Fragments*>(lanes[row % 8 * 4 + t].operands)->c + row / 8 * 2;
        }
        FourColumns left{c[0][0], c[0][1], c[1][0], c[1][1]};
        FourColumns right{c[2][0], c[2][1], c[3][0], c[3][1]};
        for (unsigned k = 0; k < 16; ++k) {
            left += a[row][k] * columns[k][0];
            right += a[row][k] * columns[k][1];
        }
        for (unsigned i = 0; i < 4; ++i) {
            c[i / 2][i % 2] = left[i];
            c[2 + i / 2][i % 2] = right[i];
        }
    }
}

// TF32: a holds rows g and g + 8 at columns t, then at t + 4; b rows t and t + 4 of column g.
HOST_CUDA_QUIET inline void multiply_tf32_fragments(Fibre* lanes, unsigned) {
    float a[16][8];
    float b[8][8];
    for (unsigned lane = 0; lane < 32; ++lane) {
        const Fragments& from = *static_cast<const Fragments*>(lanes[lane].operands);
        const unsigned g = lane / 4;
        const unsigned t = lane % 4;
        for (unsigned i = 0; i < 4; ++i) {
            a[g + i % 2 * 8][t + i / 2 * 4] = bits_as<float>(from.a[i] & ~0x1fffu);
        }
        for (unsigned i = 0; i < 2; ++i) {
            b[t + i * 4][g] = bits_as<float>(from.b[i] & ~0x1fffu);
        }
    }
    for (unsigned row = 0; row < 16; ++row) {
        for (unsigned column = 0; column < 8; ++column) {
            float& sum = static_cast<Fragments*>(lanes[row % 8 * 4 + column / 2].operands)->c[row / 8 * 2 + column % 2];
            for (unsigned k = 0; k < 8; ++k) {
                sum += a[row][k] * b[k][column];
            }
        }
    }
}

struct Rows {
    unsigned* r;
    const unsigned char* row;
};

HOST_CUDA_QUIET inline void load_fragments(Fibre* lanes, unsigned) {
    for (unsigned matrix = 0; matrix < 4; ++matrix) {
        for (unsigned row = 0; row < 8; ++row) {
            const Rows& from = *static_cast<const Rows*>(lanes[matrix * 8 + row].operands);
            for (unsigned t = 0; t < 4; ++t) {
                __builtin_memcpy(&static_cast<Rows*>(lanes[row * 4 + t].operands)->r[matrix], from.row + t * 4, 4);
            }
        }
    }
}

} // namespace host_cuda

HOST_CUDA_QUIET inline void mma_m16n8k16(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                                         int line = __builtin_LINE()) {
    host_cuda::Fragments fragments{c, a, b};
    host_cuda::context.here->operands = &fragments;
    host_cuda::meet(~0u, host_cuda::Primitive::MMA, line, host_cuda::multiply_fragments);
}

HOST_CUDA_QUIET inline void load_matrix_x4(unsigned (&r)[4], const void* shared, int line = __builtin_LINE()) {
    if (reinterpret_cast<uintptr_t>(shared) % 16 != 0) {
        host_cuda::fail("ldmatrix needs addresses aligned to 16 bytes: %p", shared);
    }
    if (!host_cuda::is_shared(shared, 16)) {
        host_cuda::fail("ldmatrix from %p, which is not shared memory", shared);
    }
    host_cuda::race::read(shared, 16);
    host_cuda::Rows rows{r, static_cast<const unsigned char*>(shared)};
    host_cuda::context.here->operands = &rows;
    host_cuda::meet(~0u, host_cuda::Primitive::LDMATRIX, line, host_cuda::load_fragments);
}

HOST_CUDA_QUIET inline void mma_m16n8k8_tf32(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                                             int line = __builtin_LINE()) {
    host_cuda::Fragments fragments{c, a, b};
    host_cuda::context.here->operands = &fragments;
    host_cuda::meet(~0u, host_cuda::Primitive::MMA, line, host_cuda::multiply_tf32_fragments);
}
