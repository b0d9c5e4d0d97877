/* Which variants of the tile this processor runs, the fastest first. */
#include "tile.h"

#include <stddef.h>

#define VISIBLE __attribute__((visibility("default")))

struct variant {
    const char *name;
    scan *scan;
    int runs;
};

scan perigee_scan_avx512_vnni, perigee_scan_avx_vnni, perigee_scan_avx2, perigee_scan_neon_dot;

#ifdef __aarch64__
#include <sys/auxv.h>
#define RUNS_DOT_PRODUCT (getauxval(AT_HWCAP) >> 20 & 1) /* HWCAP_ASIMDDP */
#else
#define RUNS(feature) (__builtin_cpu_supports(feature) && __builtin_cpu_supports("fma"))
#endif

static struct variant variant(int32_t n) {
#ifndef __aarch64__
    __builtin_cpu_init();
#endif
    const struct variant all[] = {
#ifdef HAS_AVX512_VNNI
        {"avx512_vnni", perigee_scan_avx512_vnni, RUNS("avx512f") && RUNS("avx512vnni")},
#endif
#ifdef HAS_AVX_VNNI
        {"avx_vnni", perigee_scan_avx_vnni, RUNS("avx2") && RUNS("avxvnni")},
#endif
#ifdef HAS_AVX2
        {"avx2", perigee_scan_avx2, RUNS("avx2")},
#endif
#ifdef HAS_NEON_DOT
        {"neon_dot", perigee_scan_neon_dot, RUNS_DOT_PRODUCT},
#endif
        {NULL, NULL, 1},
    };
    const struct variant *one = all;
    while (!one->runs || (one->name && n-- > 0))
        one++;
    return *one;
}

/* The name of the nth that this processor runs, or NULL. */
VISIBLE const char *perigee_tile_name(int32_t n) {
    return variant(n).name;
}

/* Its function, or NULL. */
VISIBLE scan *perigee_tile_scan(int32_t n) {
    return variant(n).scan;
}
