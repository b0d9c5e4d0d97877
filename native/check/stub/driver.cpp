#include "driver.h"
#include "capture.h"
#include "launch.h"

#include <atomic>
#include <cstdlib>

namespace {

const char* environment(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? otherwise : value;
}

size_t bytes(const char* text) {
    char* unit = nullptr;
    const size_t number = std::strtoull(text, &unit, 10);
    switch (*unit) {
        case 'k': case 'K': return number << 10;
        case 'm': case 'M': return number << 20;
        case 'g': case 'G': return number << 30;
        default: return number;
    }
}

} // namespace

uintptr_t next_handle() {
    // Far from the first and the last pages; no address of a process on Linux looks like it.
    static std::atomic<uintptr_t> next{0x0D0B'1E00'0000'0000};
    return next += 16;
}

Driver& driver() {
    static auto* instance = new Driver;
    return *instance;
}

Settings read_settings() {
    Settings settings;
    settings.devices = std::atoi(environment("PERIGEE_STUB_DEVICES", "1"));
    settings.capability = static_cast<int>(std::atof(environment("PERIGEE_STUB_CAPABILITY", "9.0")) * 10 + 0.5);
    settings.version = std::atoi(environment("PERIGEE_STUB_VERSION", "13000"));
    settings.memory = bytes(environment("PERIGEE_STUB_MEMORY", "256M"));
    settings.asynchronous = std::getenv("PERIGEE_STUB_ASYNC") != nullptr;
    settings.delay_microseconds = std::atoi(environment("PERIGEE_STUB_ASYNC", "0"));
    settings.failing_kernel = environment("PERIGEE_STUB_FAIL", "");
    if (const size_t colon = settings.failing_kernel.find(':'); colon != std::string::npos) {
        settings.failing_launch = std::atoi(settings.failing_kernel.c_str() + colon + 1);
        settings.failing_kernel.resize(colon);
    }
    return settings;
}

std::vector<CUcontext>& context_stack() {
    static thread_local std::vector<CUcontext> stack;
    return stack;
}

Call::Call(Needs needs) : lock(driver().lock) {
    if (needs == NOTHING) {
        return;
    }
    if (!driver().initialised) {
        error = CUDA_ERROR_NOT_INITIALIZED;
        return;
    }
    const auto& stack = context_stack();
    context = stack.empty() ? nullptr : driver().contexts.find(stack.back());
    if (needs != CONTEXT) {
        return;
    }
    if (context == nullptr) {
        error = stack.empty() || stack.back() == nullptr ? CUDA_ERROR_INVALID_CONTEXT : CUDA_ERROR_CONTEXT_IS_DESTROYED;
    } else {
        error = context->failure;
    }
}

Device& Call::device() const {
    return driver().devices[context->device];
}

std::shared_ptr<Stream> Call::stream(CUstream handle) const {
    if (reinterpret_cast<uintptr_t>(handle) <= STREAM_PER_THREAD) {
        return context->null_stream;
    }
    std::shared_ptr<Stream> stream = driver().streams.find(handle);
    return stream == nullptr || stream->context != context ? nullptr : stream;
}

std::shared_ptr<Context> create_context(int device, unsigned flags, bool primary) {
    auto context = std::make_shared<Context>();
    context->device = device;
    context->flags = flags;
    context->primary = primary;
    driver().contexts.add(context);
    context->null_stream = std::make_shared<Stream>();
    context->null_stream->context = context;
    driver().streams.add(context->null_stream);
    return context;
}

void destroy_context(Lock& lock, const std::shared_ptr<Context>& context) {
    wait_for(lock, everything(*context));
    Driver& all = driver();
    if (all.contexts.remove(context->handle) == nullptr) {
        return; // another thread was faster
    }
    context->destroyed = true;
    const auto of_context = [&](const auto& object) { return object.context == context; };
    all.streams.remove_if(of_context);
    all.events.remove_if(of_context);
    all.functions.remove_if(of_context);
    all.modules.remove_if(of_context);
    all.executables.remove_if(of_context);
    all.devices[context->device].memory.release_all(context.get());
    context->null_stream = nullptr;
}
