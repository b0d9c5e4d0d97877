/* Every variant of fast scan that this processor runs against the formula, to the last bit. */
#include "tile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 7, ROWS = BLOCKS * SLOTS, MOST_PARTS = 4096 };

const char *perigee_fast_name(int32_t n);
fast *perigee_fast_scan(int32_t n);

static uint8_t codes[ROWS / 2 * MOST_PARTS], tables[16 * MOST_PARTS];
static float terms[ROWS], bounds[ROWS];
static uint32_t marks[BLOCKS];

static uint32_t any(uint32_t below) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((state >> 33) % below);
}

static int32_t sum(int row, int parts) {
    int i = row % SLOTS, place = i % 8 * 2 + i / 8 % 2;
    int32_t sum = 0;
    for (int p = 0; p < parts; p++) {
        uint8_t both = codes[(row / SLOTS * parts + p) * 16 + place];
        sum += tables[16 * p + (i < 16 ? both & 15 : both >> 4)];
    }
    return sum;
}

static int check(const char *name, fast *scan, int parts, int largest, float threshold) {
    float scale = (float) any(1000) / 777, add = (float) any(1000) / 7 - 50;
    for (int i = 0; i < ROWS / 2 * parts; i++)
        codes[i] = (uint8_t) any(256);
    for (int i = 0; i < 16 * parts; i++)
        tables[i] = (uint8_t) (any(2) ? (uint32_t) largest : any((uint32_t) largest + 1));
    for (int i = 0; i < ROWS; i++)
        terms[i] = any(9) ? (float) any(20000) - 10000 : any(2) ? INFINITY : NAN;
    memset(marks, 0xff, sizeof marks);
    scan(codes, BLOCKS, parts, tables, terms, scale, add, threshold, bounds, marks);
    for (int i = 0; i < ROWS; i++) {
        float bound = fmaf(scale, (float) (sum(i, parts) - 32768), terms[i] + add);
        uint32_t mark = marks[i / SLOTS] >> i % SLOTS & 1;
        if (mark != (bound <= threshold) || (mark && bound != bounds[i])) {
            printf("%s, %d parts: bound %g, mark %u of code %d, expected %g\n", name, parts, bounds[i], mark, i, bound);
            return 1;
        }
    }
    return 0;
}

int main(void) {
    int wrong = 0, variants = 0;
    for (; perigee_fast_name(variants); variants++) {
        for (int parts = 4; parts <= MOST_PARTS; parts = parts * 3 / 2 / 4 * 4 + 4) {
            int largest = 65535 / parts < 255 ? 65535 / parts : 255;
            for (int i = -2; i <= 2; i++)
                wrong |= check(perigee_fast_name(variants), perigee_fast_scan(variants), parts, largest, 5000 * (float) i);
            wrong |= check(perigee_fast_name(variants), perigee_fast_scan(variants), parts, largest, 3.4e38f);
        }
        printf("%s: checked\n", perigee_fast_name(variants));
    }
    if (!variants)
        printf("this processor runs no variant\n");
    return variants ? wrong : 77;
}
