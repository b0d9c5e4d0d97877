#include "client.h"

#include <numeric>

void test_memory() {
    const Ready ready;
    size_t free, total, after;
    OK("cuMemGetInfo_v2", &free, &total);
    EXPECT(total == 4u << 20 && free == total);

    const CUdeviceptr values = allocate(1000);
    EXPECT(values % 256 == 0);
    std::vector<unsigned char> bytes(1000);
    OK("cuMemcpyDtoH_v2", bytes.data(), values, 1000);
    EXPECT(bytes[0] == 0xCD && bytes[999] == 0xCD);

    // Copies stay within an allocation.
    std::iota(bytes.begin(), bytes.end(), 0);
    OK("cuMemcpyHtoD_v2", values, bytes.data(), 1000);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemcpyHtoD_v2", values, bytes.data(), 1001);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemcpyDtoH_v2", bytes.data(), values + 1, 1000);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemcpyDtoH_v2", bytes.data(), values - 1, 1);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemcpyDtoHAsync_v2", bytes.data(), values + 999, 2, nullptr);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemcpyHtoD_v2", bytes.data(), bytes.data(), 10);
    const CUdeviceptr copy = allocate(1000);
    OK("cuMemcpyDtoD_v2", copy + 8, values, 992);
    std::vector<unsigned char> back(992);
    OK("cuMemcpyDtoH_v2", back.data(), copy + 8, 992);
    EXPECT(std::memcmp(back.data(), bytes.data(), 992) == 0);

    OK("cuMemsetD8_v2", values, 7, 3);
    OK("cuMemsetD32_v2", values + 4, 0xFF800000, 2);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemsetD32_v2", values + 2, 0, 1);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemsetD32_v2", values, 0, 251);
    OK("cuMemcpyDtoH_v2", bytes.data(), values, 16);
    EXPECT(bytes[2] == 7 && bytes[3] == 3 && bytes[6] == 0x80 && bytes[11] == 0xFF && bytes[12] == 12);

    // Out of memory changes nothing.
    CUdeviceptr large;
    GIVES(CUDA_ERROR_OUT_OF_MEMORY, "cuMemAlloc_v2", &large, total);
    GIVES(CUDA_ERROR_OUT_OF_MEMORY, "cuMemAlloc_v2", &large, ~0ull);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemAlloc_v2", &large, 0);
    OK("cuMemGetInfo_v2", &after, &total);
    EXPECT(after == free - 2048);
    OK("cuMemAlloc_v2", &large, after);
    OK("cuMemFree_v2", large);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemFree_v2", large);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemFree_v2", values + 256);
    OK("cuMemFree_v2", 0);

    // Host memory, of the driver and the caller's own.
    void* pinned;
    OK("cuMemHostAlloc", &pinned, 100, 2);
    CUdeviceptr mapped;
    OK("cuMemHostGetDevicePointer_v2", &mapped, pinned, 0);
    OK("cuMemcpyDtoD_v2", mapped, copy + 8, 100);
    EXPECT(static_cast<unsigned char*>(pinned)[99] == 99);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemHostGetDevicePointer_v2", &mapped, bytes.data(), 0);
    OK("cuMemHostRegister_v2", bytes.data(), bytes.size(), 0);
    GIVES(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, "cuMemHostRegister_v2", bytes.data() + 5, 1, 0);
    OK("cuMemHostGetDevicePointer_v2", &mapped, bytes.data(), 0);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemFreeHost", bytes.data());
    OK("cuMemHostUnregister", bytes.data());
    GIVES(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, "cuMemHostUnregister", bytes.data());
    OK("cuMemFreeHost", pinned);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemFreeHost", pinned);

    // Rows of 5 out of rows of 20, to rows of 8.
    std::vector<unsigned char> table(60);
    std::iota(table.begin(), table.end(), 0);
    CUDA_MEMCPY2D plan = {};
    plan.srcMemoryType = MEMORY_HOST;
    plan.srcHost = table.data();
    plan.srcPitch = 20;
    plan.srcXInBytes = 2;
    plan.dstMemoryType = MEMORY_DEVICE;
    plan.dstDevice = copy;
    plan.dstPitch = 8;
    plan.WidthInBytes = 5;
    plan.Height = 3;
    OK("cuMemcpy2D_v2", &plan);
    OK("cuMemcpyDtoH_v2", back.data(), copy, 24);
    EXPECT(back[0] == 2 && back[8] == 22 && back[20] == 46);
    plan.Height = 200;
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemcpy2D_v2", &plan);

    OK("cuMemAllocAsync", &large, 512, nullptr);
    OK("cuMemFreeAsync", large, nullptr);
    OK("cuCtxSynchronize");
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuMemFreeAsync", large, nullptr);
}
