/* Every variant of the fast scans that this processor runs against the formulas, to the last bit. */
#include "tile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 11, ROWS = BLOCKS * SLOTS, MOST_PARTS = 1024, MOST_STRIDE = MOST_PARTS, COUNT = 4, CAPACITY = ROWS + 8 * SLOTS };

const char *perigee_fast_name(int32_t n);
fast *perigee_fast_scan(int32_t n);
const char *perigee_fast8_name(int32_t n);
fast *perigee_fast8_scan(int32_t n);

static uint8_t blocks[ROWS * MOST_PARTS], codes[ROWS * MOST_STRIDE], bytes[COUNT][256 * MOST_PARTS];
static float floats[COUNT][256 * MOST_PARTS], terms[ROWS];
static int32_t rows[ROWS];
static uint32_t allowed[BLOCKS];
static int64_t buffers[COUNT][CAPACITY];
static struct member members[COUNT];

static uint32_t any(uint32_t below) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((state >> 33) % below);
}

static uint32_t code(int row, int part, int bits, int stride) {
    uint32_t byte = codes[row * stride + part * bits / 8];
    return bits == 8 ? byte : part % 2 ? byte >> 4 : byte & 15;
}

static void set(int row, int part, uint32_t word, int bits, int parts, int stride) {
    codes[row * stride + part * bits / 8] |= (uint8_t) (bits == 4 ? word << part % 2 * 4 : word);
    int i = row % SLOTS;
    int place = bits == 8 ? i % 16 * 2 + i / 16 : i % 8 * 2 + i / 8 % 2;
    blocks[(row / SLOTS * parts + part) * 4 * bits + place] |= (uint8_t) (bits == 4 && i >= 16 ? word << 4 : word);
}

static float key(const float *table, int row, int bits, int stride) {
    int words = 1 << bits, each = 8 / bits;
    float sum = terms[row];
    for (int g = 0; g < stride; g += 16) {
        float x[16];
        for (int b = 0; b < 16; b++) {
            int part = (g + b) * each;
            x[b] = table[part * words + (int) code(row, part, bits, stride)];
            if (each == 2)
                x[b] += table[(part + 1) * words + (int) code(row, part + 1, bits, stride)];
        }
        float s[4];
        for (int j = 0; j < 4; j++)
            s[j] = (x[j] + x[j + 4]) + (x[j + 8] + x[j + 12]);
        sum += (s[0] + s[1]) + (s[2] + s[3]);
    }
    return sum;
}

static float bound(const struct member *q, int row, int bits, int parts, int stride) {
    int32_t sum = 0;
    for (int p = 0; p < parts; p++)
        sum += q->bytes[(p << bits) + (p * bits / 8 < stride ? (int) code(row, p, bits, stride) : 0)];
    return fmaf(q->scale, (float) (sum - 32768), terms[row] + q->add);
}

static int64_t entry(float key, int32_t row) {
    int32_t order;
    key += 0.0f;
    memcpy(&order, &key, 4);
    order ^= order >> 31 & 0x7fffffff;
    return (int64_t) ((uint64_t) (uint32_t) order << 32 | (uint32_t) row);
}

static int check(const char *name, fast *scan, int bits, int parts, int count, float threshold, int masked) {
    int stride = (parts * bits / 8 + 15) / 16 * 16, words = 1 << bits, padded = stride * 8 / bits;
    int largest = 65535 / parts < 255 ? 65535 / parts : 255;
    memset(codes, 0, sizeof codes);
    memset(blocks, 0, sizeof blocks);
    for (int row = 0; row < ROWS; row++) {
        terms[row] = any(9) ? (float) any(20000) - 10000 : any(2) ? INFINITY : NAN;
        rows[row] = (int32_t) any(1 << 30);
        for (int p = 0; p < parts; p++)
            set(row, p, any((uint32_t) words), bits, parts, stride);
    }
    for (int b = 0; b < BLOCKS; b++)
        allowed[b] = any(4) ? any(1u << 31) * 2 + any(2) : 0;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < words * parts; j++)
            bytes[i][j] = (uint8_t) (any(2) ? (uint32_t) largest : any((uint32_t) largest + 1));
        for (int j = 0; j < words * padded; j++)
            floats[i][j] = j < words * parts ? (float) any(2000) / 7 - 140 : 0;
        struct member q = {.bytes = bytes[i], .floats = floats[i], .buffer = buffers[i], .capacity = CAPACITY,
                           .scale = (float) any(1000) / 777, .add = (float) any(1000) / 7 - 50,
                           .constant = (float) any(1000) / 3, .threshold = threshold};
        members[i] = q;
    }
    int32_t done = scan(members, count, parts, blocks, codes, stride, terms, rows, masked ? allowed : NULL, 0, BLOCKS);
    for (int i = 0; i < count; i++) {
        int found = 0, wrong = done != BLOCKS;
        for (int row = 0; row < ROWS; row++) {
            float k = key(members[i].floats, row, bits, stride) + members[i].constant;
            int near = k <= threshold && bound(members + i, row, bits, parts, stride) <= threshold
                       && (!masked || allowed[row / SLOTS] >> row % SLOTS & 1);
            int there = 0;
            for (int e = 0; e < members[i].size; e++)
                there += buffers[i][e] == entry(k, rows[row]);
            wrong |= there != near;
            found += near;
        }
        if (wrong || found != members[i].size) {
            printf("%s, %d parts, query %d of %d: %d codes, expected %d\n", name, parts, i, count, members[i].size, found);
            return 1;
        }
    }
    return 0;
}

static int check_all(const char *name, fast *scan, int bits) {
    int wrong = 0;
    for (int parts = 4; parts <= MOST_PARTS / (bits / 4) && !wrong; parts = parts * 3 / 2 / 4 * 4 + 4)
        for (int i = -2; i <= 2; i++)
            for (int count = 1; count <= COUNT; count += COUNT - 1)
                wrong |= check(name, scan, bits, parts, count, i == 2 ? 3.4e38f : 5000 * (float) i, i & 1);
    printf("%s, %d bits: checked\n", name, bits);
    return wrong;
}

int main(void) {
    int wrong = 0, variants = 0;
    for (; perigee_fast_name(variants); variants++)
        wrong |= check_all(perigee_fast_name(variants), perigee_fast_scan(variants), 4);
    for (int n = 0; perigee_fast8_name(n); n++)
        wrong |= check_all(perigee_fast8_name(n), perigee_fast8_scan(n), 8);
    if (!variants)
        printf("this processor runs no variant\n");
    return variants ? wrong : 77;
}
