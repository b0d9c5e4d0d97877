/* One variant of the tile: compiled once per instruction set, by the name in SCAN. */
#include "tile.h"

#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/*
 * sums: the integer products of n queries with 32 codes, to out [n][32]. n is a constant wherever it is inlined, so that all
 * accumulators are registers. Codes are at most 63 and queries within -127 and 127.
 */
#if defined __AVX512VNNI__
#include <immintrin.h>

INLINE __m512i four(const int8_t *query) {
    int32_t word;
    memcpy(&word, query, 4);
    return _mm512_set1_epi32(word);
}

INLINE void sums(const int n, const uint8_t *codes, const int8_t (*query)[8], int32_t dims, int32_t out[][SLOTS]) {
    __m512i sum[QUERIES][2];
    for (int i = 0; i < n; i++)
        sum[i][0] = sum[i][1] = _mm512_setzero_si512();
    const uint8_t *end = codes + BLOCK * dims;
    for (const uint8_t *other = end; codes != end; codes += 128, other += 128, query += n) {
        __m512i x0 = _mm512_loadu_si512(codes), y0 = _mm512_loadu_si512(other);
        __m512i x1 = _mm512_loadu_si512(codes + 64), y1 = _mm512_loadu_si512(other + 64);
        for (int i = 0; i < n; i++) {
            __m512i v0 = four(query[i]), v1 = four(query[i] + 4);
            sum[i][0] = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(sum[i][0], x0, v0), x1, v1);
            sum[i][1] = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(sum[i][1], y0, v0), y1, v1);
        }
    }
    for (int i = 0; i < n; i++)
        for (int b = 0; b < 2; b++)
            _mm512_storeu_si512(out[i] + BLOCK * b, sum[i][b]);
}

#elif defined __AVX2__
#include <immintrin.h>

INLINE __m256i four(const int8_t *query) {
    int32_t word;
    memcpy(&word, query, 4);
    return _mm256_set1_epi32(word);
}

/* Adds the products of 8 dims. */
INLINE __m256i add(__m256i sum, __m256i x0, __m256i v0, __m256i x1, __m256i v1) {
#ifdef __AVXVNNI__
    return _mm256_dpbusd_avx_epi32(_mm256_dpbusd_avx_epi32(sum, x0, v0), x1, v1);
#else
    /* four products fit in 16 bits: 4 x 63 x 127 = 32004 */
    __m256i pairs = _mm256_add_epi16(_mm256_maddubs_epi16(x0, v0), _mm256_maddubs_epi16(x1, v1));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
#endif
}

INLINE void sums(const int n, const uint8_t *codes, const int8_t (*queries)[8], int32_t dims, int32_t out[][SLOTS]) {
    for (int b = 0; b < SLOTS; b += BLOCK) {
        __m256i sum[QUERIES][2];
        for (int i = 0; i < n; i++)
            sum[i][0] = sum[i][1] = _mm256_setzero_si256();
        const int8_t(*query)[8] = queries;
        for (const uint8_t *end = codes + BLOCK * dims; codes != end; codes += 128, query += n) {
            const __m256i *line = (const __m256i *) codes;
            __m256i x0 = _mm256_loadu_si256(line), y0 = _mm256_loadu_si256(line + 1);
            __m256i x1 = _mm256_loadu_si256(line + 2), y1 = _mm256_loadu_si256(line + 3);
            for (int i = 0; i < n; i++) {
                __m256i v0 = four(query[i]), v1 = four(query[i] + 4);
                sum[i][0] = add(sum[i][0], x0, v0, x1, v1);
                sum[i][1] = add(sum[i][1], y0, v0, y1, v1);
            }
        }
        for (int i = 0; i < n; i++)
            for (int h = 0; h < 2; h++)
                _mm256_storeu_si256((__m256i *) (out[i] + b + 8 * h), sum[i][h]);
    }
}

#elif defined __ARM_FEATURE_DOTPROD
#include <arm_neon.h>

INLINE void sums(const int n, const uint8_t *codes, const int8_t (*queries)[8], int32_t dims, int32_t out[][SLOTS]) {
    for (int b = 0; b < SLOTS; b += BLOCK) {
        int32x4_t sum[QUERIES][4];
        for (int i = 0; i < n; i++)
            for (int r = 0; r < 4; r++)
                sum[i][r] = vdupq_n_s32(0);
        const int8_t(*query)[8] = queries;
        for (const uint8_t *end = codes + BLOCK * dims; codes != end; codes += 128, query += n) {
            const int8_t *line = (const int8_t *) codes; /* codes fit signed bytes */
            for (int r = 0; r < 4; r++) {
                int8x16_t x0 = vld1q_s8(line + 16 * r), x1 = vld1q_s8(line + 64 + 16 * r);
                for (int i = 0; i < n; i++) {
                    int8x8_t v = vld1_s8(query[i]);
                    sum[i][r] = vdotq_lane_s32(vdotq_lane_s32(sum[i][r], x0, v, 0), x1, v, 1);
                }
            }
        }
        for (int i = 0; i < n; i++)
            for (int r = 0; r < 4; r++)
                vst1q_s32(out[i] + b + 4 * r, sum[i][r]);
    }
}

#else
#error "an instruction set that the tile is not written for"
#endif

/* passing: 32 keys of a query, and which of them are at most its threshold. */
#if defined __AVX512F__
INLINE uint32_t passing(const int32_t *sum, const float *terms, float scale, float add, float threshold, float *keys) {
    uint32_t marks = 0;
    for (int j = 0; j < SLOTS; j += BLOCK) {
        __m512 rest = _mm512_add_ps(_mm512_loadu_ps(terms + j), _mm512_set1_ps(add));
        __m512 key = _mm512_fmadd_ps(_mm512_set1_ps(scale), _mm512_cvtepi32_ps(_mm512_loadu_si512(sum + j)), rest);
        _mm512_storeu_ps(keys + j, key);
        marks |= (uint32_t) _mm512_cmp_ps_mask(key, _mm512_set1_ps(threshold), _CMP_LE_OQ) << j;
    }
    return marks;
}

#else
INLINE uint32_t passing(const int32_t *sum, const float *terms, float scale, float add, float threshold, float *keys) {
    uint32_t marks = 0;
    for (int j = 0; j < SLOTS; j++) {
        keys[j] = fmaf(scale, (float) sum[j], terms[j] + add);
        marks |= (uint32_t) (keys[j] <= threshold) << j;
    }
    return marks;
}
#endif

/*
 * append: entries of the passing ones of 32 keys, to their end; returns that. As Candidates.entry makes them: the bits of a key
 * sort like its value once the negative ones are turned round.
 */
#if defined __AVX512F__
INLINE int64_t *append(int64_t *to, const float *keys, const int32_t *rows, uint32_t marks) {
    for (int j = 0; j < SLOTS; j += 8, marks >>= 8) {
        __m256i bits = _mm256_castps_si256(_mm256_add_ps(_mm256_loadu_ps(keys + j), _mm256_setzero_ps())); /* -0 becomes 0 */
        bits = _mm256_xor_si256(bits, _mm256_srli_epi32(_mm256_srai_epi32(bits, 31), 1));
        __m512i row = _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *) (rows + j)));
        __m512i entry = _mm512_or_si512(_mm512_slli_epi64(_mm512_cvtepu32_epi64(bits), 32), row);
        __mmask8 here = (__mmask8) marks;
        _mm512_storeu_si512(to, _mm512_maskz_compress_epi64(here, entry)); /* a block has room for 32, whatever passes */
        to += __builtin_popcount(here);
    }
    return to;
}

#else
INLINE int64_t entry(float key, int32_t row) {
    int32_t bits;
    key += 0.0f; /* -0 becomes 0 */
    memcpy(&bits, &key, 4);
    bits ^= bits >> 31 & 0x7fffffff;
    return (int64_t) ((uint64_t) (uint32_t) bits << 32 | (uint32_t) row);
}

INLINE int64_t *append(int64_t *to, const float *keys, const int32_t *rows, uint32_t marks) {
    for (; marks; marks &= marks - 1) {
        int j = __builtin_ctz(marks);
        *to++ = entry(keys[j], rows[j]);
    }
    return to;
}
#endif

/*
 * Asks memory for a block of the list that comes next. A list is short: before the processor sees a stream in it, half of it
 * was waited for.
 */
INLINE void ahead(const struct group *group, int32_t dims, int32_t block) {
    if (block >= group->next_blocks)
        return;
    const uint8_t *codes = group->next_codes + (int64_t) block * SLOTS * dims;
    for (const uint8_t *end = codes + SLOTS * dims; codes < end; codes += 64)
        __builtin_prefetch(codes);
    const float *terms = group->next_terms + (int64_t) block * SLOTS;
    __builtin_prefetch(terms);
    __builtin_prefetch(terms + BLOCK);
}

INLINE int32_t scan_for(const int n, struct group *group, int32_t dims, const uint8_t *codes, const float *terms,
                        const int32_t *rows, const uint32_t *allowed, int32_t from, int32_t to) {
    int32_t sum[QUERIES][SLOTS];
    float keys[SLOTS];
    for (int32_t block = from; block < to; block++) {
        for (int i = 0; i < n; i++)
            if (group->size[i] > group->capacity - SLOTS)
                return block;
        uint32_t mask = allowed ? allowed[block] : ~UINT32_C(0);
        if (!mask)
            continue;
        ahead(group, dims, block);
        int64_t slot = (int64_t) block * SLOTS;
        sums(n, codes + slot * dims, (const int8_t(*)[8]) group->queries, dims, sum);
        for (int i = 0; i < n; i++) {
            uint32_t marks = mask & passing(sum[i], terms + slot, group->scale[i], group->add[i], group->threshold[i], keys);
            if (marks)
                group->size[i] = (int32_t) (append(group->buffer[i] + group->size[i], keys, rows + slot, marks) - group->buffer[i]);
        }
    }
    return to;
}

int32_t SCAN(struct group *group, int32_t count, int32_t dims, const uint8_t *codes, const float *terms, const int32_t *rows,
             const uint32_t *allowed, int32_t from, int32_t to) {
    switch (count) {
    case 1: return scan_for(1, group, dims, codes, terms, rows, allowed, from, to);
    case 2: return scan_for(2, group, dims, codes, terms, rows, allowed, from, to);
    case 3: return scan_for(3, group, dims, codes, terms, rows, allowed, from, to);
    case 4: return scan_for(4, group, dims, codes, terms, rows, allowed, from, to);
    case 5: return scan_for(5, group, dims, codes, terms, rows, allowed, from, to);
    default: return scan_for(6, group, dims, codes, terms, rows, allowed, from, to);
    }
}
