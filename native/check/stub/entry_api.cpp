// Errors in words, and entry points by name.
#include "driver.h"

#include <dlfcn.h>
#include <string>

namespace {

struct ErrorText {
    int number;
    const char* name;
    const char* text;
};

constexpr ErrorText ERRORS[] = {
#define ERROR(number, name, text) {number, "CUDA_" #name, text},
#include "driver_errors.inc"
#undef ERROR
};

const ErrorText* find_error(int number) {
    for (const ErrorText& error : ERRORS) {
        if (error.number == number) {
            return &error;
        }
    }
    return nullptr;
}

// Of this library, whatever else the process has loaded.
void* find_symbol(const std::string& name) {
    Dl_info info;
    if (dladdr(reinterpret_cast<void*>(&find_error), &info) == 0) {
        return nullptr;
    }
    void* self = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    void* symbol = self == nullptr ? nullptr : dlsym(self, name.c_str());
    if (self != nullptr) {
        dlclose(self);
    }
    return symbol;
}

} // namespace

DRIVER cuGetErrorName(int number, const char** name) {
    const ErrorText* error = find_error(number);
    *name = error == nullptr ? nullptr : error->name;
    return error == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

DRIVER cuGetErrorString(int number, const char** text) {
    const ErrorText* error = find_error(number);
    *text = error == nullptr ? nullptr : error->text;
    return error == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

// Status: 0 found, 1 not found. The newest version of a name wins, whatever version the caller speaks.
DRIVER cuGetProcAddress_v2(const char* name, void** address, int, uint64_t, int* status) {
    *address = nullptr;
    for (const char* suffix : {"_v3", "_v2", ""}) {
        *address = *address == nullptr ? find_symbol(name + std::string(suffix)) : *address;
    }
    if (status != nullptr) {
        *status = *address == nullptr;
    }
    return *address == nullptr ? CUDA_ERROR_NOT_FOUND : CUDA_SUCCESS;
}

DRIVER cuGetProcAddress(const char* name, void** address, int version, uint64_t flags) {
    return cuGetProcAddress_v2(name, address, version, flags, nullptr);
}
