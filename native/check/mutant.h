// Breaks a kernel on purpose, by the name given on the command line: the checks must notice.
#pragma once

#include "context.h"

#include <cstring>

namespace host_cuda {

// A name that a source gives to MUTANT, or "KERNEL#N": the N-th place where that kernel waits, counted as they are first
// reached, is passed. Places are __syncthreads, __syncwarp and copy_async_wait, which then waits for one group fewer.
inline const char* mutant = nullptr;
inline bool mutant_seen = false; // its place was reached

HOST_CUDA_QUIET inline bool is_mutant(const char* name) {
    if (mutant == nullptr || std::strcmp(mutant, name) != 0) {
        return false;
    }
    mutant_seen = true;
    return true;
}

struct Place {
    const char* file;
    int line;
};

inline Place places[100];
inline int place_count = 0;

// Whether the kernel is to pass this place without waiting.
HOST_CUDA_QUIET inline bool passes(const char* file, int line) {
    if (mutant == nullptr) {
        return false;
    }
    const size_t length = std::strlen(context.kernel);
    if (std::strncmp(mutant, context.kernel, length) != 0 || mutant[length] != '#') {
        return false;
    }
    int number = 0;
    while (number < place_count && (places[number].line != line || std::strcmp(places[number].file, file) != 0)) {
        ++number;
    }
    if (number == place_count && place_count < 100) {
        places[place_count++] = {file, line};
    }
    if (number + 1 != std::atoi(mutant + length + 1)) {
        return false;
    }
    if (!mutant_seen) {
        const char* name = std::strrchr(file, '/');
        std::printf("%s passes %s:%d\n", context.kernel, name == nullptr ? file : name + 1, line);
    }
    mutant_seen = true;
    return true;
}

} // namespace host_cuda

#ifdef HOST_CUDA_CHECKS
#define MUTANT(name) (::host_cuda::is_mutant(#name))
#endif
