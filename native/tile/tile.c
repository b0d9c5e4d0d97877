/* Which variants of the tile, of fast scan and of exact distances this processor runs, the fastest first. */
#include "tile.h"

#include <stddef.h>

#define VISIBLE __attribute__((visibility("default")))

typedef void function(void);

struct variant {
    const char *name;
    function *function;
    int runs;
};

scan perigee_scan_avx512_vnni, perigee_scan_avx_vnni, perigee_scan_avx2, perigee_scan_neon_dot;
fast perigee_fast_avx512bw, perigee_fast_avx2, perigee_fast_neon, perigee_fast8_avx512vbmi;
exact perigee_exact_avx512f, perigee_exact_avx2, perigee_exact_neon;

#ifdef __aarch64__
#include <sys/auxv.h>
#define RUNS_DOT_PRODUCT (getauxval(AT_HWCAP) >> 20 & 1) /* HWCAP_ASIMDDP */
#else
#define RUNS(feature) (__builtin_cpu_supports(feature) && __builtin_cpu_supports("fma"))
#endif

static struct variant nth(const struct variant *one, int32_t n) {
    while (!one->runs || (one->name && n-- > 0))
        one++;
    return *one;
}

static struct variant tile(int32_t n) {
#ifndef __aarch64__
    __builtin_cpu_init();
#endif
    const struct variant all[] = {
#ifdef HAS_AVX512_VNNI
        {"avx512_vnni", (function *) perigee_scan_avx512_vnni, RUNS("avx512f") && RUNS("avx512vnni")},
#endif
#ifdef HAS_AVX_VNNI
        {"avx_vnni", (function *) perigee_scan_avx_vnni, RUNS("avx2") && RUNS("avxvnni")},
#endif
#ifdef HAS_AVX2
        {"avx2", (function *) perigee_scan_avx2, RUNS("avx2")},
#endif
#ifdef HAS_NEON_DOT
        {"neon_dot", (function *) perigee_scan_neon_dot, RUNS_DOT_PRODUCT},
#endif
        {NULL, NULL, 1},
    };
    return nth(all, n);
}

static struct variant fast_scan(int32_t n) {
#ifndef __aarch64__
    __builtin_cpu_init();
#endif
    const struct variant all[] = {
#ifdef HAS_AVX512BW
        {"avx512bw", (function *) perigee_fast_avx512bw, RUNS("avx512f") && RUNS("avx512bw")},
#endif
#ifdef HAS_AVX2
        {"avx2", (function *) perigee_fast_avx2, RUNS("avx2")},
#endif
#ifdef HAS_NEON
        {"neon", (function *) perigee_fast_neon, 1},
#endif
        {NULL, NULL, 1},
    };
    return nth(all, n);
}

static struct variant fast_scan_of_bytes(int32_t n) {
#ifndef __aarch64__
    __builtin_cpu_init();
#endif
    const struct variant all[] = {
#ifdef HAS_AVX512VBMI
        {"avx512vbmi", (function *) perigee_fast8_avx512vbmi, RUNS("avx512f") && RUNS("avx512bw") && RUNS("avx512vbmi")},
#endif
        {NULL, NULL, 1},
    };
    return nth(all, n);
}

static struct variant exact_distances(int32_t n) {
#ifndef __aarch64__
    __builtin_cpu_init();
#endif
    const struct variant all[] = {
#ifdef HAS_AVX512F
        {"avx512f", (function *) perigee_exact_avx512f, RUNS("avx512f")},
#endif
#ifdef HAS_AVX2
        {"avx2", (function *) perigee_exact_avx2, RUNS("avx2")},
#endif
#ifdef HAS_NEON
        {"neon", (function *) perigee_exact_neon, 1},
#endif
        {NULL, NULL, 1},
    };
    return nth(all, n);
}

/* The name of the nth tile that this processor runs, or NULL. */
VISIBLE const char *perigee_tile_name(int32_t n) {
    return tile(n).name;
}

/* Its function, or NULL. */
VISIBLE scan *perigee_tile_scan(int32_t n) {
    return (scan *) tile(n).function;
}

/* The same of fast scan. */
VISIBLE const char *perigee_fast_name(int32_t n) {
    return fast_scan(n).name;
}

VISIBLE fast *perigee_fast_scan(int32_t n) {
    return (fast *) fast_scan(n).function;
}

/* The same of fast scan of 8-bit codes. */
VISIBLE const char *perigee_fast8_name(int32_t n) {
    return fast_scan_of_bytes(n).name;
}

VISIBLE fast *perigee_fast8_scan(int32_t n) {
    return (fast *) fast_scan_of_bytes(n).function;
}

/* The same of exact distances. */
VISIBLE const char *perigee_exact_name(int32_t n) {
    return exact_distances(n).name;
}

VISIBLE exact *perigee_exact_scan(int32_t n) {
    return (exact *) exact_distances(n).function;
}
