/* One variant of exact distances, the same sums as distance.Distance.between, bit for bit: compiled once per instruction set. */
#include "tile.h"

/*
 * Term t goes to partial sum t mod 8: a row has PARTS vectors of partial sums. ROWS rows are waited for together, as many as
 * registers hold.
 */
#if defined __AVX512F__
#include <immintrin.h>
typedef __m512d vector;
enum { ROWS = 8, PARTS = 1 };

INLINE vector load(const float *x) {
    return _mm512_cvtps_pd(_mm256_loadu_ps(x));
}

INLINE void store(double *to, vector x) {
    _mm512_storeu_pd(to, x);
}

#elif defined __AVX2__
#include <immintrin.h>
typedef __m256d vector;
enum { ROWS = 4, PARTS = 2 };

INLINE vector load(const float *x) {
    return _mm256_cvtps_pd(_mm_loadu_ps(x));
}

INLINE void store(double *to, vector x) {
    _mm256_storeu_pd(to, x);
}

#elif defined __ARM_NEON
#include <arm_neon.h>
typedef float64x2_t vector;
enum { ROWS = 4, PARTS = 4 };

INLINE vector load(const float *x) {
    return vcvt_f64_f32(vld1_f32(x));
}

INLINE void store(double *to, vector x) {
    vst1q_f64(to, x);
}

#else
#error "an instruction set that exact distances are not written for"
#endif

enum { TERMS = 8, LINE = 64 / sizeof(float) };

/* The next terms of all rows, 8 of them. */
INLINE void add(const int l2, const float *query, const float *const *rows, int64_t t, vector sum[ROWS][PARTS]) {
    for (int p = 0; p < PARTS; p++) {
        vector q = load(query + t + TERMS / PARTS * p);
        for (int r = 0; r < ROWS; r++) {
            vector x = load(rows[r] + t + TERMS / PARTS * p);
            vector d = q - x;
            sum[r][p] += l2 ? d * d : q * x;
        }
    }
}

INLINE void all(const int l2, const float *query, const float *first, int64_t stride, int32_t terms, const int64_t *entries,
                int32_t count, double *distances) {
    const float *rows[ROWS], *next[ROWS];
    for (int r = 0; r < ROWS; r++)
        next[r] = first + (entries[r < count ? r : count - 1] & UINT32_MAX) * stride;
    for (int32_t i = 0; i < count; i += ROWS) {
        vector sum[ROWS][PARTS];
        double s[TERMS];
        for (int r = 0; r < ROWS; r++) {
            int32_t n = i + ROWS + r < count ? i + ROWS + r : count - 1;
            rows[r] = next[r];
            next[r] = first + (entries[n] & UINT32_MAX) * stride;
            for (int p = 0; p < PARTS; p++)
                sum[r][p] = (vector) {0};
        }
        int32_t t = 0;
        for (; t + LINE <= terms; t += LINE) {
            for (int r = 0; r < ROWS; r++)
                __builtin_prefetch(next[r] + t); /* rows lie anywhere: to fetch those of the next round now takes a third off */
            add(l2, query, rows, t, sum);
            add(l2, query, rows, t + TERMS, sum);
        }
        if (t < terms)
            add(l2, query, rows, t, sum);
        for (int r = 0; r < ROWS && i + r < count; r++) {
            for (int p = 0; p < PARTS; p++)
                store(s + TERMS / PARTS * p, sum[r][p]);
            double all = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
            distances[i + r] = l2 ? all : -all;
        }
    }
}

void EXACT(const float *query, const float *first, int64_t stride, int32_t dim, int32_t l2, const int64_t *entries,
           int32_t count, double *distances) {
    int32_t terms = (dim + TERMS - 1) / TERMS * TERMS; /* what pads a row is zero */
    if (l2)
        all(1, query, first, stride, terms, entries, count, distances);
    else
        all(0, query, first, stride, terms, entries, count, distances);
}
