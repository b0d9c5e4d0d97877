// libcublas.so.12 for machines that only have a newer cuBLAS. Every function that libJCublas2 imports jumps to the function
// of that name in the library that perigee_cublas_use was given: arguments, on the stack too, and result stay as they are.
//
// JCublas2 binds lazily, and a function that is missing would end the process at its first call. Here it answers
// CUBLAS_STATUS_NOT_SUPPORTED (15), and before a library is given CUBLAS_STATUS_NOT_INITIALIZED (1). The few functions that
// return a text or a number instead answer an empty text or 0.
//
// x86-64 and the System V ABI, as libJCublas2 itself.
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static int absent(void) { return 1; }
static int unsupported(void) { return 15; }
static const char *no_text(void) { return ""; }
static size_t no_version(void) { return 0; }

typedef void (*function)(void);

static const char *const names[] = {
#define X(name) #name,
#include "names.inc"
#undef X
};
enum { COUNT = sizeof names / sizeof *names };

// Read by the jumps below. Written by perigee_cublas_use, before any other thread knows of this library.
__attribute__((visibility("hidden"))) function perigee_cublas_functions[COUNT];

// What stands for a function that is not there: most return a status.
static function instead(const char *name, function status) {
    if (strncmp(name, "cublasGetStatus", strlen("cublasGetStatus")) == 0) return (function)no_text;
    return strcmp(name, "cublasGetCudartVersion") == 0 ? (function)no_version : status;
}

__attribute__((constructor)) static void start(void) {
    for (int i = 0; i < COUNT; i++) perigee_cublas_functions[i] = instead(names[i], (function)absent);
}

// Loads the cuBLAS at that path, which stays loaded, and forwards to it from now on. Returns a null pointer, or why it could
// not be loaded: then nothing has changed. The text is good until the thread's next call of the dynamic linker.
const char *perigee_cublas_use(const char *path) {
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (library == NULL) return dlerror();
    for (int i = 0; i < COUNT; i++) {
        function found = (function)dlsym(library, names[i]);
        perigee_cublas_functions[i] = found != NULL ? found : instead(names[i], (function)unsupported);
    }
    return NULL;
}

// endbr64: these are targets of indirect calls where the processor checks such targets.
__asm__(".text\n"
        ".set slot, 0\n"
        ".macro forward name\n"
        ".globl \\name\n"
        ".type \\name, @function\n"
        "\\name:\n"
        "    endbr64\n"
        "    jmp *perigee_cublas_functions + 8 * slot(%rip)\n"
        ".size \\name, . - \\name\n"
        ".set slot, slot + 1\n"
        ".endm\n"
#define X(name) "forward " #name "\n"
#include "names.inc"
#undef X
);
