/* One variant of fast scan, the same work as compute.simd.JavaFastScan, bit for bit: compiled once per instruction set. */
#include "tile.h"

#define INLINE static inline __attribute__((always_inline))

enum { PART = 16 };

/*
 * block: bounds and marks of 32 codes; a part has 16 bytes. Bytes that were looked up are summed as 16-bit numbers: whole ones
 * (a, c), whose lower byte belongs to an even place, and their upper bytes alone (b, d), taken out of the others at the end.
 * Then a to d are the codes from 0, 8, 16 and 24 on.
 */
#if defined __AVX512BW__
#include <immintrin.h>

INLINE __m128i folded(__m512i x) {
    __m256i half = _mm256_add_epi16(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    return _mm_add_epi16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

INLINE uint32_t half(__m512i low, __m512i high, const float *terms, float scale, float add, float threshold, float *bounds) {
    __m256i sums = _mm256_inserti128_si256(_mm256_castsi128_si256(folded(low)), folded(high), 1);
    __m512 sum = _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_xor_si256(sums, _mm256_set1_epi16(INT16_MIN))));
    __m512 rest = _mm512_add_ps(_mm512_loadu_ps(terms), _mm512_set1_ps(add));
    __m512 bound = _mm512_fmadd_ps(_mm512_set1_ps(scale), sum, rest);
    _mm512_storeu_ps(bounds, bound);
    return _mm512_cmp_ps_mask(bound, _mm512_set1_ps(threshold), _CMP_LE_OQ);
}

INLINE uint32_t block(const uint8_t *codes, int32_t parts, const uint8_t *tables, const float *terms, float scale, float add,
                      float threshold, float *bounds) {
    const __m512i nibble = _mm512_set1_epi8(15);
    __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
    for (const uint8_t *end = codes + PART * parts; codes != end; codes += 4 * PART, tables += 4 * PART) {
        __m512i x = _mm512_loadu_si512(codes), t = _mm512_loadu_si512(tables);
        __m512i low = _mm512_shuffle_epi8(t, _mm512_and_si512(x, nibble));
        __m512i high = _mm512_shuffle_epi8(t, _mm512_and_si512(_mm512_srli_epi16(x, 4), nibble));
        a = _mm512_add_epi16(a, low);
        b = _mm512_add_epi16(b, _mm512_srli_epi16(low, 8));
        c = _mm512_add_epi16(c, high);
        d = _mm512_add_epi16(d, _mm512_srli_epi16(high, 8));
    }
    a = _mm512_sub_epi16(a, _mm512_slli_epi16(b, 8));
    c = _mm512_sub_epi16(c, _mm512_slli_epi16(d, 8));
    return half(a, b, terms, scale, add, threshold, bounds) | half(c, d, terms + 16, scale, add, threshold, bounds + 16) << 16;
}

#elif defined __AVX2__
#include <immintrin.h>

INLINE uint32_t quarter(__m256i x, const float *terms, float scale, float add, float threshold, float *bounds) {
    __m128i sums = _mm_add_epi16(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    __m256 sum = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_xor_si128(sums, _mm_set1_epi16(INT16_MIN))));
    __m256 rest = _mm256_add_ps(_mm256_loadu_ps(terms), _mm256_set1_ps(add));
    __m256 bound = _mm256_fmadd_ps(_mm256_set1_ps(scale), sum, rest);
    _mm256_storeu_ps(bounds, bound);
    return (uint32_t) _mm256_movemask_ps(_mm256_cmp_ps(bound, _mm256_set1_ps(threshold), _CMP_LE_OQ));
}

INLINE uint32_t block(const uint8_t *codes, int32_t parts, const uint8_t *tables, const float *terms, float scale, float add,
                      float threshold, float *bounds) {
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
    for (const uint8_t *end = codes + PART * parts; codes != end; codes += 2 * PART, tables += 2 * PART) {
        __m256i x = _mm256_loadu_si256((const __m256i *) codes), t = _mm256_loadu_si256((const __m256i *) tables);
        __m256i low = _mm256_shuffle_epi8(t, _mm256_and_si256(x, nibble));
        __m256i high = _mm256_shuffle_epi8(t, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
        a = _mm256_add_epi16(a, low);
        b = _mm256_add_epi16(b, _mm256_srli_epi16(low, 8));
        c = _mm256_add_epi16(c, high);
        d = _mm256_add_epi16(d, _mm256_srli_epi16(high, 8));
    }
    a = _mm256_sub_epi16(a, _mm256_slli_epi16(b, 8));
    c = _mm256_sub_epi16(c, _mm256_slli_epi16(d, 8));
    return quarter(a, terms, scale, add, threshold, bounds) | quarter(b, terms + 8, scale, add, threshold, bounds + 8) << 8
           | quarter(c, terms + 16, scale, add, threshold, bounds + 16) << 16
           | quarter(d, terms + 24, scale, add, threshold, bounds + 24) << 24;
}

#elif defined __ARM_NEON
#include <arm_neon.h>

INLINE uint32_t four(int16x4_t sums, const float *terms, float scale, float add, float threshold, float *bounds) {
    static const uint32_t bits[4] = {1, 2, 4, 8};
    float32x4_t rest = vaddq_f32(vld1q_f32(terms), vdupq_n_f32(add));
    float32x4_t bound = vfmaq_f32(rest, vdupq_n_f32(scale), vcvtq_f32_s32(vmovl_s16(sums)));
    vst1q_f32(bounds, bound);
    return vaddvq_u32(vandq_u32(vcleq_f32(bound, vdupq_n_f32(threshold)), vld1q_u32(bits)));
}

INLINE uint32_t quarter(uint16x8_t x, const float *terms, float scale, float add, float threshold, float *bounds) {
    int16x8_t sums = vreinterpretq_s16_u16(veorq_u16(x, vdupq_n_u16(1 << 15)));
    return four(vget_low_s16(sums), terms, scale, add, threshold, bounds)
           | four(vget_high_s16(sums), terms + 4, scale, add, threshold, bounds + 4) << 4;
}

INLINE uint32_t block(const uint8_t *codes, int32_t parts, const uint8_t *tables, const float *terms, float scale, float add,
                      float threshold, float *bounds) {
    uint16x8_t a = vdupq_n_u16(0), b = a, c = a, d = a;
    for (const uint8_t *end = codes + PART * parts; codes != end; codes += PART, tables += PART) {
        uint8x16_t x = vld1q_u8(codes), t = vld1q_u8(tables);
        uint16x8_t low = vreinterpretq_u16_u8(vqtbl1q_u8(t, vandq_u8(x, vdupq_n_u8(15))));
        uint16x8_t high = vreinterpretq_u16_u8(vqtbl1q_u8(t, vshrq_n_u8(x, 4)));
        a = vaddq_u16(a, low);
        b = vsraq_n_u16(b, low, 8);
        c = vaddq_u16(c, high);
        d = vsraq_n_u16(d, high, 8);
    }
    a = vsubq_u16(a, vshlq_n_u16(b, 8));
    c = vsubq_u16(c, vshlq_n_u16(d, 8));
    return quarter(a, terms, scale, add, threshold, bounds) | quarter(b, terms + 8, scale, add, threshold, bounds + 8) << 8
           | quarter(c, terms + 16, scale, add, threshold, bounds + 16) << 16
           | quarter(d, terms + 24, scale, add, threshold, bounds + 24) << 24;
}

#else
#error "an instruction set that fast scan is not written for"
#endif

void FAST(const uint8_t *codes, int32_t blocks, int32_t parts, const uint8_t *tables, const float *terms, float scale, float add,
          float threshold, float *bounds, uint32_t *marks) {
    for (int32_t i = 0; i < blocks; i++) {
        marks[i] = block(codes, parts, tables, terms, scale, add, threshold, bounds);
        codes += (int64_t) PART * parts;
        terms += SLOTS;
        bounds += SLOTS;
    }
}
