// Modules: any fat binary stands for all kernels of the build.
#include "capture.h"
#include "device_table.h"
#include "launch.h"

#include <cstdio>
#include <cstring>

namespace {

constexpr uint32_t FATBIN_MAGIC = 0xBA55ED50;

CUresult load(CUmodule* module, const void* image) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (module == nullptr || image == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (const CUresult error = check_not_capturing(); error != CUDA_SUCCESS) {
        return error;
    }
    uint32_t magic;
    std::memcpy(&magic, image, sizeof magic);
    if (magic != FATBIN_MAGIC) {
        return CUDA_ERROR_INVALID_IMAGE;
    }
    auto loaded = std::make_shared<Module>();
    loaded->context = call.context;
    *module = driver().modules.add(loaded);
    return CUDA_SUCCESS;
}

} // namespace

DRIVER cuModuleLoadData(CUmodule* module, const void* image) {
    return load(module, image);
}

DRIVER cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, int*, void**) {
    return load(module, image);
}

DRIVER cuModuleLoadFatBinary(CUmodule* module, const void* image) {
    return load(module, image);
}

DRIVER cuModuleLoad(CUmodule* module, const char* path) {
    std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "rb");
    if (file == nullptr) {
        return CUDA_ERROR_FILE_NOT_FOUND;
    }
    unsigned char start[4] = {};
    const size_t read = std::fread(start, 1, sizeof start, file);
    std::fclose(file);
    return read == sizeof start ? load(module, start) : CUDA_ERROR_INVALID_IMAGE;
}

DRIVER cuModuleUnload(CUmodule handle) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Module> module = driver().modules.remove(handle);
    if (module == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    for (const auto& [name, function] : module->functions) {
        driver().functions.remove(function);
    }
    return CUDA_SUCCESS;
}

DRIVER cuModuleGetLoadingMode(int* mode) {
    if (mode == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *mode = 1; // eager
    return CUDA_SUCCESS;
}

DRIVER cuModuleGetFunction(CUfunction* result, CUmodule handle, const char* name) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Module> module = driver().modules.find(handle);
    if (module == nullptr || module->context != call.context) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (result == nullptr || name == nullptr || *name == '\0') {
        return CUDA_ERROR_INVALID_VALUE;
    }
    const Kernel* kernel = find_kernel(name);
    if (kernel == nullptr) {
        return CUDA_ERROR_NOT_FOUND;
    }
    CUfunction& known = module->functions[name];
    if (known == nullptr) {
        auto function = std::make_shared<Function>();
        function->module = handle;
        function->context = call.context;
        function->kernel = kernel;
        known = driver().functions.add(function);
    }
    *result = known;
    return CUDA_SUCCESS;
}

DRIVER cuModuleGetGlobal_v2(CUdeviceptr*, size_t*, CUmodule handle, const char*) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    return driver().modules.find(handle) == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_ERROR_NOT_FOUND;
}

DRIVER cuFuncGetModule(CUmodule* module, CUfunction handle) {
    Call call;
    const std::shared_ptr<Function> function = driver().functions.find(handle);
    if (function == nullptr || module == nullptr) {
        return function == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_ERROR_INVALID_VALUE;
    }
    *module = function->module;
    return CUDA_SUCCESS;
}

// Registers and memory are not those of a compiled kernel: the build's budget table is where they are checked.
DRIVER cuFuncGetAttribute(int* value, int attribute, CUfunction handle) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Function> function = driver().functions.find(handle);
    if (function == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (value == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    switch (attribute) {
        case FUNC_MAX_THREADS_PER_BLOCK: *value = 1024; break;
        case FUNC_SHARED_SIZE_BYTES:
        case FUNC_CONST_SIZE_BYTES:
        case FUNC_LOCAL_SIZE_BYTES:
        case FUNC_CACHE_MODE_CA: *value = 0; break;
        case FUNC_NUM_REGS: *value = REGISTERS_OF_A_KERNEL; break;
        case FUNC_PTX_VERSION:
        case FUNC_BINARY_VERSION: *value = driver().settings.capability; break;
        case FUNC_MAX_DYNAMIC_SHARED_SIZE_BYTES: *value = static_cast<int>(function->max_dynamic_shared); break;
        case FUNC_PREFERRED_SHARED_MEMORY_CARVEOUT: *value = function->carveout; break;
        default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
}

DRIVER cuFuncSetAttribute(CUfunction handle, int attribute, int value) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Function> function = driver().functions.find(handle);
    if (function == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    switch (attribute) {
        case FUNC_MAX_DYNAMIC_SHARED_SIZE_BYTES:
            if (value < 0 || static_cast<size_t>(value) > device_model().shared_opt_in) {
                return CUDA_ERROR_INVALID_VALUE;
            }
            function->max_dynamic_shared = value;
            return CUDA_SUCCESS;
        case FUNC_PREFERRED_SHARED_MEMORY_CARVEOUT:
            if (value < -1 || value > 100) {
                return CUDA_ERROR_INVALID_VALUE;
            }
            function->carveout = value;
            return CUDA_SUCCESS;
        default: return CUDA_ERROR_INVALID_VALUE;
    }
}

DRIVER cuFuncSetCacheConfig(CUfunction handle, int) {
    Call call;
    return driver().functions.find(handle) == nullptr ? CUDA_ERROR_INVALID_HANDLE : call.error;
}

DRIVER cuFuncGetName(const char** name, CUfunction handle) {
    Call call;
    const std::shared_ptr<Function> function = driver().functions.find(handle);
    if (function == nullptr || name == nullptr) {
        return function == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_ERROR_INVALID_VALUE;
    }
    *name = function->kernel->name;
    return CUDA_SUCCESS;
}

// INVALID_VALUE past the last parameter: callers count them by this.
DRIVER cuFuncGetParamInfo(CUfunction handle, size_t index, size_t* offset, size_t* bytes) {
    Call call;
    const std::shared_ptr<Function> function = driver().functions.find(handle);
    if (function == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    const auto parameters = function->kernel->parameters;
    if (offset == nullptr || index >= parameters.size()) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    size_t at = 0;
    for (size_t i = 0; i <= index; i++) {
        at = (at + parameters[i].alignment - 1) / parameters[i].alignment * parameters[i].alignment;
        *offset = at;
        at += parameters[i].bytes;
    }
    if (bytes != nullptr) {
        *bytes = parameters[index].bytes;
    }
    return CUDA_SUCCESS;
}
