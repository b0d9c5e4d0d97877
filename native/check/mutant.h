// Breaks a kernel on purpose, by the name given on the command line: the checks must notice.
#pragma once

#include "fibre.h"

#include <cstring>

namespace host_cuda {

inline const char* mutant = nullptr;
inline bool mutant_seen = false; // was asked for

HOST_CUDA_QUIET inline bool is_mutant(const char* name) {
    if (mutant == nullptr || std::strcmp(mutant, name) != 0) {
        return false;
    }
    mutant_seen = true;
    return true;
}

} // namespace host_cuda

#define MUTANT(name) (::host_cuda::is_mutant(#name))
