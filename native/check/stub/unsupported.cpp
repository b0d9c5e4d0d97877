// NOT_SUPPORTED for every name of driver_names.txt that is not defined elsewhere: weak symbols give way.
#include "driver_api.h"

#include <cstdio>
#include <cstdlib>

namespace {

CUresult refuse(const char* name) {
    if (std::getenv("PERIGEE_STUB_REPORT") != nullptr) {
        std::fprintf(stderr, "perigee test double: %s is not supported\n", name);
    }
    return CUDA_ERROR_NOT_SUPPORTED;
}

} // namespace

#define UNSUPPORTED(name)                                                                                                \
    extern "C" __attribute__((weak, visibility("default"))) CUresult name() {                                            \
        return refuse(#name);                                                                                            \
    }
#include "unsupported.inc"
