// A test double of cuBLAS, never shipped: sgemm on memory that the CPU reaches, which is what the double of the driver hands
// out as device memory. Only the functions that Perigee calls, so that everything else is missing; every other word that a
// caller says wrong is a status, as in cuBLAS.
//
// A product is done when its stream comes to it, by the double of the driver that the process has loaded; without a stream at
// once. PERIGEE_CUBLAS_DOUBLE_VERSION is what cublasGetVersion answers.
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, NOT_INITIALIZED = 1, ALLOC_FAILED = 3, INVALID_VALUE = 7, EXECUTION_FAILED = 13 };
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
typedef struct {
    int math, transa, transb, m, n, k, lda, ldb, ldc;
    float alpha, beta;
    const float *a, *b;
    float *c;
} product;

static void multiply(const product *p) {
    for (int j = 0; j < p->n; j++) {
        for (int i = 0; i < p->m; i++) {
            float sum = 0;
            for (int t = 0; t < p->k; t++) {
                float x = p->transa == OP_N ? p->a[i + (size_t)t * p->lda] : p->a[t + (size_t)i * p->lda];
                float y = p->transb == OP_N ? p->b[t + (size_t)j * p->ldb] : p->b[j + (size_t)t * p->ldb];
                sum += p->math == TF32_TENSOR_OP_MATH ? tf32(x) * tf32(y) : x * y;
            }
            float *to = p->c + i + (size_t)j * p->ldc;
            *to = p->beta == 0 ? p->alpha * sum : p->alpha * sum + p->beta * *to;
        }
    }
}

static void multiply_and_free(void *p) {
    multiply(p);
    free(p);
}

// Other threads may be giving the same stream work: what was given before is not yet done when this is called.
static int follow(void *stream, const product *work) {
    typedef int launch_host_function(void *stream, void (*function)(void *), void *data);
    void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    launch_host_function *launch = driver == NULL ? NULL : (launch_host_function *)dlsym(driver, "cuLaunchHostFunc");
    product *copy = launch == NULL ? NULL : malloc(sizeof *copy);
    if (copy == NULL) return EXECUTION_FAILED;
    *copy = *work;
    if (launch(stream, multiply_and_free, copy) == 0) return SUCCESS;
    free(copy);
    return EXECUTION_FAILED;
}

int cublasSgemm_v2(handle *h, int transa, int transb, int m, int n, int k, const float *alpha, const float *a, int lda,
                   const float *b, int ldb, const float *beta, float *c, int ldc) {
    if (bad(h)) return NOT_INITIALIZED;
    if (m < 0 || n < 0 || k < 0 || transa < OP_N || transa > OP_T || transb < OP_N || transb > OP_T) return INVALID_VALUE;
    if (lda < (transa == OP_N ? m : k) || ldb < (transb == OP_N ? k : n) || ldc < m || alpha == NULL || beta == NULL) {
        return INVALID_VALUE;
    }
    const product work = {h->math, transa, transb, m, n, k, lda, ldb, ldc, *alpha, *beta, a, b, c};
    if (h->stream != NULL) return follow(h->stream, &work);
    multiply(&work);
    return SUCCESS;
}
