// Entry points that allocate, release and describe memory.
#include "capture.h"

namespace {

// CUDA's cuMemFree waits for what is under way, and so may not be used to free what a blocked stream needs.
CUresult release(CUdeviceptr address) {
    Call call;
    if (call.error != CUDA_SUCCESS || address == 0) {
        return call.error;
    }
    if (const CUresult error = check_not_capturing(); error != CUDA_SUCCESS) {
        return error;
    }
    wait_for(call.lock, everything(*call.context));
    for (Device& device : driver().devices) {
        if (device.memory.release(address)) {
            return call.context->failure;
        }
    }
    return CUDA_ERROR_INVALID_VALUE;
}

} // namespace

DRIVER cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (const CUresult error = check_not_capturing(); error != CUDA_SUCCESS) {
        return error;
    }
    return call.device().memory.allocate(bytes, call.context.get(), address);
}

DRIVER cuMemAllocPitch_v2(CUdeviceptr* address, size_t* pitch, size_t width, size_t height, unsigned element_bytes) {
    if (pitch == nullptr || (element_bytes != 4 && element_bytes != 8 && element_bytes != 16)) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *pitch = (width + 511) / 512 * 512;
    return cuMemAlloc_v2(address, *pitch * height);
}

DRIVER cuMemFree_v2(CUdeviceptr address) {
    return release(address);
}

// Memory is taken at once; freeing happens in the order of the stream.
DRIVER cuMemAllocAsync(CUdeviceptr* address, size_t bytes, CUstream handle) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Stream> stream = call.stream(handle);
    if (stream == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (stream->capture != nullptr) {
        return check_not_capturing(*stream); // CUDA would make a memory node
    }
    return call.device().memory.allocate(bytes, call.context.get(), address);
}

DRIVER cuMemFreeAsync(CUdeviceptr address, CUstream handle) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Stream> stream = call.stream(handle);
    if (stream == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (stream->capture != nullptr) {
        return check_not_capturing(*stream);
    }
    Memory* memory = nullptr;
    for (Device& device : driver().devices) {
        uintptr_t start = 0;
        if (device.memory.find(address, 1, &start) && start == address) {
            memory = &device.memory;
        }
    }
    if (memory == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    Work work;
    work.run = [memory, address] {
        const Lock lock(driver().lock);
        return memory->release(address) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    };
    return submit(call, handle, std::move(work));
}

DRIVER cuMemGetInfo_v2(size_t* free, size_t* total) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const Memory& memory = call.device().memory;
    if (free != nullptr) {
        *free = memory.total - memory.used();
    }
    if (total != nullptr) {
        *total = memory.total;
    }
    return CUDA_SUCCESS;
}

DRIVER cuMemGetAddressRange_v2(CUdeviceptr* start, size_t* bytes, CUdeviceptr address) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    for (const Device& device : driver().devices) {
        uintptr_t first = 0;
        size_t size = 0;
        if (device.memory.find(address, 1, &first, &size)) {
            if (start != nullptr) {
                *start = first;
            }
            if (bytes != nullptr) {
                *bytes = size;
            }
            return CUDA_SUCCESS;
        }
    }
    return CUDA_ERROR_NOT_FOUND;
}

DRIVER cuMemHostAlloc(void** address, size_t bytes, unsigned flags) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (const CUresult error = check_not_capturing(); error != CUDA_SUCCESS) {
        return error;
    }
    return driver().host.allocate(bytes, flags, address);
}

DRIVER cuMemAllocHost_v2(void** address, size_t bytes) {
    return cuMemHostAlloc(address, bytes, 0);
}

DRIVER cuMemFreeHost(void* address) {
    Call call;
    if (call.error != CUDA_SUCCESS || address == nullptr) {
        return call.error;
    }
    wait_for(call.lock, everything(*call.context));
    return driver().host.release(address) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

DRIVER cuMemHostRegister_v2(void* address, size_t bytes, unsigned flags) {
    Call call;
    return call.error != CUDA_SUCCESS ? call.error : driver().host.add(address, bytes, flags);
}

DRIVER cuMemHostUnregister(void* address) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    wait_for(call.lock, everything(*call.context));
    return driver().host.remove(address);
}

DRIVER cuMemHostGetDevicePointer_v2(CUdeviceptr* result, void* address, unsigned flags) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (result == nullptr || flags != 0 || driver().host.find(reinterpret_cast<uintptr_t>(address), 1) == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *result = reinterpret_cast<CUdeviceptr>(address);
    return CUDA_SUCCESS;
}

DRIVER cuMemHostGetFlags(unsigned* flags, void* address) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const HostMemory::Block* block = driver().host.find(reinterpret_cast<uintptr_t>(address), 1);
    if (flags == nullptr || block == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *flags = block->flags;
    return CUDA_SUCCESS;
}
