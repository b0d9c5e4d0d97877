/*
 * Fast scan of 8-bit codes: tables of 256 bytes are four registers, from which 64 bytes are looked up at once. FastScan says
 * what the arguments are. There is a variant only for processors that have the instruction.
 */
#include "codes.h"

#include <immintrin.h>

/* Blocks that share the loads of a table, and bytes of a part of a block and of its table. */
enum { STEP = 8, PAIRS = STEP / 2, PART = SLOTS, TABLE = 256, GROUP_FLOATS = GROUP * TABLE };

INLINE uint32_t half(__m256i sums, const float *terms, const struct member *q) {
    __m512 sum = _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_xor_si256(sums, _mm256_set1_epi16(INT16_MIN))));
    __m512 rest = _mm512_add_ps(_mm512_loadu_ps(terms), _mm512_set1_ps(q->add));
    return _mm512_cmp_ps_mask(_mm512_fmadd_ps(_mm512_set1_ps(q->scale), sum, rest), _mm512_set1_ps(q->threshold), _CMP_LE_OQ);
}

/*
 * marked: a bit for each of the codes of count blocks whose bound is at most the threshold. Two blocks share a register. Bytes
 * that were looked up are summed as 16-bit numbers: whole ones (a), whose lower byte belongs to slots 0 to 15, and their upper
 * bytes alone (b), those of slots 16 to 31, taken out of the others at the end.
 */
INLINE void marked(const int pairs, const struct member *q, int32_t parts, const uint8_t *blocks, int count, const float *terms,
                   uint32_t *out) {
    __m512i a[PAIRS], b[PAIRS];
    for (int i = 0; i < pairs; i++)
        a[i] = b[i] = _mm512_setzero_si512();
    int64_t bytes = (int64_t) PART * parts, last = (count - 1) * bytes; /* the last of an odd count is its own pair */
    const uint8_t *table = q->bytes;
    for (int64_t p = 0; p < bytes; p += PART, table += TABLE) {
        __m512i t0 = _mm512_loadu_si512(table), t1 = _mm512_loadu_si512(table + 64);
        __m512i t2 = _mm512_loadu_si512(table + 128), t3 = _mm512_loadu_si512(table + 192);
        for (int i = 0; i < pairs; i++) {
            int64_t other = i < pairs - 1 ? (2 * i + 1) * bytes : last;
            __m256i x0 = _mm256_loadu_si256((const __m256i *) (blocks + 2 * i * bytes + p));
            __m256i x1 = _mm256_loadu_si256((const __m256i *) (blocks + other + p));
            __m512i x = _mm512_inserti64x4(_mm512_castsi256_si512(x0), x1, 1);
            __m512i low = _mm512_permutex2var_epi8(t0, x, t1), high = _mm512_permutex2var_epi8(t2, x, t3);
            low = _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(x), high);
            a[i] = _mm512_add_epi16(a[i], low);
            b[i] = _mm512_add_epi16(b[i], _mm512_srli_epi16(low, 8));
        }
    }
    for (int i = 0; i < pairs; i++) {
        a[i] = _mm512_sub_epi16(a[i], _mm512_slli_epi16(b[i], 8));
        const float *term = terms + 2 * i * SLOTS;
        out[2 * i] = half(_mm512_castsi512_si256(a[i]), term, q) | half(_mm512_castsi512_si256(b[i]), term + 16, q) << 16;
        if (2 * i + 1 < count) {
            term += SLOTS;
            out[2 * i + 1] = half(_mm512_extracti64x4_epi64(a[i], 1), term, q)
                             | half(_mm512_extracti64x4_epi64(b[i], 1), term + 16, q) << 16;
        }
    }
}

static inline void sums(const float *table, const uint8_t *const *codes, int n, int32_t stride, float *inout) {
    for (int i = 0; i < n; i++) {
        const float *t = table;
        float sum = inout[i];
        for (const uint8_t *code = codes[i], *end = code + stride; code != end; code += GROUP, t += GROUP_FLOATS) {
            float s[4];
            for (int j = 0; j < 4; j++)
                s[j] = (t[j * TABLE + code[j]] + t[(j + 4) * TABLE + code[j + 4]])
                       + (t[(j + 8) * TABLE + code[j + 8]] + t[(j + 12) * TABLE + code[j + 12]]);
            sum += (s[0] + s[1]) + (s[2] + s[3]);
        }
        inout[i] = sum;
    }
}

int32_t FAST8(struct member *members, int32_t count, int32_t parts, const uint8_t *blocks, const uint8_t *codes, int32_t stride,
              const float *terms, const int32_t *rows, const uint32_t *allowed, int32_t from, int32_t to) {
    struct waiting waiting[4];
    for (int i = 0; i < count; i++)
        waiting[i].count = 0;
    int32_t block = from;
    while (block < to && !full(count, members, waiting, STEP)) {
        int n = to - block < STEP ? to - block : STEP;
        const uint8_t *first = blocks + (int64_t) block * PART * parts;
        const float *term = terms + (int64_t) block * SLOTS;
        for (int i = 0; i < count; i++) {
            uint32_t marks[STEP];
            switch ((n + 1) / 2) {
            case 1: marked(1, members + i, parts, first, n, term, marks); break;
            case 2: marked(2, members + i, parts, first, n, term, marks); break;
            case 3: marked(3, members + i, parts, first, n, term, marks); break;
            default: marked(4, members + i, parts, first, n, term, marks);
            }
            for (int b = 0; b < n; b++)
                add(members + i, waiting + i, block + b, allowed ? marks[b] & allowed[block + b] : marks[b], codes, stride, terms,
                    rows);
        }
        block += n;
    }
    for (int i = 0; i < count; i++)
        offer(members + i, waiting + i, codes, stride, terms, rows);
    return block;
}
