// A test double of cuBLAS, never shipped: sgemm on memory that the CPU reaches, which is what the double of the driver hands
// out as device memory. Only the functions that Perigee calls, so that everything else is missing; every other word that a
// caller says wrong is a status, as in cuBLAS.
//
// Work is done at once, so streams are in order. PERIGEE_CUBLAS_DOUBLE_VERSION is what cublasGetVersion answers.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, NOT_INITIALIZED = 1, ALLOC_FAILED = 3, INVALID_VALUE = 7 };
enum { OP_N = 0, OP_T = 1 };
enum { DEFAULT_MATH = 0, TF32_TENSOR_OP_MATH = 3 };

typedef struct {
    char magic[8];
    void *stream;
    int math;
} handle;

static int bad(const handle *h) { return h == NULL || memcmp(h->magic, "cublas2", 8) != 0; }

int cublasCreate_v2(handle **out) {
    if (out == NULL) return INVALID_VALUE;
    *out = calloc(1, sizeof **out);
    if (*out == NULL) return ALLOC_FAILED;
    memcpy((*out)->magic, "cublas2", 8);
    return SUCCESS;
}

int cublasDestroy_v2(handle *h) {
    if (bad(h)) return NOT_INITIALIZED;
    memset(h, 0, sizeof *h);
    free(h);
    return SUCCESS;
}

int cublasGetVersion_v2(handle *h, int *version) {
    if (bad(h)) return NOT_INITIALIZED;
    *version = PERIGEE_CUBLAS_DOUBLE_VERSION;
    return SUCCESS;
}

int cublasSetStream_v2(handle *h, void *stream) {
    if (bad(h)) return NOT_INITIALIZED;
    h->stream = stream;
    return SUCCESS;
}

int cublasSetMathMode(handle *h, int mode) {
    if (bad(h)) return NOT_INITIALIZED;
    if (mode != DEFAULT_MATH && mode != TF32_TENSOR_OP_MATH) return INVALID_VALUE;
    h->math = mode;
    return SUCCESS;
}

// As a tensor core reads it: ten bits of mantissa.
static float tf32(float x) {
    unsigned bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= ~0x1fffu;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// Column-major C [m, n] = alpha op(A) [m, k] op(B) [k, n] + beta C.
int cublasSgemm_v2(handle *h, int transa, int transb, int m, int n, int k, const float *alpha, const float *a, int lda,
                   const float *b, int ldb, const float *beta, float *c, int ldc) {
    if (bad(h)) return NOT_INITIALIZED;
    if (m < 0 || n < 0 || k < 0 || transa < OP_N || transa > OP_T || transb < OP_N || transb > OP_T) return INVALID_VALUE;
    if (lda < (transa == OP_N ? m : k) || ldb < (transb == OP_N ? k : n) || ldc < m || alpha == NULL || beta == NULL) {
        return INVALID_VALUE;
    }
    for (int j = 0; j < n; j++) {
        for (int i = 0; i < m; i++) {
            float sum = 0;
            for (int t = 0; t < k; t++) {
                float x = transa == OP_N ? a[i + (size_t)t * lda] : a[t + (size_t)i * lda];
                float y = transb == OP_N ? b[t + (size_t)j * ldb] : b[j + (size_t)t * ldb];
                sum += h->math == TF32_TENSOR_OP_MATH ? tf32(x) * tf32(y) : x * y;
            }
            float *to = c + i + (size_t)j * ldc;
            *to = *beta == 0 ? *alpha * sum : *alpha * sum + *beta * *to;
        }
    }
    return SUCCESS;
}
