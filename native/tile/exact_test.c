/* Every variant of exact distances that this processor runs against the sums of distance.Distance.between, to the last bit. */
#include "tile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 50, MOST = 800 };

const char *perigee_exact_name(int32_t n);
exact *perigee_exact_scan(int32_t n);

static _Alignas(64) float rows[ROWS * MOST], query[MOST];
static int64_t entries[ROWS];
static double distances[ROWS + 1];

static uint32_t any(uint32_t below) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t) ((state >> 33) % below);
}

static float number(void) {
    return ((float) any(1u << 24) - (1 << 23)) / (float) (1 + any(1u << 20));
}

static double between(int l2, const float *row, int dim) {
    double s[8] = {0};
    for (int t = 0; t < dim; t++) {
        double x = query[t], y = row[t], d = x - y;
        double term = l2 ? d * d : x * y;
        s[t % 8] += term;
    }
    double sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    return l2 ? sum : -sum;
}

static int check(const char *name, exact *all, int dim, int count, int l2) {
    int stride = dim < 32 ? (dim + 7) / 8 * 8 : (dim + 15) / 16 * 16;
    memset(rows, 0, sizeof rows);
    memset(query, 0, sizeof query);
    for (int t = 0; t < dim; t++) {
        query[t] = number();
        for (int r = 0; r < ROWS; r++)
            rows[r * stride + t] = number();
    }
    for (int i = 0; i < count; i++)
        entries[i] = (int64_t) any(UINT32_MAX) << 32 | any(ROWS);
    distances[count] = -7;
    all(query, rows, stride, dim, l2, entries, count, distances);
    for (int i = 0; i < count; i++) {
        double expected = between(l2, rows + (entries[i] & UINT32_MAX) * stride, dim);
        if (distances[i] != expected) {
            printf("%s, dim %d, %d of %d, l2 %d: %.17g, expected %.17g\n", name, dim, i, count, l2, distances[i], expected);
            return 1;
        }
    }
    if (distances[count] != -7)
        printf("%s, dim %d, %d rows: one too many\n", name, dim, count);
    return distances[count] != -7;
}

int main(void) {
    static const int dims[] = {1, 7, 8, 9, 16, 17, 31, 32, 33, 40, 100, 128, 784, 785};
    int wrong = 0, variants = 0;
    for (; perigee_exact_name(variants); variants++) {
        for (size_t d = 0; d < sizeof dims / sizeof *dims; d++)
            for (int count = 1; count <= 27; count++)
                for (int l2 = 0; l2 < 2; l2++)
                    wrong |= check(perigee_exact_name(variants), perigee_exact_scan(variants), dims[d], count, l2);
        printf("%s: checked\n", perigee_exact_name(variants));
    }
    if (!variants)
        printf("this processor runs no variant\n");
    return variants ? wrong : 77;
}
