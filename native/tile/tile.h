/*
 * The tile of IVF-SQ, fast scan and exact distances in C: the same work as compute.simd.JavaSqTile, JavaFastScan and EightRows,
 * bit for bit. SqTile says what a group of queries looks like, FastScan what the arguments of fast scan are.
 */
#ifndef PERIGEE_TILE_H
#define PERIGEE_TILE_H

#include <stdint.h>

enum { QUERIES = 6, SLOTS = 32, BLOCK = 16 };

/* The head of a group: slots 6 and 7 are not used. Packed queries follow, [dims / 8][count][8] bytes. */
struct group {
    float scale[8], add[8], threshold[8];
    int32_t size[8];
    int64_t *buffer[8];
    int32_t capacity, next_blocks;
    const uint8_t *next_codes;
    const float *next_terms;
    int64_t unused[5];
    int8_t queries[][8];
};

/* Scans blocks of 32 slots, from..to, of a list; returns the first block that was not scanned. */
typedef int32_t scan(struct group *group, int32_t count, int32_t dims, const uint8_t *codes, const float *terms,
                     const int32_t *rows, const uint32_t *allowed, int32_t from, int32_t to);

/* A query of a fast scan. */
struct member {
    const uint8_t *bytes;
    const float *floats;
    int64_t *buffer;
    int32_t size, capacity;
    float scale, add, constant, threshold;
    int32_t unused[4];
};

/* Scans blocks from..to of 32 PQ codes of a list for some queries; returns the first block that was not scanned. */
typedef int32_t fast(struct member *members, int32_t count, int32_t parts, const uint8_t *blocks, const uint8_t *codes,
                     int32_t stride, const float *terms, const int32_t *rows, const uint32_t *allowed, int32_t from, int32_t to);

/* Distances of a query to the rows that the lower halves of entries number; the stride of rows is in floats. */
typedef void exact(const float *query, const float *rows, int64_t stride, int32_t dim, int32_t l2, const int64_t *entries,
                   int32_t count, double *distances);

#endif
