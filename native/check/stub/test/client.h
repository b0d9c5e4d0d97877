// What the tests of the double share: calls of a loaded driver by name, and a device that is ready for use.
#pragma once
#include "driver_api.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <type_traits>
#include <vector>

inline void* library;

// Integers travel as 64 bits, which suits narrower parameters too on 64-bit Linux.
template <class T> auto widened(T value) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
        return static_cast<long long>(value);
    } else if constexpr (std::is_null_pointer_v<T>) {
        return static_cast<void*>(nullptr);
    } else {
        return value;
    }
}

template <class... A> int call(const char* name, A... arguments) {
    void* symbol = dlsym(library, name);
    if (symbol == nullptr) {
        std::fprintf(stderr, "%s is missing\n", name);
        std::exit(1);
    }
    return reinterpret_cast<int (*)(decltype(widened(arguments))...)>(symbol)(widened(arguments)...);
}

inline void expect_at(const char* file, int line, const char* what, bool holds, const char* detail = "") {
    if (!holds) {
        std::fprintf(stderr, "%s:%d: not so: %s %s\n", file, line, what, detail);
        std::exit(1);
    }
}

#define EXPECT(condition) expect_at(__FILE__, __LINE__, #condition, condition)

inline void expect_result_at(const char* file, int line, const char* what, int result, int expected) {
    char detail[64];
    std::snprintf(detail, sizeof detail, "gives %d, expected %d", result, expected);
    expect_at(file, line, what, result == expected, detail);
}

// GIVES(CUDA_SUCCESS, "cuInit", 0)
#define GIVES(result, ...) expect_result_at(__FILE__, __LINE__, #__VA_ARGS__, call(__VA_ARGS__), result)
#define OK(...) GIVES(CUDA_SUCCESS, __VA_ARGS__)

inline const unsigned char FATBIN[16] = {0x50, 0xED, 0x55, 0xBA, 1, 0, 16};

// The first device, with its primary context current and a module loaded.
struct Ready {
    CUcontext context;
    CUmodule module;

    Ready() {
        OK("cuInit", 0);
        OK("cuDevicePrimaryCtxRetain", &context, 0);
        OK("cuCtxSetCurrent", context);
        OK("cuModuleLoadData", &module, FATBIN);
    }

    CUfunction function(const char* name) const {
        CUfunction function;
        OK("cuModuleGetFunction", &function, module, name);
        return function;
    }
};

inline CUdeviceptr allocate(size_t bytes) {
    CUdeviceptr address;
    OK("cuMemAlloc_v2", &address, bytes);
    return address;
}

inline CUstream make_stream(unsigned flags = STREAM_NON_BLOCKING) {
    CUstream stream;
    OK("cuStreamCreate", &stream, flags);
    return stream;
}

// Launches fill_ramp of kernels.cu.
inline int ramp(CUfunction function, CUstream stream, CUdeviceptr values, int count, float start, double step) {
    void* arguments[] = {&values, &count, &start, &step};
    return call("cuLaunchKernel", function, (count + 63) / 64, 1, 1, 64, 1, 1, 0, stream, arguments, nullptr);
}

inline std::vector<float> read_floats(CUdeviceptr address, size_t count) {
    std::vector<float> values(count);
    OK("cuMemcpyDtoH_v2", values.data(), address, count * sizeof(float));
    return values;
}

// The tests, by the name that main takes.
void test_devices();
void test_contexts();
void test_memory();
void test_launches();
void test_failure();
void test_capability();
void test_overrun();
void test_until_killed();
void test_streams();
void test_captures();
void test_graphs();
void test_threads();
