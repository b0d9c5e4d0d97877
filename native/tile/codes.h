/*
 * What fast scans of 4-bit and of 8-bit codes share: which codes wait for their float sums, and how those near enough are
 * appended. Whoever includes it defines sums.
 */
#ifndef PERIGEE_CODES_H
#define PERIGEE_CODES_H

#include "tile.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { GROUP = 16, AT_ONCE = 16 };

/* Adds the look-ups of 16 codes to inout [16], in the order of CodeKernel; only the first n are used. */
static inline void sums(const float *table, const uint8_t *const *codes, int n, int32_t stride, float *inout);

/* Codes of one query that are to be summed. */
struct waiting {
    int32_t count, slots[AT_ONCE + SLOTS];
};

/* As Candidates.entry makes it: the bits of a key sort like its value once the negative ones are turned round. */
INLINE int64_t entry(float key, int32_t row) {
    int32_t bits;
    key += 0.0f; /* -0 becomes 0 */
    memcpy(&bits, &key, 4);
    bits ^= bits >> 31 & 0x7fffffff;
    return (int64_t) ((uint64_t) (uint32_t) bits << 32 | (uint32_t) row);
}

/* Sums the last of those that wait, at most 16, and appends what is near enough. */
static void offer(struct member *q, struct waiting *waiting, const uint8_t *codes, int32_t stride, const float *terms,
                  const int32_t *rows) {
    int n = waiting->count < AT_ONCE ? waiting->count : AT_ONCE;
    if (!n)
        return;
    const int32_t *slots = waiting->slots + (waiting->count -= n);
    const uint8_t *code[AT_ONCE];
    float sum[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++) {
        int32_t slot = slots[i < n ? i : 0];
        code[i] = codes + (int64_t) slot * stride;
        sum[i] = terms[slot];
    }
    sums(q->floats, code, n, stride, sum);
    for (int i = 0; i < n; i++) {
        float key = sum[i] + q->constant;
        if (key <= q->threshold)
            q->buffer[q->size++] = entry(key, rows[slots[i]]);
    }
}

/* Lets the marked codes of a block wait, and asks memory for them. */
INLINE void add(struct member *q, struct waiting *waiting, int32_t block, uint32_t marks, const uint8_t *codes, int32_t stride,
                const float *terms, const int32_t *rows) {
    for (; marks; marks &= marks - 1) {
        int32_t slot = block * SLOTS + __builtin_ctz(marks);
        waiting->slots[waiting->count++] = slot;
        for (int32_t at = 0; at < stride; at += 64)
            __builtin_prefetch(codes + (int64_t) slot * stride + at);
    }
    while (waiting->count >= AT_ONCE)
        offer(q, waiting, codes, stride, terms, rows);
}

/* Whether some buffer has no room for the codes of so many blocks. */
INLINE int full(const int n, const struct member *q, const struct waiting *waiting, int32_t blocks) {
    for (int i = 0; i < n; i++)
        if (q[i].size + waiting[i].count > q[i].capacity - blocks * SLOTS)
            return 1;
    return 0;
}

#endif
