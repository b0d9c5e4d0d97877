// Entry points of streams and of their operations on memory words.
#include "capture.h"

#include <atomic>

namespace {

uint64_t next_stream_id() {
    static std::atomic<uint64_t> next{1};
    return next++;
}

CUresult create(CUstream* result, unsigned flags, int priority) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (result == nullptr || (flags & ~STREAM_NON_BLOCKING) != 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    auto stream = std::make_shared<Stream>();
    stream->context = call.context;
    stream->flags = flags;
    stream->priority = priority > 0 ? 0 : priority < -5 ? -5 : priority;
    stream->id = next_stream_id();
    *result = driver().streams.add(stream);
    return CUDA_SUCCESS;
}

// Calls `action` with the stream behind a handle.
template <class F> CUresult with_stream(CUstream handle, F action) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Stream> stream = call.stream(handle);
    return stream == nullptr ? CUDA_ERROR_INVALID_HANDLE : action(call, stream);
}

// Flags of cuStreamWaitValue: how the word is compared.
enum Comparison : unsigned { GREATER_OR_EQUAL = 0, EQUAL = 1, AND = 2, NOR = 3 };

template <class T> bool holds(const T* word, T value, unsigned comparison) {
    const T now = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    switch (comparison) {
        case GREATER_OR_EQUAL: return static_cast<std::make_signed_t<T>>(now - value) >= 0; // cyclic
        case EQUAL: return now == value;
        case AND: return (now & value) != 0;
        default: return static_cast<T>(~(now | value)) != 0;
    }
}

template <class T> CUresult wait_value(CUstream handle, CUdeviceptr address, T value, unsigned flags) {
    return with_stream(handle, [&](Call& call, const std::shared_ptr<Stream>&) {
        if (address % sizeof(T) != 0 || !reachable(address, sizeof(T)) || (flags & ~3u) != 0) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        const auto* word = reinterpret_cast<const T*>(address);
        Work work;
        work.type = NODE_BATCH_MEM_OP;
        work.ready = [=] { return holds(word, value, flags); };
        return submit(call, handle, std::move(work));
    });
}

template <class T> CUresult write_value(CUstream handle, CUdeviceptr address, T value) {
    return with_stream(handle, [&](Call& call, const std::shared_ptr<Stream>&) {
        if (address % sizeof(T) != 0 || !reachable(address, sizeof(T))) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        auto* word = reinterpret_cast<T*>(address);
        Work work;
        work.type = NODE_BATCH_MEM_OP;
        work.run = [=] {
            __atomic_store_n(word, value, __ATOMIC_RELEASE);
            return CUDA_SUCCESS;
        };
        return submit(call, handle, std::move(work));
    });
}

} // namespace

DRIVER cuStreamCreate(CUstream* stream, unsigned flags) {
    return create(stream, flags, 0);
}

DRIVER cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority) {
    return create(stream, flags, priority);
}

// CUDA lets work that is under way finish in the background; here the call waits for it.
DRIVER cuStreamDestroy_v2(CUstream handle) {
    return with_stream(handle, [&](Call& call, const std::shared_ptr<Stream>& stream) {
        if (stream == call.context->null_stream) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        if (stream->capture != nullptr) {
            stream->capture->invalidated = true;
        }
        wait_for(call.lock, {everything(stream)});
        driver().streams.remove(handle);
        return CUDA_SUCCESS;
    });
}

DRIVER cuStreamSynchronize(CUstream handle) {
    return with_stream(handle, [](Call& call, const std::shared_ptr<Stream>& stream) {
        if (const CUresult error = check_not_capturing(*stream); error != CUDA_SUCCESS) {
            return error;
        }
        wait_for(call.lock, {everything(stream)});
        return call.context->failure;
    });
}

DRIVER cuStreamQuery(CUstream handle) {
    return with_stream(handle, [](Call& call, const std::shared_ptr<Stream>& stream) {
        if (const CUresult error = check_not_capturing(*stream); error != CUDA_SUCCESS) {
            return error;
        }
        return everything(stream).done() ? call.context->failure : CUDA_ERROR_NOT_READY;
    });
}

DRIVER cuStreamGetFlags(CUstream handle, unsigned* flags) {
    return with_stream(handle, [&](Call&, const std::shared_ptr<Stream>& stream) {
        *flags = stream->flags;
        return CUDA_SUCCESS;
    });
}

DRIVER cuStreamGetPriority(CUstream handle, int* priority) {
    return with_stream(handle, [&](Call&, const std::shared_ptr<Stream>& stream) {
        *priority = stream->priority;
        return CUDA_SUCCESS;
    });
}

DRIVER cuStreamGetCtx(CUstream handle, CUcontext* context) {
    return with_stream(handle, [&](Call& call, const std::shared_ptr<Stream>&) {
        *context = call.context->handle;
        return CUDA_SUCCESS;
    });
}

DRIVER cuStreamGetId(CUstream handle, unsigned long long* id) {
    return with_stream(handle, [&](Call&, const std::shared_ptr<Stream>& stream) {
        *id = stream->id;
        return CUDA_SUCCESS;
    });
}

DRIVER cuLaunchHostFunc(CUstream handle, CUhostFn function, void* data) {
    return with_stream(handle, [&](Call& call, const std::shared_ptr<Stream>&) {
        if (function == nullptr) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        Work work;
        work.type = NODE_HOST;
        work.run = [=] {
            function(data);
            return CUDA_SUCCESS;
        };
        return submit(call, handle, std::move(work));
    });
}

DRIVER cuStreamAddCallback(CUstream handle, CUstreamCallback function, void* data, unsigned flags) {
    return with_stream(handle, [&](Call& call, const std::shared_ptr<Stream>& stream) {
        if (function == nullptr || flags != 0) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        if (const CUresult error = check_not_capturing(*stream); error != CUDA_SUCCESS) {
            return error;
        }
        Work work;
        work.type = NODE_HOST;
        work.run = [=] {
            function(handle, CUDA_SUCCESS, data);
            return CUDA_SUCCESS;
        };
        return submit(call, handle, std::move(work));
    });
}

DRIVER cuStreamWaitValue32_v2(CUstream stream, CUdeviceptr address, uint32_t value, unsigned flags) {
    return wait_value(stream, address, value, flags);
}

DRIVER cuStreamWaitValue64_v2(CUstream stream, CUdeviceptr address, uint64_t value, unsigned flags) {
    return wait_value(stream, address, value, flags);
}

DRIVER cuStreamWriteValue32_v2(CUstream stream, CUdeviceptr address, uint32_t value, unsigned) {
    return write_value(stream, address, value);
}

DRIVER cuStreamWriteValue64_v2(CUstream stream, CUdeviceptr address, uint64_t value, unsigned) {
    return write_value(stream, address, value);
}

DRIVER cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
    return with_stream(handle, [&](Call&, const std::shared_ptr<Stream>& stream) { return begin_capture(stream, mode); });
}

DRIVER cuStreamEndCapture(CUstream handle, CUgraph* result) {
    return with_stream(handle, [&](Call&, const std::shared_ptr<Stream>& stream) {
        if (result == nullptr) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        *result = nullptr;
        std::shared_ptr<Graph> graph;
        const CUresult error = end_capture(stream, &graph);
        if (error == CUDA_SUCCESS) {
            *result = driver().graphs.add(graph);
        }
        return error;
    });
}

DRIVER cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* status) {
    return with_stream(handle, [&](Call&, const std::shared_ptr<Stream>& stream) {
        const Capture* capture = stream->capture.get();
        *status = capture == nullptr ? CAPTURE_NONE : capture->invalidated ? CAPTURE_INVALIDATED : CAPTURE_ACTIVE;
        return CUDA_SUCCESS;
    });
}

DRIVER cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
    if (mode == nullptr || *mode < CAPTURE_GLOBAL || *mode > CAPTURE_RELAXED) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    std::swap(*mode, thread_capture_mode());
    return CUDA_SUCCESS;
}
