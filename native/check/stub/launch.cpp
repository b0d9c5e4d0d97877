#include "launch.h"
#include "device_table.h"

#include <algorithm>
#include <cstring>

namespace {

// Kernels run one at a time: fibres of two of them would share the blocks' static memory.
std::mutex& running() {
    static auto* mutex = new std::mutex;
    return *mutex;
}

// Whether PERIGEE_STUB_FAIL names this launch.
bool told_to_fail(const Kernel& kernel) {
    static int launches = 0;
    const Settings& settings = driver().settings;
    return settings.failing_kernel == kernel.name && ++launches == settings.failing_launch;
}

CUresult run(const Launch& launch) {
    const std::lock_guard one_at_a_time(running());
    const Kernel& kernel = *launch.kernel;
    count_launch(kernel);
    if (told_to_fail(kernel)) {
        return CUDA_ERROR_ILLEGAL_ADDRESS;
    }
    kernel.run(kernel.name, launch.arguments.data(), launch.grid, launch.block, launch.shared_bytes);
    const Lock lock(driver().lock);
    for (const Device& device : driver().devices) {
        device.memory.check_guards(kernel.name);
    }
    return CUDA_SUCCESS;
}

bool valid(Extent grid, Extent block) {
    return grid.count() > 0 && grid.x <= 0x7FFFFFFF && grid.y <= 65535 && grid.z <= 65535 && block.count() > 0
        && block.x <= 1024 && block.y <= 1024 && block.z <= 64 && block.count() <= 1024;
}

} // namespace

CUresult make_launch(const Call& call, CUfunction handle, Extent grid, Extent block, unsigned shared_bytes,
                     void* const* parameters, std::shared_ptr<const Launch>* result) {
    const std::shared_ptr<Function> function = driver().functions.find(handle);
    if (function == nullptr || function->context != call.context) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    const Kernel& kernel = *function->kernel;
    if (!valid(grid, block) || shared_bytes > function->max_dynamic_shared
        || (parameters == nullptr && !kernel.parameters.empty())) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    auto launch = std::make_shared<Launch>();
    launch->kernel = &kernel;
    launch->function = handle;
    launch->grid = grid;
    launch->block = block;
    launch->shared_bytes = shared_bytes;
    std::vector<size_t> offsets;
    size_t bytes = 0;
    for (const Parameter& parameter : kernel.parameters) {
        bytes = (bytes + parameter.alignment - 1) / parameter.alignment * parameter.alignment;
        offsets.push_back(bytes);
        bytes += parameter.bytes;
    }
    launch->bytes.resize(bytes);
    for (size_t i = 0; i < offsets.size(); i++) {
        if (parameters[i] == nullptr) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        launch->arguments.push_back(launch->bytes.data() + offsets[i]);
        std::memcpy(launch->arguments[i], parameters[i], kernel.parameters[i].bytes);
    }
    *result = std::move(launch);
    return CUDA_SUCCESS;
}

Work kernel_work(std::shared_ptr<const Launch> launch) {
    Work work;
    work.type = NODE_KERNEL;
    work.launch = launch;
    work.run = [launch] { return run(*launch); };
    return work;
}

DRIVER cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                      unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream stream, void** parameters,
                      void** extra) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (extra != nullptr) {
        return CUDA_ERROR_NOT_SUPPORTED;
    }
    std::shared_ptr<const Launch> launch;
    const CUresult error = make_launch(call, function, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z},
                                       shared_bytes, parameters, &launch);
    return error != CUDA_SUCCESS ? error : submit(call, stream, kernel_work(std::move(launch)));
}

// Blocks of a grid run one after another here: a kernel that waits for other blocks cannot run.
DRIVER cuLaunchCooperativeKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                                 CUstream, void**) {
    return CUDA_ERROR_NOT_SUPPORTED;
}

DRIVER cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction handle, int threads, size_t shared_bytes) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Function> function = driver().functions.find(handle);
    if (function == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (blocks == nullptr || threads <= 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    const DeviceModel& model = device_model();
    const int warps = (threads + 31) / 32;
    const size_t shared = shared_bytes + model.reserved_shared;
    const bool possible = threads <= 1024 && shared_bytes <= function->max_dynamic_shared;
    const int by_threads = model.threads / (warps * 32);
    const int by_registers = 65536 / (REGISTERS_OF_A_KERNEL * warps * 32);
    const int by_shared = shared == 0 ? model.blocks : static_cast<int>(model.shared / shared);
    *blocks = possible ? std::min({model.blocks, by_threads, by_registers, by_shared}) : 0;
    return CUDA_SUCCESS;
}

DRIVER cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction function, int threads,
                                                            size_t shared_bytes, unsigned) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, shared_bytes);
}
