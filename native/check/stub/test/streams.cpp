#include "client.h"

#include <atomic>
#include <chrono>
#include <thread>

using namespace std::chrono_literals;

void test_streams() {
    const Ready ready;
    const CUfunction fill = ready.function("fill_ramp");
    const bool asynchronous = std::getenv("PERIGEE_STUB_ASYNC") != nullptr;
    const CUstream first = make_stream(), second = make_stream();
    const CUdeviceptr values = allocate(4000);

    // Events order and time the work.
    CUevent begin, end, unrecorded;
    for (CUevent* event : {&begin, &end, &unrecorded}) {
        OK("cuEventCreate", event, 0);
    }
    OK("cuEventRecord", begin, first);
    EXPECT(ramp(fill, first, values, 1000, 1, 1) == CUDA_SUCCESS);
    OK("cuEventRecord", end, first);
    if (asynchronous) {
        GIVES(CUDA_ERROR_NOT_READY, "cuEventQuery", end);
        GIVES(CUDA_ERROR_NOT_READY, "cuStreamQuery", first);
    }
    OK("cuStreamWaitEvent", second, end, 0);
    OK("cuMemsetD32Async", values, 0, 500, second);
    OK("cuStreamSynchronize", second);
    OK("cuEventQuery", end);
    const std::vector<float> read = read_floats(values, 1000);
    EXPECT(read[499] == 0 && read[500] == 501);
    float milliseconds = -1;
    OK("cuEventElapsedTime", &milliseconds, begin, end);
    EXPECT(milliseconds >= 0);
    GIVES(CUDA_ERROR_INVALID_HANDLE, "cuEventElapsedTime", &milliseconds, begin, unrecorded);
    OK("cuEventSynchronize", unrecorded);

    // A copy to pinned memory is done when the stream says so, and not before.
    float* pinned;
    OK("cuMemHostAlloc", &pinned, 4000, 0);
    pinned[999] = -1;
    OK("cuMemcpyDtoHAsync_v2", pinned, values, 4000, first);
    EXPECT(!asynchronous || pinned[999] == -1);
    OK("cuStreamSynchronize", first);
    EXPECT(pinned[999] == 1000);

    // A stream waits for a word that the host writes, and writes one itself.
    void* words;
    CUdeviceptr mapped;
    OK("cuMemHostAlloc", &words, 64, 2);
    OK("cuMemHostGetDevicePointer_v2", &mapped, words, 0);
    auto* flag = static_cast<std::atomic<uint32_t>*>(words);
    flag[0] = flag[1] = 0;
    OK("cuStreamWaitValue32_v2", first, mapped, 5, 0);
    OK("cuStreamWriteValue32_v2", first, mapped + 4, 9, 0);
    EXPECT(ramp(fill, first, values, 1000, 7, 0) == CUDA_SUCCESS);
    GIVES(CUDA_ERROR_NOT_READY, "cuStreamQuery", first);
    std::this_thread::sleep_for(5ms);
    EXPECT(flag[1] == 0);
    flag[0] = 5;
    while (flag[1] != 9) { // no call of the driver is needed
        std::this_thread::sleep_for(1ms);
    }
    OK("cuStreamSynchronize", first);
    EXPECT(read_floats(values, 1000)[999] == 7);
    GIVES(CUDA_ERROR_INVALID_VALUE, "cuStreamWriteValue32_v2", first, mapped + 2, 1, 0);

    // Host functions, after what was before them.
    static std::atomic<int> calls = 0;
    OK("cuLaunchHostFunc", second, +[](void* data) { calls += *static_cast<int*>(data); }, new int(3));
    OK("cuStreamSynchronize", second);
    EXPECT(calls == 3);

    // The null stream waits for blocking streams.
    const CUstream blocking = make_stream(0);
    EXPECT(ramp(fill, blocking, values, 1000, 5, 0) == CUDA_SUCCESS);
    EXPECT(read_floats(values, 1000)[0] == 5);
    OK("cuStreamDestroy_v2", blocking);
    GIVES(CUDA_ERROR_INVALID_HANDLE, "cuStreamSynchronize", blocking);
    OK("cuEventDestroy_v2", begin);
    GIVES(CUDA_ERROR_INVALID_HANDLE, "cuEventQuery", begin);
}

// Many threads, each with a stream of its own, one device.
void test_threads() {
    const Ready ready;
    const CUdeviceptr counter = allocate(4);
    OK("cuMemsetD32_v2", counter, 0, 1);
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; t++) {
        threads.emplace_back([&, t] {
            CUdeviceptr before;
            GIVES(CUDA_ERROR_INVALID_CONTEXT, "cuMemAlloc_v2", &before, 16);
            OK("cuCtxSetCurrent", ready.context);
            const CUstream stream = t % 2 == 0 ? make_stream(0) : make_stream();
            const CUfunction count = ready.function("count_threads"), fill = ready.function("fill_ramp");
            void* arguments[] = {const_cast<CUdeviceptr*>(&counter)};
            for (int i = 0; i < 50; i++) {
                const CUdeviceptr values = allocate(4000);
                EXPECT(ramp(fill, stream, values, 1000, static_cast<float>(t), 1) == CUDA_SUCCESS);
                OK("cuLaunchKernel", count, 2, 1, 1, 32, 1, 1, 0, stream, arguments, nullptr);
                OK("cuStreamSynchronize", stream);
                EXPECT(read_floats(values, 1000)[999] == t + 999);
                OK("cuMemFree_v2", values);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    unsigned total;
    OK("cuMemcpyDtoH_v2", &total, counter, 4);
    EXPECT(total == 8 * 50 * 64);
}
