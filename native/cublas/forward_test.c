// Calls cuBLAS as libJCublas2 does, by functions bound to libcublas.so.12 at link time, through the forwarding library.
//   forward_test LIBRARY     a libcublas.so.13, the double or a real one: "double" as second argument wants its answers
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int cublasCreate_v2(void **handle);
int cublasDestroy_v2(void *handle);
int cublasGetVersion_v2(void *handle, int *version);
int cublasSgemm_v2(void *handle, int transa, int transb, int m, int n, int k, const float *alpha, const float *a, int lda,
                   const float *b, int ldb, const float *beta, float *c, int ldc);
int cublasSaxpy_v2(void *handle, int n, const float *alpha, const float *x, int incx, float *y, int incy);
const char *cublasGetStatusName(int status);
const char *cublasGetStatusString(int status);
size_t cublasGetCudartVersion(void);
const char *perigee_cublas_use(const char *path);

static int failures;

static void expect(const char *what, long got, long expected) {
    if (got != expected) {
        printf("%s: %ld (expected %ld)\n", what, got, expected);
        failures++;
    }
}

static void product(void *handle) {
    // rows [2, 3] x weights [4, 3]^T, row-major with strides 3, 5 and 7: fourteen arguments, eight of them on the stack
    const float rows[] = {1, 2, 3, -1, 0, 0.5f};
    const float weights[] = {1, 0, 0, 9, 9, 0, 1, 0, 9, 9, 0, 0, 1, 9, 9, 1, 1, 1, 9, 9};
    float into[14];
    for (int i = 0; i < 14; i++) into[i] = 77;
    const float one = 1, zero = 0;
    expect("sgemm", cublasSgemm_v2(handle, 1, 0, 4, 2, 3, &one, weights, 5, rows, 3, &zero, into, 7), 0);
    const float expected[] = {1, 2, 3, 6, 77, 77, 77, -1, 0, 0.5f, -0.5f, 77, 77, 77};
    expect("product differs", memcmp(into, expected, sizeof into), 0);
    expect("sgemm of a wrong stride", cublasSgemm_v2(handle, 1, 0, 4, 2, 3, &one, weights, 5, rows, 2, &zero, into, 7), 7);
}

int main(int count, char **arguments) {
    void *handle = NULL;
    int version = 0;
    expect("create before a library is given", cublasCreate_v2(&handle), 1);
    expect("status text before a library is given", (long)strlen(cublasGetStatusName(1)), 0);
    const char *error = perigee_cublas_use("/nowhere/libcublas.so.13");
    expect("an absent library says why", error != NULL && strstr(error, "/nowhere/libcublas.so.13") != NULL, 1);
    expect("create after a library that is not there", cublasCreate_v2(&handle), 1);
    error = perigee_cublas_use(arguments[1]);
    if (error != NULL) {
        printf("%s\n", error);
        return 1;
    }
    int created = cublasCreate_v2(&handle);
    if (count > 2) {
        expect("create", created, 0);
        expect("version", cublasGetVersion_v2(handle, &version) == 0 ? version : -1, 130100);
        product(handle);
        float x = 1, y = 2;
        expect("a function that the library lacks", cublasSaxpy_v2(handle, 1, &x, &x, 1, &y, 1), 15);
        expect("a text that the library lacks", (long)strlen(cublasGetStatusString(15)), 0);
        expect("a version that the library lacks", (long)cublasGetCudartVersion(), 0);
        expect("destroy", cublasDestroy_v2(handle), 0);
        expect("destroy nothing", cublasDestroy_v2(NULL), 1);
    } else {
        printf("%s: cudart %zu, create says %d %s (%s)\n", arguments[1], cublasGetCudartVersion(), created,
               cublasGetStatusName(created), cublasGetStatusString(created));
        if (created == 0) cublasDestroy_v2(handle);
    }
    return failures != 0;
}
