#include "client.h"

#include <numeric>
#include <unistd.h>

void test_launches() {
    const Ready ready;
    CUmodule module;
    const unsigned char noise[16] = {1, 2, 3, 4};
    GIVES(CUDA_ERROR_INVALID_IMAGE, "cuModuleLoadData", &module, noise);
    CUfunction function;
    GIVES(CUDA_ERROR_NOT_FOUND, "cuModuleGetFunction", &function, ready.module, "no_such_kernel");
    const CUfunction fill = ready.function("fill_ramp");

    const CUdeviceptr values = allocate(1000 * sizeof(float));
    EXPECT(ramp(fill, nullptr, values, 1000, 3, 0.5) == CUDA_SUCCESS);
    std::vector<float> read = read_floats(values, 1000);
    EXPECT(read[0] == 3 && read[999] == 502.5f);

    // What a launch may not be.
    void* arguments[] = {nullptr, nullptr, nullptr, nullptr};
    int count = 1000;
    float start = 0;
    double step = 1;
    arguments[0] = const_cast<CUdeviceptr*>(&values);
    arguments[1] = &count;
    arguments[2] = &start;
    arguments[3] = &step;
    const auto launch = [&](unsigned grid, unsigned block_x, unsigned block_z, unsigned shared, CUstream stream) {
        return call("cuLaunchKernel", fill, grid, 1, 1, block_x, 1, block_z, shared, stream, arguments, nullptr);
    };
    EXPECT(launch(1, 1024, 1, 48 << 10, nullptr) == CUDA_SUCCESS);
    EXPECT(launch(0, 32, 1, 0, nullptr) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(launch(1, 0, 1, 0, nullptr) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(launch(1, 1025, 1, 0, nullptr) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(launch(1, 512, 3, 0, nullptr) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(launch(1, 1, 65, 0, nullptr) == CUDA_ERROR_INVALID_VALUE);
    EXPECT(launch(1, 32, 1, 0, reinterpret_cast<CUstream>(0x1230)) == CUDA_ERROR_INVALID_HANDLE);
    GIVES(CUDA_ERROR_INVALID_HANDLE, "cuLaunchKernel", ready.module, 1, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuLaunchKernel", fill, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr);

    // More than 48 KB of shared memory has to be asked for, and has an end.
    EXPECT(launch(1, 32, 1, (48 << 10) + 1, nullptr) == CUDA_ERROR_INVALID_VALUE);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuFuncSetAttribute", fill, 8, 232449);
    OK("cuFuncSetAttribute", fill, 8, 100'000);
    EXPECT(launch(1, 32, 1, 100'000, nullptr) == CUDA_SUCCESS);
    EXPECT(launch(1, 32, 1, 100'001, nullptr) == CUDA_ERROR_INVALID_VALUE);
    int value;
    OK("cuFuncGetAttribute", &value, 8, fill);
    EXPECT(value == 100'000);
    OK("cuOccupancyMaxActiveBlocksPerMultiprocessor", &value, fill, 256, 100'000);
    EXPECT(value == 2);
    OK("cuOccupancyMaxActiveBlocksPerMultiprocessor", &value, fill, 256, 0);
    EXPECT(value == 4); // 65,536 registers, 64 a thread

    size_t offset, bytes;
    OK("cuFuncGetParamInfo", fill, 3, &offset, &bytes);
    EXPECT(offset == 16 && bytes == 8); // pointer 0, int 8, float 12, double 16
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuFuncGetParamInfo", fill, 4, &offset, &bytes);

    // Barriers and dynamic shared memory.
    const int n = 5000, threads = 128, blocks = (n + threads - 1) / threads;
    std::vector<int> numbers(n);
    std::iota(numbers.begin(), numbers.end(), 1);
    const CUdeviceptr input = allocate(n * sizeof(int)), sums = allocate(blocks * sizeof(long long));
    OK("cuMemcpyHtoD_v2", input, numbers.data(), n * sizeof(int));
    void* of_sum[] = {const_cast<CUdeviceptr*>(&input), const_cast<int*>(&n), const_cast<CUdeviceptr*>(&sums)};
    OK("cuLaunchKernel", ready.function("sum_blocks"), blocks, 1, 1, threads, 1, 1, threads * 8, nullptr, of_sum, nullptr);
    std::vector<long long> partial(blocks);
    OK("cuMemcpyDtoH_v2", partial.data(), sums, blocks * sizeof(long long));
    EXPECT(std::accumulate(partial.begin(), partial.end(), 0LL) == n * (n + 1LL) / 2);

    OK("cuLaunchKernel", ready.function("nothing"), 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr);
    OK("cuModuleUnload", ready.module);
    EXPECT(launch(1, 32, 1, 0, nullptr) == CUDA_ERROR_INVALID_HANDLE);
}

// PERIGEE_STUB_FAIL=fill_ramp:2: an error sticks to the context until it is gone.
void test_failure() {
    Ready ready;
    const CUfunction fill = ready.function("fill_ramp");
    const CUdeviceptr values = allocate(400);
    EXPECT(ramp(fill, nullptr, values, 100, 1, 0) == CUDA_SUCCESS);
    OK("cuCtxSynchronize");
    ramp(fill, nullptr, values, 100, 2, 0);
    GIVES(CUDA_ERROR_ILLEGAL_ADDRESS, "cuCtxSynchronize");
    CUdeviceptr address;
    GIVES(CUDA_ERROR_ILLEGAL_ADDRESS, "cuMemAlloc_v2", &address, 16);
    GIVES(CUDA_ERROR_ILLEGAL_ADDRESS, "cuMemFree_v2", values);
    OK("cuDevicePrimaryCtxReset_v2", 0);
    GIVES(CUDA_ERROR_CONTEXT_IS_DESTROYED, "cuMemAlloc_v2", &address, 16);
    const Ready again;
    EXPECT(ramp(again.function("fill_ramp"), nullptr, allocate(400), 100, 1, 0) == CUDA_SUCCESS);
    OK("cuCtxSynchronize");
}

// With PERIGEE_STUB_CAPABILITY=7.5 this ends the process, as the next test does: see CMakeLists.txt.
void test_capability() {
    const Ready ready;
    CUdeviceptr from = allocate(16), to = allocate(16);
    void* arguments[] = {&from, &to};
    OK("cuMemsetD32_v2", from, 0x3F800000, 4);
    OK("cuLaunchKernel", ready.function("copy_16"), 1, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr);
    EXPECT(read_floats(to, 4)[3] == 1);
}

void test_overrun() {
    const Ready ready;
    int count = 25;
    CUdeviceptr values = allocate(count * sizeof(int));
    void* arguments[] = {&values, &count};
    call("cuLaunchKernel", ready.function("overrun"), 1, 1, 1, 1, 1, 1, 0, nullptr, arguments, nullptr);
    OK("cuCtxSynchronize");
}

// For with_stub.sh.
void test_until_killed() {
    const Ready ready;
    EXPECT(ramp(ready.function("fill_ramp"), nullptr, allocate(400), 100, 1, 0) == CUDA_SUCCESS);
    OK("cuCtxSynchronize");
    std::fprintf(stderr, "launched\n");
    while (true) {
        pause();
    }
}
