/*
 * One variant of fast scan of 4-bit codes, the same work as compute.simd.JavaFastScan, bit for bit: compiled once per
 * instruction set. FastScan says what the arguments are.
 */
#include "codes.h"

enum { MOST = 4, PART = 16, GROUP_FLOATS = 2 * GROUP * 16 };

/* Memory is asked for blocks so far ahead: a list is short, and mostly the next one lies behind it and is scanned next. */
enum { AHEAD = 2 };

/*
 * marked: for each of n queries a bit for each of 32 codes whose bound is at most the threshold. A part has 16 bytes. Bytes
 * that were looked up are summed as 16-bit numbers: whole ones (a, c), whose lower byte belongs to an even place, and their
 * upper bytes alone (b, d), taken out of the others at the end. Then a to d are the codes from 0, 8, 16 and 24 on.
 *
 * sums: adds the look-ups of 16 codes, of which n count, to their terms.
 */
#if defined __AVX512BW__
#include <immintrin.h>

INLINE __m128i folded(__m512i x) {
    __m256i half = _mm256_add_epi16(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    return _mm_add_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

INLINE uint32_t half(__m512i low, __m512i high, const float *terms, const struct member *q) {
    __m256i sums = _mm256_inserti128_si256(_mm256_castsi128_si256(folded(low)), folded(high), 1);
    __m512 sum = _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_xor_si256(sums, _mm256_set1_epi16(INT16_MIN))));
    __m512 rest = _mm512_add_ps(_mm512_loadu_ps(terms), _mm512_set1_ps(q->add));
    __m512 bound = _mm512_fmadd_ps(_mm512_set1_ps(q->scale), sum, rest);
    return _mm512_cmp_ps_mask(bound, _mm512_set1_ps(q->threshold), _CMP_LE_OQ);
}

INLINE void marked(const int n, const struct member *q, int32_t parts, const uint8_t *codes, const float *terms, uint32_t *out) {
    const __m512i nibble = _mm512_set1_epi8(15);
    __m512i a[MOST], b[MOST], c[MOST], d[MOST];
    for (int i = 0; i < n; i++)
        a[i] = b[i] = c[i] = d[i] = _mm512_setzero_si512();
    for (int64_t p = 0; p < PART * parts; p += 4 * PART) {
        __m512i x = _mm512_loadu_si512(codes + p);
        __builtin_prefetch(codes + AHEAD * PART * parts + p);
        __m512i y = _mm512_and_si512(_mm512_srli_epi16(x, 4), nibble);
        x = _mm512_and_si512(x, nibble);
        for (int i = 0; i < n; i++) {
            __m512i t = _mm512_loadu_si512(q[i].bytes + p);
            __m512i low = _mm512_shuffle_epi8(t, x), high = _mm512_shuffle_epi8(t, y);
            a[i] = _mm512_add_epi16(a[i], low);
            b[i] = _mm512_add_epi16(b[i], _mm512_srli_epi16(low, 8));
            c[i] = _mm512_add_epi16(c[i], high);
            d[i] = _mm512_add_epi16(d[i], _mm512_srli_epi16(high, 8));
        }
    }
    for (int i = 0; i < n; i++) {
        a[i] = _mm512_sub_epi16(a[i], _mm512_slli_epi16(b[i], 8));
        c[i] = _mm512_sub_epi16(c[i], _mm512_slli_epi16(d[i], 8));
        out[i] = half(a[i], b[i], terms, q + i) | half(c[i], d[i], terms + 16, q + i) << 16;
    }
}

INLINE __m512i four_rows(const uint8_t *const *rows, int64_t at) {
    __m512i x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *) (rows[0] + at)));
    x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *) (rows[4] + at)), 1);
    x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *) (rows[8] + at)), 2);
    return _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *) (rows[12] + at)), 3);
}

/* The look-ups of byte 4c + j, j constant, of 16 codes whose bytes 4c to 4c + 3 are in x. */
INLINE __m512 both(__m512i x, const int j, const float *table) {
    __m512 low = _mm512_permutexvar_ps(_mm512_srli_epi32(x, 8 * j), _mm512_loadu_ps(table + 32 * j));
    return _mm512_add_ps(low, _mm512_permutexvar_ps(_mm512_srli_epi32(x, 8 * j + 4), _mm512_loadu_ps(table + 32 * j + 16)));
}

INLINE __m512 quarter_sum(const __m512i *x, const int j, const float *table) {
    return _mm512_add_ps(_mm512_add_ps(both(x[0], j, table), both(x[1], j, table + 128)),
                         _mm512_add_ps(both(x[2], j, table + 256), both(x[3], j, table + 384)));
}

INLINE void sums(const float *table, const uint8_t *const *codes, int n, int32_t stride, float *inout) {
    (void) n;
    __m512 sum = _mm512_loadu_ps(inout);
    for (int32_t at = 0; at < stride; at += GROUP, table += GROUP_FLOATS) {
        __m512i r0 = four_rows(codes, at), r1 = four_rows(codes + 1, at);
        __m512i r2 = four_rows(codes + 2, at), r3 = four_rows(codes + 3, at);
        __m512i low0 = _mm512_unpacklo_epi32(r0, r1), high0 = _mm512_unpackhi_epi32(r0, r1);
        __m512i low2 = _mm512_unpacklo_epi32(r2, r3), high2 = _mm512_unpackhi_epi32(r2, r3);
        __m512i x[4] = {_mm512_unpacklo_epi64(low0, low2), _mm512_unpackhi_epi64(low0, low2),
                        _mm512_unpacklo_epi64(high0, high2), _mm512_unpackhi_epi64(high0, high2)};
        sum = _mm512_add_ps(sum, _mm512_add_ps(_mm512_add_ps(quarter_sum(x, 0, table), quarter_sum(x, 1, table)),
                                               _mm512_add_ps(quarter_sum(x, 2, table), quarter_sum(x, 3, table))));
    }
    _mm512_storeu_ps(inout, sum);
}

#elif defined __AVX2__
#include <immintrin.h>

INLINE uint32_t quarter(__m256i x, const float *terms, const struct member *q) {
    __m128i sums = _mm_add_epi16(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    __m256 sum = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_xor_si128(sums, _mm_set1_epi16(INT16_MIN))));
    __m256 rest = _mm256_add_ps(_mm256_loadu_ps(terms), _mm256_set1_ps(q->add));
    __m256 bound = _mm256_fmadd_ps(_mm256_set1_ps(q->scale), sum, rest);
    return (uint32_t) _mm256_movemask_ps(_mm256_cmp_ps(bound, _mm256_set1_ps(q->threshold), _CMP_LE_OQ));
}

INLINE uint32_t marks_of(const struct member *q, int32_t parts, const uint8_t *codes, const float *terms) {
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
    for (int64_t p = 0; p < PART * parts; p += 2 * PART) {
        __m256i x = _mm256_loadu_si256((const __m256i *) (codes + p)), t = _mm256_loadu_si256((const __m256i *) (q->bytes + p));
        __m256i low = _mm256_shuffle_epi8(t, _mm256_and_si256(x, nibble));
        __m256i high = _mm256_shuffle_epi8(t, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
        a = _mm256_add_epi16(a, low);
        b = _mm256_add_epi16(b, _mm256_srli_epi16(low, 8));
        c = _mm256_add_epi16(c, high);
        d = _mm256_add_epi16(d, _mm256_srli_epi16(high, 8));
    }
    a = _mm256_sub_epi16(a, _mm256_slli_epi16(b, 8));
    c = _mm256_sub_epi16(c, _mm256_slli_epi16(d, 8));
    return quarter(a, terms, q) | quarter(b, terms + 8, q) << 8 | quarter(c, terms + 16, q) << 16
           | quarter(d, terms + 24, q) << 24;
}

INLINE void marked(const int n, const struct member *q, int32_t parts, const uint8_t *codes, const float *terms, uint32_t *out) {
    for (int i = 0; i < n; i++)
        out[i] = marks_of(q + i, parts, codes, terms);
}

INLINE __m256i two_rows(const uint8_t *const *rows, int64_t at) {
    __m128i low = _mm_loadu_si128((const __m128i *) (rows[0] + at)), high = _mm_loadu_si128((const __m128i *) (rows[4] + at));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* The entries that the lowest four bits of x choose: of the first eight, or where bit 3 is set of the others. */
INLINE __m256 chosen(__m256i x, const float *table) {
    __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table), x);
    __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(table + 8), x);
    return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(x, 28)));
}

INLINE __m256 both(__m256i x, const int j, const float *table) {
    return _mm256_add_ps(chosen(_mm256_srli_epi32(x, 8 * j), table + 32 * j),
                         chosen(_mm256_srli_epi32(x, 8 * j + 4), table + 32 * j + 16));
}

INLINE __m256 quarter_sum(const __m256i *x, const int j, const float *table) {
    return _mm256_add_ps(_mm256_add_ps(both(x[0], j, table), both(x[1], j, table + 128)),
                         _mm256_add_ps(both(x[2], j, table + 256), both(x[3], j, table + 384)));
}

INLINE void eight_sums(const float *table, const uint8_t *const *codes, int32_t stride, float *inout) {
    __m256 sum = _mm256_loadu_ps(inout);
    for (int32_t at = 0; at < stride; at += GROUP, table += GROUP_FLOATS) {
        __m256i r0 = two_rows(codes, at), r1 = two_rows(codes + 1, at), r2 = two_rows(codes + 2, at), r3 = two_rows(codes + 3, at);
        __m256i low0 = _mm256_unpacklo_epi32(r0, r1), high0 = _mm256_unpackhi_epi32(r0, r1);
        __m256i low2 = _mm256_unpacklo_epi32(r2, r3), high2 = _mm256_unpackhi_epi32(r2, r3);
        __m256i x[4] = {_mm256_unpacklo_epi64(low0, low2), _mm256_unpackhi_epi64(low0, low2),
                        _mm256_unpacklo_epi64(high0, high2), _mm256_unpackhi_epi64(high0, high2)};
        sum = _mm256_add_ps(sum, _mm256_add_ps(_mm256_add_ps(quarter_sum(x, 0, table), quarter_sum(x, 1, table)),
                                               _mm256_add_ps(quarter_sum(x, 2, table), quarter_sum(x, 3, table))));
    }
    _mm256_storeu_ps(inout, sum);
}

INLINE void sums(const float *table, const uint8_t *const *codes, int n, int32_t stride, float *inout) {
    eight_sums(table, codes, stride, inout);
    if (n > 8)
        eight_sums(table, codes + 8, stride, inout + 8);
}

#elif defined __ARM_NEON
#include <arm_neon.h>

INLINE uint32_t four(int16x4_t sums, const float *terms, const struct member *q) {
    static const uint32_t bits[4] = {1, 2, 4, 8};
    float32x4_t rest = vaddq_f32(vld1q_f32(terms), vdupq_n_f32(q->add));
    float32x4_t bound = vfmaq_f32(rest, vdupq_n_f32(q->scale), vcvtq_f32_s32(vmovl_s16(sums)));
    return vaddvq_u32(vandq_u32(vcleq_f32(bound, vdupq_n_f32(q->threshold)), vld1q_u32(bits)));
}

INLINE uint32_t quarter(uint16x8_t x, const float *terms, const struct member *q) {
    int16x8_t sums = vreinterpretq_s16_u16(veorq_u16(x, vdupq_n_u16(1 << 15)));
    return four(vget_low_s16(sums), terms, q) | four(vget_high_s16(sums), terms + 4, q) << 4;
}

INLINE uint32_t marks_of(const struct member *q, int32_t parts, const uint8_t *codes, const float *terms) {
    uint16x8_t a = vdupq_n_u16(0), b = a, c = a, d = a;
    for (int64_t p = 0; p < PART * parts; p += PART) {
        uint8x16_t x = vld1q_u8(codes + p), t = vld1q_u8(q->bytes + p);
        uint16x8_t low = vreinterpretq_u16_u8(vqtbl1q_u8(t, vandq_u8(x, vdupq_n_u8(15))));
        uint16x8_t high = vreinterpretq_u16_u8(vqtbl1q_u8(t, vshrq_n_u8(x, 4)));
        a = vaddq_u16(a, low);
        b = vsraq_n_u16(b, low, 8);
        c = vaddq_u16(c, high);
        d = vsraq_n_u16(d, high, 8);
    }
    a = vsubq_u16(a, vshlq_n_u16(b, 8));
    c = vsubq_u16(c, vshlq_n_u16(d, 8));
    return quarter(a, terms, q) | quarter(b, terms + 8, q) << 8 | quarter(c, terms + 16, q) << 16
           | quarter(d, terms + 24, q) << 24;
}

INLINE void marked(const int n, const struct member *q, int32_t parts, const uint8_t *codes, const float *terms, uint32_t *out) {
    for (int i = 0; i < n; i++)
        out[i] = marks_of(q + i, parts, codes, terms);
}

INLINE float both(const uint8_t *code, int b, const float *table) {
    return table[32 * b + (code[b] & 15)] + table[32 * b + 16 + (code[b] >> 4)];
}

INLINE void sums(const float *table, const uint8_t *const *codes, int n, int32_t stride, float *inout) {
    for (int i = 0; i < n; i++)
        for (int32_t at = 0; at < stride; at += GROUP) {
            const uint8_t *code = codes[i] + at;
            const float *t = table + at / GROUP * GROUP_FLOATS;
            float s[4];
            for (int j = 0; j < 4; j++)
                s[j] = (both(code, j, t) + both(code, j + 4, t)) + (both(code, j + 8, t) + both(code, j + 12, t));
            inout[i] += (s[0] + s[1]) + (s[2] + s[3]);
        }
}

#else
#error "an instruction set that fast scan is not written for"
#endif

INLINE int32_t scan_for(const int n, struct member *q, int32_t parts, const uint8_t *blocks, const uint8_t *codes,
                        int32_t stride, const float *terms, const int32_t *rows, const uint32_t *allowed, int32_t from,
                        int32_t to) {
    struct waiting waiting[MOST];
    for (int i = 0; i < n; i++)
        waiting[i].count = 0;
    int32_t block = from;
    for (; block < to && !full(n, q, waiting, 1); block++) {
        uint32_t mask = allowed ? allowed[block] : ~UINT32_C(0), marks[MOST];
        if (!mask)
            continue;
        marked(n, q, parts, blocks + (int64_t) block * PART * parts, terms + (int64_t) block * SLOTS, marks);
        for (int i = 0; i < n; i++)
            add(q + i, waiting + i, block, marks[i] & mask, codes, stride, terms, rows);
    }
    for (int i = 0; i < n; i++)
        offer(q + i, waiting + i, codes, stride, terms, rows);
    return block;
}

int32_t FAST(struct member *members, int32_t count, int32_t parts, const uint8_t *blocks, const uint8_t *codes, int32_t stride,
             const float *terms, const int32_t *rows, const uint32_t *allowed, int32_t from, int32_t to) {
    switch (count) {
    case 1: return scan_for(1, members, parts, blocks, codes, stride, terms, rows, allowed, from, to);
    case 2: return scan_for(2, members, parts, blocks, codes, stride, terms, rows, allowed, from, to);
    case 3: return scan_for(3, members, parts, blocks, codes, stride, terms, rows, allowed, from, to);
    default: return scan_for(4, members, parts, blocks, codes, stride, terms, rows, allowed, from, to);
    }
}
