#include "client.h"

#include <string>

namespace {

int attribute(int number, CUdevice device = 0) {
    int value;
    OK("cuDeviceGetAttribute", &value, number, device);
    return value;
}

int environment(const char* name, int otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr ? otherwise : std::atoi(value);
}

} // namespace

void test_devices() {
    int number = 0;
    GIVES(CUDA_ERROR_NOT_INITIALIZED, "cuDeviceGetCount", &number);
    OK("cuDriverGetVersion", &number);
    EXPECT(number == environment("PERIGEE_STUB_VERSION", 13000));
    const int devices = environment("PERIGEE_STUB_DEVICES", 1);
    if (devices == 0) {
        GIVES(CUDA_ERROR_NO_DEVICE, "cuInit", 0);
        return;
    }
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuInit", 1);
    OK("cuInit", 0);
    OK("cuDeviceGetCount", &number);
    EXPECT(number == devices);
    GIVES(CUDA_ERROR_INVALID_DEVICE, "cuDeviceGet", &number, devices);
    OK("cuDeviceGet", &number, devices - 1);

    char name[64];
    OK("cuDeviceGetName", name, sizeof name, number);
    EXPECT(std::string(name).find("test double") != std::string::npos);
    OK("cuDeviceGetName", name, 5, number);
    EXPECT(std::string(name) == "Peri");

    size_t bytes;
    OK("cuDeviceTotalMem_v2", &bytes, 0);
    EXPECT(bytes == 256u << 20);

    int major, minor;
    OK("cuDeviceComputeCapability", &major, &minor, 0);
    EXPECT(attribute(75) == major && attribute(76) == minor);
    const bool turing = major == 7;
    EXPECT(attribute(97) == (turing ? 65536 : 232448));
    EXPECT(attribute(39) == (turing ? 1024 : 2048));
    EXPECT(attribute(10) == 32 && attribute(1) == 1024 && attribute(8) == 49152 && attribute(16) > 0);
    EXPECT(attribute(33, 0) != 0 && attribute(41) == 1);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuDeviceGetAttribute", &number, 0, 0);

    const char* text;
    OK("cuGetErrorName", CUDA_ERROR_OUT_OF_MEMORY, &text);
    EXPECT(std::string(text) == "CUDA_ERROR_OUT_OF_MEMORY");
    OK("cuGetErrorString", CUDA_ERROR_OUT_OF_MEMORY, &text);
    EXPECT(std::string(text) == "out of memory");
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuGetErrorName", 12345, &text);
    void* address;
    OK("cuGetProcAddress_v2", "cuMemAlloc", &address, 12000, 0, nullptr);
    EXPECT(address == dlsym(library, "cuMemAlloc_v2"));
    GIVES(CUDA_ERROR_NOT_FOUND, "cuGetProcAddress_v2", "cuNothing", &address, 12000, 0, nullptr);
    GIVES(CUDA_ERROR_NOT_SUPPORTED, "cuArrayCreate_v2", nullptr, nullptr);
}

void test_contexts() {
    OK("cuInit", 0);
    CUdeviceptr address;
    GIVES(CUDA_ERROR_INVALID_CONTEXT, "cuMemAlloc_v2", &address, 16);
    CUcontext primary, again, own, current;
    OK("cuDevicePrimaryCtxRetain", &primary, 0);
    OK("cuDevicePrimaryCtxRetain", &again, 0);
    EXPECT(primary == again);
    OK("cuCtxSetCurrent", primary);
    const CUdeviceptr kept = allocate(1000);

    OK("cuCtxCreate_v2", &own, 0, 0);
    OK("cuCtxGetCurrent", &current);
    EXPECT(current == own);
    const CUstream stream = make_stream();
    size_t free_with, free_without, total;
    allocate(100'000);
    OK("cuMemGetInfo_v2", &free_with, &total);
    OK("cuCtxDestroy_v2", own);
    OK("cuCtxGetCurrent", &current);
    EXPECT(current == primary);
    OK("cuMemGetInfo_v2", &free_without, &total);
    EXPECT(free_without == free_with + 100'096); // its memory went with it
    GIVES(CUDA_ERROR_INVALID_HANDLE, "cuStreamSynchronize", stream);
    GIVES(CUDA_ERROR_INVALID_CONTEXT, "cuCtxSetCurrent", own);

    OK("cuDevicePrimaryCtxRelease_v2", 0);
    OK("cuMemFree_v2", kept);
    OK("cuDevicePrimaryCtxRelease_v2", 0);
    GIVES(CUDA_ERROR_CONTEXT_IS_DESTROYED, "cuMemAlloc_v2", &address, 16);
    GIVES(CUDA_ERROR_INVALID_CONTEXT, "cuDevicePrimaryCtxRelease_v2", 0);
    OK("cuDevicePrimaryCtxRetain", &again, 0);
    EXPECT(again != primary);

    // A stream, a function and an event serve their own context only.
    CUcontext other;
    OK("cuCtxSetCurrent", again);
    OK("cuDevicePrimaryCtxRetain", &other, 1);
    const CUstream foreign = make_stream();
    OK("cuCtxSetCurrent", other);
    GIVES(CUDA_ERROR_INVALID_HANDLE, "cuStreamSynchronize", foreign);
    CUdevice device;
    OK("cuCtxGetDevice", &device);
    EXPECT(device == 1);
}
