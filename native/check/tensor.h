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

HOST_CUDA_QUIET inline float half_of(unsigned pair, unsigned which) {
    return __half2float({static_cast<unsigned short>(pair >> 16 * which)});
}

// Sums in float32, in the order of k. The device rounds otherwise: compare with a bound.
HOST_CUDA_QUIET inline void multiply_fragments(Fibre* lanes, unsigned) {
    float a[16][16];
    float b[16][8];
    for (unsigned lane = 0; lane < 32; ++lane) {
        const Fragments& from = *static_cast<const Fragments*>(lanes[lane].operands);
        const unsigned g = lane / 4;
        const unsigned t = lane % 4;
        for (unsigned half = 0; half < 2; ++half) {
            for (unsigned i = 0; i < 4; ++i) {
                a[g + i % 2 * 8][t * 2 + half + i / 2 * 8] = half_of(from.a[i], half);
            }
            for (unsigned i = 0; i < 2; ++i) {
                b[t * 2 + half + i * 8][g] = half_of(from.b[i], half);
            }
        }
    }
    for (unsigned row = 0; row < 16; ++row) {
        float sums[8];
        for (unsigned column = 0; column < 8; ++column) {
            sums[column] = static_cast<Fragments*>(lanes[row % 8 * 4 + column / 2].operands)->c[row / 8 * 2 + column % 2];
        }
        for (unsigned k = 0; k < 16; ++k) {
            for (unsigned column = 0; column < 8; ++column) {
                sums[column] += a[row][k] * b[k][column];
            }
        }
        for (unsigned column = 0; column < 8; ++column) {
            static_cast<Fragments*>(lanes[row % 8 * 4 + column / 2].operands)->c[row / 8 * 2 + column % 2] = sums[column];
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

HOST_CUDA_QUIET inline void mma_m16n8k16(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2], int line = __builtin_LINE()) {
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
