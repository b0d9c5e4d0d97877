// Entry points of events.
#include "capture.h"

#include <algorithm>

namespace {

template <class F> CUresult with_event(CUevent handle, F action) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    const std::shared_ptr<Event> event = driver().events.find(handle);
    return event == nullptr ? CUDA_ERROR_INVALID_HANDLE : action(call, event);
}

} // namespace

DRIVER cuEventCreate(CUevent* result, unsigned flags) {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (result == nullptr || flags > 7) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    auto event = std::make_shared<Event>();
    event->context = call.context;
    event->flags = flags;
    *result = driver().events.add(event);
    return CUDA_SUCCESS;
}

DRIVER cuEventDestroy_v2(CUevent handle) {
    return with_event(handle, [&](Call&, const std::shared_ptr<Event>&) {
        driver().events.remove(handle);
        return CUDA_SUCCESS;
    });
}

DRIVER cuEventRecord(CUevent handle, CUstream stream_handle) {
    return with_event(handle, [&](Call& call, const std::shared_ptr<Event>& event) {
        const std::shared_ptr<Stream> stream = call.stream(stream_handle);
        if (stream == nullptr || event->context != call.context) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        if (stream->capture != nullptr) {
            if (stream->capture->invalidated) {
                return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
            }
            event->capture = stream->capture;
            event->frontier = stream->frontier;
            return CUDA_SUCCESS;
        }
        if (const CUresult error = check_no_implicit_capture(*stream); error != CUDA_SUCCESS) {
            return error;
        }
        const auto time = std::make_shared<Clock::time_point>();
        event->capture = nullptr;
        event->recorded = {stream, stream->submitted + 1};
        event->time = time;
        Work work;
        work.run = [time] {
            *time = Clock::now();
            return CUDA_SUCCESS;
        };
        return submit(call, stream_handle, std::move(work));
    });
}

DRIVER cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned flags) {
    return flags != 0 ? CUDA_ERROR_INVALID_VALUE : cuEventRecord(event, stream);
}

DRIVER cuEventQuery(CUevent handle) {
    return with_event(handle, [](Call& call, const std::shared_ptr<Event>& event) {
        if (event->capture != nullptr) {
            return CUDA_ERROR_CAPTURED_EVENT;
        }
        return event->recorded.done() ? call.context->failure : CUDA_ERROR_NOT_READY;
    });
}

DRIVER cuEventSynchronize(CUevent handle) {
    return with_event(handle, [](Call& call, const std::shared_ptr<Event>& event) {
        if (event->capture != nullptr) {
            return CUDA_ERROR_CAPTURED_EVENT;
        }
        wait_for(call.lock, {event->recorded});
        return call.context->failure;
    });
}

DRIVER cuEventElapsedTime(float* milliseconds, CUevent start_handle, CUevent end_handle) {
    return with_event(start_handle, [&](Call&, const std::shared_ptr<Event>& start) {
        const std::shared_ptr<Event> end = driver().events.find(end_handle);
        if (end == nullptr || start->time == nullptr || end->time == nullptr
            || ((start->flags | end->flags) & EVENT_DISABLE_TIMING) != 0) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        if (!start->recorded.done() || !end->recorded.done()) {
            return CUDA_ERROR_NOT_READY;
        }
        *milliseconds = std::chrono::duration<float, std::milli>(*end->time - *start->time).count();
        return CUDA_SUCCESS;
    });
}

DRIVER cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end) {
    return cuEventElapsedTime(milliseconds, start, end);
}

DRIVER cuStreamWaitEvent(CUstream stream_handle, CUevent handle, unsigned) {
    return with_event(handle, [&](Call& call, const std::shared_ptr<Event>& event) {
        const std::shared_ptr<Stream> stream = call.stream(stream_handle);
        if (stream == nullptr) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        if (event->capture != nullptr) { // the stream joins that capture
            if (stream->capture != nullptr && stream->capture != event->capture) {
                event->capture->invalidated = stream->capture->invalidated = true;
                return CUDA_ERROR_STREAM_CAPTURE_MERGE;
            }
            if (stream == call.context->null_stream) {
                event->capture->invalidated = true;
                return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
            }
            stream->capture = event->capture;
            for (const size_t node : event->frontier) {
                if (std::find(stream->frontier.begin(), stream->frontier.end(), node) == stream->frontier.end()) {
                    stream->frontier.push_back(node);
                }
            }
            return CUDA_SUCCESS;
        }
        if (stream->capture != nullptr) {
            stream->capture->invalidated = true;
            return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
        }
        Work work;
        work.ready = [ticket = event->recorded] { return ticket.done(); };
        return submit(call, stream_handle, std::move(work));
    });
}
