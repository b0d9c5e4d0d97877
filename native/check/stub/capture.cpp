#include "capture.h"

#include <algorithm>

namespace {

// Captures that go on. Guarded by the driver's lock.
std::vector<std::shared_ptr<Capture>>& active() {
    static auto* captures = new std::vector<std::shared_ptr<Capture>>;
    return *captures;
}

// Whether all nodes at which a stream of the capture stands were joined into its origin.
bool joined(const Capture& capture) {
    std::vector<bool> reached(capture.graph->nodes.size());
    for (const size_t node : capture.origin->frontier) {
        reached[node] = true;
    }
    for (size_t node = reached.size(); node-- > 0;) { // dependencies point backwards
        if (reached[node]) {
            for (const size_t before : capture.graph->nodes[node]->after) {
                reached[before] = true;
            }
        }
    }
    bool all = true;
    driver().streams.each([&](const std::shared_ptr<Stream>& stream) {
        if (stream->capture.get() == &capture) {
            for (const size_t node : stream->frontier) {
                all = all && reached[node];
            }
        }
    });
    return all;
}

} // namespace

size_t Graph::add(Work work, std::vector<size_t> after) {
    auto node = std::make_shared<GraphNode>();
    node->work = std::move(work);
    node->after = std::move(after);
    driver().nodes.add(node);
    nodes.push_back(node);
    return nodes.size() - 1;
}

size_t Graph::index(CUgraphNode node) const {
    const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const auto& each) { return each->handle == node; });
    return found - nodes.begin();
}

CUstreamCaptureMode& thread_capture_mode() {
    static thread_local CUstreamCaptureMode mode = CAPTURE_GLOBAL;
    return mode;
}

CUresult begin_capture(const std::shared_ptr<Stream>& stream, CUstreamCaptureMode mode) {
    if (mode < CAPTURE_GLOBAL || mode > CAPTURE_RELAXED) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (stream == stream->context->null_stream) {
        return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    if (stream->capture != nullptr) {
        return CUDA_ERROR_ILLEGAL_STATE;
    }
    auto capture = std::make_shared<Capture>();
    capture->graph = std::make_shared<Graph>();
    capture->origin = stream;
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    stream->capture = capture;
    stream->frontier.clear();
    active().push_back(std::move(capture));
    return CUDA_SUCCESS;
}

CUresult end_capture(const std::shared_ptr<Stream>& stream, std::shared_ptr<Graph>* graph) {
    const std::shared_ptr<Capture> capture = stream->capture;
    if (capture == nullptr) {
        return CUDA_ERROR_ILLEGAL_STATE;
    }
    if (capture->origin != stream) {
        return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
    }
    if (capture->mode != CAPTURE_RELAXED && capture->thread != std::this_thread::get_id()) {
        return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
    }
    CUresult result = CUDA_SUCCESS;
    if (capture->invalidated) {
        result = CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    } else if (!joined(*capture)) {
        result = CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
    }
    driver().streams.each([&](const std::shared_ptr<Stream>& other) {
        if (other->capture == capture) {
            other->capture = nullptr;
            other->frontier.clear();
        }
    });
    std::erase(active(), capture);
    if (result == CUDA_SUCCESS) {
        *graph = capture->graph;
    } else {
        for (const auto& node : capture->graph->nodes) {
            driver().nodes.remove(node->handle);
        }
    }
    return result;
}

CUresult add_to_capture(Stream& stream, std::vector<Work> works) {
    Capture& capture = *stream.capture;
    if (capture.invalidated) {
        return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    for (Work& work : works) {
        stream.frontier = {capture.graph->add(std::move(work), stream.frontier)};
    }
    return CUDA_SUCCESS;
}

CUresult check_not_capturing() {
    const CUstreamCaptureMode mode = thread_capture_mode();
    if (mode == CAPTURE_RELAXED) {
        return CUDA_SUCCESS;
    }
    CUresult result = CUDA_SUCCESS;
    for (const auto& capture : active()) {
        const bool own = capture->thread == std::this_thread::get_id() && capture->mode != CAPTURE_RELAXED;
        if (own || (mode == CAPTURE_GLOBAL && capture->mode == CAPTURE_GLOBAL)) {
            capture->invalidated = true;
            result = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
    }
    return result;
}

CUresult check_not_capturing(Stream& stream) {
    if (stream.capture == nullptr) {
        return check_no_implicit_capture(stream);
    }
    stream.capture->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

CUresult check_no_implicit_capture(const Stream& stream) {
    CUresult result = CUDA_SUCCESS;
    if (&stream == stream.context->null_stream.get()) {
        for (const auto& capture : active()) {
            if (capture->origin->context == stream.context && capture->origin->blocking()) {
                capture->invalidated = true;
                result = CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
            }
        }
    }
    return result;
}
