/* Every variant of the tile that this processor runs against the formula: the same entries, in the same order. */
#include "tile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 5, ROWS = BLOCKS * SLOTS, CAPACITY = 3 * SLOTS - 1, MOST_DIMS = 1024 };

const char *perigee_tile_name(int32_t n);
scan *perigee_tile_scan(int32_t n);

static uint8_t codes[ROWS * MOST_DIMS];
static float terms[ROWS];
static int32_t rows[ROWS];
static uint32_t allowed[BLOCKS];
static int8_t queries[QUERIES][MOST_DIMS];
static int64_t buffers[QUERIES][CAPACITY], found[QUERIES][ROWS], expected[QUERIES][ROWS];

static uint32_t any(uint32_t below) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((state >> 33) % below);
}

static void fill(int dims, int code_max, int query_max, int extreme) {
    for (int i = 0; i < ROWS * dims; i++)
        codes[i] = (uint8_t) (extreme ? (uint32_t) code_max : any((uint32_t) code_max + 1));
    for (int i = 0; i < QUERIES; i++)
        for (int j = 0; j < dims; j++)
            queries[i][j] = (int8_t) (!extreme ? (int) any(2 * (uint32_t) query_max + 1) - query_max
                                      : i % 2  ? query_max
                                               : -query_max);
    for (int s = 0; s < ROWS; s++) {
        terms[s] = extreme || any(9) ? (float) any(2000) - 1000 : any(3) ? -0.0f : any(2) ? INFINITY : NAN;
        rows[s] = (int32_t) any(1u << 31);
    }
    for (int b = 0; b < BLOCKS; b++)
        allowed[b] = any(3) ? any(1u << 31) * 2 + any(2) : 0;
}

static float key_of(const struct group *group, int i, int s, int dims) {
    int32_t sum = 0;
    for (int j = 0; j < dims; j++)
        sum += queries[i][j] * codes[s / BLOCK * BLOCK * dims + j / 4 * 64 + s % BLOCK * 4 + j % 4];
    return fmaf(group->scale[i], (float) sum, terms[s] + group->add[i]) + 0.0f;
}

static int expect(const struct group *group, int i, int dims, const uint32_t *mask) {
    int n = 0;
    for (int s = 0; s < ROWS; s++) {
        float key = key_of(group, i, s, dims);
        int32_t bits;
        memcpy(&bits, &key, 4);
        if (key <= group->threshold[i] && (!mask || mask[s / SLOTS] >> s % SLOTS & 1))
            expected[i][n++] = (int64_t) ((uint64_t) (uint32_t) (bits ^ (bits >> 31 & 0x7fffffff)) << 32 | (uint32_t) rows[s]);
    }
    return n;
}

static int check(const char *name, scan *scan, int count, int dims, const uint32_t *mask) {
    struct group *group = aligned_alloc(64, (sizeof *group + (size_t) (count * dims) + 63) / 64 * 64);
    int n[QUERIES] = {0}, from = 0, wrong = 0;
    memset(group, 0xff, sizeof *group);
    group->capacity = CAPACITY;
    group->next_blocks = BLOCKS - 1;
    group->next_codes = codes;
    group->next_terms = terms;
    for (int i = 0; i < count; i++) {
        group->scale[i] = i == 1 ? 0 : ((float) any(2000) - 1000) / 3e5f;
        group->add[i] = i == 1 ? -0.0f : (float) any(100) / 7;
        group->threshold[i] = i % 2 ? 3.4e38f : key_of(group, i, (int) any(ROWS), dims); /* that key passes */
        group->size[i] = 0;
        group->buffer[i] = buffers[i];
        for (int j = 0; j < dims; j += 8)
            memcpy(group->queries[j / 8 * count + i], queries[i] + j, 8);
    }
    while (from < BLOCKS) {
        int done = scan(group, count, dims, codes, terms, rows, mask, from, BLOCKS), full = 0;
        for (int i = 0; i < count; i++) {
            full |= group->size[i] > CAPACITY - SLOTS;
            wrong |= group->size[i] > CAPACITY;
            memcpy(found[i] + n[i], buffers[i], (size_t) group->size[i] * sizeof(int64_t));
            n[i] += group->size[i];
            group->size[i] = 0;
        }
        if (wrong || done <= from || done > BLOCKS || (done < BLOCKS && !full)) {
            printf("%s, %d queries, dims %d: a scan from block %d ends at %d\n", name, count, dims, from, done);
            return 1;
        }
        from = done;
    }
    for (int i = 0; i < count; i++) {
        int most = expect(group, i, dims, mask);
        if (most != n[i] || memcmp(found[i], expected[i], (size_t) n[i] * sizeof(int64_t)) != 0) {
            printf("%s, query %d of %d, dims %d: %d entries, expected %d\n", name, i, count, dims, n[i], most);
            wrong = 1;
        }
    }
    free(group);
    return wrong;
}

int main(void) {
    static const int all_dims[] = {8, 16, 24, 64, 72, 128, 192, 1024};
    int wrong = 0, variants = 0;
    for (; perigee_tile_name(variants); variants++) {
        const char *name = perigee_tile_name(variants);
        for (size_t d = 0; d < sizeof all_dims / sizeof *all_dims; d++)
            for (int bits = 5; bits <= 6; bits++)
                for (int extreme = 0; extreme < 2; extreme++) {
                    fill(all_dims[d], (1 << bits) - 1, bits == 5 ? 31 : 127, extreme);
                    for (int count = 1; count <= QUERIES; count++) {
                        wrong |= check(name, perigee_tile_scan(variants), count, all_dims[d], NULL);
                        wrong |= check(name, perigee_tile_scan(variants), count, all_dims[d], allowed);
                    }
                }
        printf("%s: checked\n", name);
    }
    if (!variants)
        printf("this processor runs no variant\n");
    return variants ? wrong : 77;
}
