// Entry points that copy and fill memory. Ranges are checked when the call is made.
#include "capture.h"

#include <cstring>

namespace {

enum class Kind { HOST, DEVICE };

struct Side {
    Kind kind;
    uintptr_t address;
};

bool valid(Side side, size_t bytes) {
    return side.kind == Kind::HOST ? side.address != 0 : reachable(side.address, bytes);
}

bool pageable(Side side) {
    return side.kind == Kind::HOST && driver().host.find(side.address, 1) == nullptr;
}

Work copy_work(Side to, Side from, size_t bytes) {
    Work work;
    work.type = NODE_MEMCPY;
    work.run = [=] {
        std::memmove(reinterpret_cast<void*>(to.address), reinterpret_cast<const void*>(from.address), bytes);
        return CUDA_SUCCESS;
    };
    return work;
}

CUresult copy(Side to, Side from, size_t bytes) {
    Call call;
    if (call.error != CUDA_SUCCESS || bytes == 0) {
        return call.error;
    }
    if (!valid(to, bytes) || !valid(from, bytes)) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    return run_now(call, copy_work(to, from, bytes));
}

// Pageable memory is staged, as CUDA does it: the caller may change a source at once, and a target is written when the
// call returns. Pinned memory is read and written whenever the stream comes to it.
CUresult copy(Side to, Side from, size_t bytes, CUstream handle) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Stream> stream = call.stream(handle);
    if (stream == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (bytes == 0) {
        return CUDA_SUCCESS;
    }
    if (!valid(to, bytes) || !valid(from, bytes)) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    Work work = copy_work(to, from, bytes);
    const bool capturing = stream->capture != nullptr;
    if (!capturing && driver().settings.asynchronous && pageable(from)) {
        const auto* source = reinterpret_cast<const char*>(from.address);
        work.run = [to, staged = std::vector<char>(source, source + bytes)] {
            std::memcpy(reinterpret_cast<void*>(to.address), staged.data(), staged.size());
            return CUDA_SUCCESS;
        };
    }
    const CUresult error = submit(call, handle, std::move(work));
    if (error == CUDA_SUCCESS && !capturing && pageable(to)) {
        wait_for(call.lock, {everything(stream)});
        return call.context->failure;
    }
    return error;
}

template <class T> Work fill_work(CUdeviceptr address, size_t pitch, T value, size_t width, size_t height) {
    Work work;
    work.type = NODE_MEMSET;
    work.run = [=] {
        for (size_t row = 0; row < height; row++) {
            T* words = reinterpret_cast<T*>(address + row * pitch);
            for (size_t i = 0; i < width; i++) {
                words[i] = value;
            }
        }
        return CUDA_SUCCESS;
    };
    return work;
}

// stream = nullptr: the call waits, which CUDA leaves open for device memory.
template <class T>
CUresult fill(CUdeviceptr address, size_t pitch, T value, size_t width, size_t height, const CUstream* stream) {
    Call call;
    if (call.error != CUDA_SUCCESS || width == 0 || height == 0) {
        return call.error;
    }
    if (address % sizeof(T) != 0 || !reachable(address, (height - 1) * pitch + width * sizeof(T))) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    Work work = fill_work(address, pitch, value, width, height);
    return stream == nullptr ? run_now(call, std::move(work)) : submit(call, *stream, std::move(work));
}

Side host(const void* address) {
    return {Kind::HOST, reinterpret_cast<uintptr_t>(address)};
}

Side device(CUdeviceptr address) {
    return {Kind::DEVICE, static_cast<uintptr_t>(address)};
}

// One end of a two-dimensional copy: the address of its first byte.
bool resolve(CUmemorytype type, const void* on_host, CUdeviceptr on_device, size_t x, size_t y, size_t pitch, Side* side) {
    if (type != MEMORY_HOST && type != MEMORY_DEVICE && type != MEMORY_UNIFIED) {
        return false; // arrays are for textures
    }
    *side = type == MEMORY_HOST ? host(on_host) : device(on_device);
    side->address += y * pitch + x;
    return true;
}

CUresult copy_2d(const CUDA_MEMCPY2D* plan, const CUstream* stream) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const CUDA_MEMCPY2D& p = *plan;
    const size_t from_pitch = p.srcPitch == 0 ? p.WidthInBytes : p.srcPitch;
    const size_t to_pitch = p.dstPitch == 0 ? p.WidthInBytes : p.dstPitch;
    Side from, to;
    if (!resolve(p.srcMemoryType, p.srcHost, p.srcDevice, p.srcXInBytes, p.srcY, from_pitch, &from)
        || !resolve(p.dstMemoryType, p.dstHost, p.dstDevice, p.dstXInBytes, p.dstY, to_pitch, &to)) {
        return CUDA_ERROR_NOT_SUPPORTED;
    }
    if (p.WidthInBytes == 0 || p.Height == 0) {
        return CUDA_SUCCESS;
    }
    const size_t width = p.WidthInBytes, height = p.Height;
    if (from_pitch < width || to_pitch < width || !valid(from, (height - 1) * from_pitch + width)
        || !valid(to, (height - 1) * to_pitch + width)) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    Work work;
    work.type = NODE_MEMCPY;
    work.run = [=] {
        for (size_t row = 0; row < height; row++) {
            std::memcpy(reinterpret_cast<void*>(to.address + row * to_pitch),
                        reinterpret_cast<const void*>(from.address + row * from_pitch), width);
        }
        return CUDA_SUCCESS;
    };
    return stream == nullptr ? run_now(call, std::move(work)) : submit(call, *stream, std::move(work));
}

} // namespace

DRIVER cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
    return copy(device(to), host(from), bytes);
}

DRIVER cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
    return copy(host(to), device(from), bytes);
}

DRIVER cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return copy(device(to), device(from), bytes);
}

DRIVER cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
    return copy(device(to), host(from), bytes, stream);
}

DRIVER cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return copy(host(to), device(from), bytes, stream);
}

DRIVER cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return copy(device(to), device(from), bytes, stream);
}

// Addresses say by themselves where they belong, but pageable memory cannot be told from a wrong pointer: refused here.
DRIVER cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return copy(device(to), device(from), bytes);
}

DRIVER cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return copy(device(to), device(from), bytes, stream);
}

DRIVER cuMemcpyPeer(CUdeviceptr to, CUcontext, CUdeviceptr from, CUcontext, size_t bytes) {
    return copy(device(to), device(from), bytes);
}

DRIVER cuMemcpyPeerAsync(CUdeviceptr to, CUcontext, CUdeviceptr from, CUcontext, size_t bytes, CUstream stream) {
    return copy(device(to), device(from), bytes, stream);
}

DRIVER cuMemcpy2D_v2(const CUDA_MEMCPY2D* plan) {
    return copy_2d(plan, nullptr);
}

DRIVER cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* plan) {
    return copy_2d(plan, nullptr);
}

DRIVER cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* plan, CUstream stream) {
    return copy_2d(plan, &stream);
}

DRIVER cuMemsetD8_v2(CUdeviceptr address, uint8_t value, size_t count) {
    return fill(address, 0, value, count, 1, nullptr);
}

DRIVER cuMemsetD16_v2(CUdeviceptr address, uint16_t value, size_t count) {
    return fill(address, 0, value, count, 1, nullptr);
}

DRIVER cuMemsetD32_v2(CUdeviceptr address, uint32_t value, size_t count) {
    return fill(address, 0, value, count, 1, nullptr);
}

DRIVER cuMemsetD8Async(CUdeviceptr address, uint8_t value, size_t count, CUstream stream) {
    return fill(address, 0, value, count, 1, &stream);
}

DRIVER cuMemsetD16Async(CUdeviceptr address, uint16_t value, size_t count, CUstream stream) {
    return fill(address, 0, value, count, 1, &stream);
}

DRIVER cuMemsetD32Async(CUdeviceptr address, uint32_t value, size_t count, CUstream stream) {
    return fill(address, 0, value, count, 1, &stream);
}

DRIVER cuMemsetD2D8_v2(CUdeviceptr address, size_t pitch, uint8_t value, size_t width, size_t height) {
    return fill(address, pitch, value, width, height, nullptr);
}

DRIVER cuMemsetD2D32_v2(CUdeviceptr address, size_t pitch, uint32_t value, size_t width, size_t height) {
    return fill(address, pitch, value, width, height, nullptr);
}

DRIVER cuMemsetD2D8Async(CUdeviceptr address, size_t pitch, uint8_t value, size_t width, size_t height, CUstream stream) {
    return fill(address, pitch, value, width, height, &stream);
}

DRIVER cuMemsetD2D32Async(CUdeviceptr address, size_t pitch, uint32_t value, size_t width, size_t height,
                          CUstream stream) {
    return fill(address, pitch, value, width, height, &stream);
}
