// Inner products of fp16 vectors: cp.async into two stages of dynamic shared memory, ldmatrix, mma.
#include "../../cuda/common.cuh"
#include "../check.h"

namespace {

constexpr int STAGE = 24 * 16; // values: 16 queries and 8 rows of 16 dims

} // namespace

// A block of one warp: 16 queries x 8 rows. queries [count, dim], rows [n, dim], out [count, n]; dim a multiple of 16.
KERNEL product(const __half* queries, int count, const __half* rows, int n, int dim, float* out) {
    DYNAMIC_SHARED(__half, shared);
    const int lane = threadIdx.x;
    const int query = blockIdx.y * 16;
    const int row = blockIdx.x * 8;
    const int steps = dim / 16;
    float sums[4] = {};
    auto load = [&](int step) {
        __half* stage = shared + step % 2 * STAGE + (MUTANT(product_dynamic_overflow) ? 8 : 0);
        const int vector = lane / 2;
        const int unit = lane % 2 * 8;
        const int shift = MUTANT(product_misaligned_copy) ? 1 : 0;
        const __half* from = queries + (size_t)min(query + vector, count - 1) * dim + step * 16 + unit;
        copy_async_16(stage + vector * 16 + unit, from + shift);
        if (vector < 8) {
            const int last = MUTANT(product_tail_read) ? n : n - 1;
            __half* to = MUTANT(product_copy_elsewhere) ? reinterpret_cast<__half*>(out) : stage + (16 + vector) * 16 + unit;
            copy_async_16(to, rows + (size_t)min(row + vector, last) * dim + step * 16 + unit);
        }
    };
    load(0);
    copy_async_commit();
    for (int step = 0; step < steps; ++step) {
        if (step + 1 < steps) {
            load(step + 1);
        }
        copy_async_commit();
        if (MUTANT(product_short_wait)) {
            copy_async_wait<2>();
        } else {
            copy_async_wait<1>();
        }
        if (!MUTANT(product_no_barrier_after_wait)) {
            __syncthreads();
        }
        const __half* stage = shared + step % 2 * STAGE;
        unsigned a[4];
        unsigned b[4];
        load_matrix_x4(a, stage + lane % 16 * 16 + lane / 16 * 8 + (MUTANT(product_misaligned_matrix) ? 2 : 0));
        load_matrix_x4(b, stage + (16 + lane % 8) * 16 + (lane / 8 & 1) * 8);
        const unsigned half[2] = {b[0], b[1]};
        mma_m16n8k16(sums, a, half);
        if (!MUTANT(product_no_barrier_at_end)) {
            __syncthreads();
        }
    }
    for (int i = 0; i < 4; ++i) {
        const int r = MUTANT(product_wrong_row) ? i % 2 * 8 + lane / 4 : i / 2 * 8 + lane / 4;
        const int q = query + r;
        const int c = row + lane % 4 * 2 + i % 2;
        const int end = MUTANT(product_tail_write) ? count + 1 : count;
        if (q < end && c < n) {
            out[(size_t)q * n + c] = sums[i];
        }
    }
}

CHECK(product_is_right) {
    const int count = 21;
    const int n = 19;
    const int dim = 48;
    const std::vector<float> values = check::normal((count + n) * dim, 1);
    std::vector<__half> queries;
    std::vector<__half> rows;
    for (int i = 0; i < (count + n) * dim; ++i) {
        (i < count * dim ? queries : rows).push_back(__float2half_rn(values[i]));
    }
    std::vector<double> expected(count * n);
    for (int i = 0; i < count * n; ++i) {
        for (int t = 0; t < dim; ++t) {
            expected[i] += double{__half2float(queries[i / n * dim + t])} * __half2float(rows[i % n * dim + t]);
        }
    }
    check::Global<float> out(expected.size());
    launch(product, dim3((n + 7) / 8, (count + 15) / 16), dim3(32), 2 * STAGE * sizeof(__half),
           check::Global<__half>(queries), count, check::Global<__half>(rows), n, dim, out);
    check::expect_near("product", out, expected, 1e-4);
}
