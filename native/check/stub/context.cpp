// Contexts: primary ones, own ones, and the current one of each thread.
#include "capture.h"

namespace {

bool known(CUdevice device) {
    return device >= 0 && device < static_cast<int>(driver().devices.size());
}

} // namespace

DRIVER cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
    Call call(Call::INITIALISED);
    if (call.error != CUDA_SUCCESS || !known(device)) {
        return call.error != CUDA_SUCCESS ? call.error : CUDA_ERROR_INVALID_DEVICE;
    }
    if (context == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    Device& owner = driver().devices[device];
    if (owner.primary == nullptr) {
        owner.primary = create_context(device, owner.primary_flags, true);
    }
    owner.retained++;
    *context = owner.primary->handle;
    return CUDA_SUCCESS;
}

DRIVER cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    Call call(Call::INITIALISED);
    if (call.error != CUDA_SUCCESS || !known(device)) {
        return call.error != CUDA_SUCCESS ? call.error : CUDA_ERROR_INVALID_DEVICE;
    }
    Device& owner = driver().devices[device];
    if (owner.retained == 0) {
        return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (--owner.retained == 0) {
        const std::shared_ptr<Context> context = std::move(owner.primary);
        destroy_context(call.lock, context);
    }
    return CUDA_SUCCESS;
}

// Frees everything, whoever retains it: also the way out of a failed kernel.
DRIVER cuDevicePrimaryCtxReset_v2(CUdevice device) {
    Call call(Call::INITIALISED);
    if (call.error != CUDA_SUCCESS || !known(device)) {
        return call.error != CUDA_SUCCESS ? call.error : CUDA_ERROR_INVALID_DEVICE;
    }
    Device& owner = driver().devices[device];
    if (owner.primary != nullptr) {
        const std::shared_ptr<Context> context = std::move(owner.primary);
        owner.retained = 0;
        destroy_context(call.lock, context);
    }
    return CUDA_SUCCESS;
}

DRIVER cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
    Call call(Call::INITIALISED);
    if (call.error != CUDA_SUCCESS || !known(device)) {
        return call.error != CUDA_SUCCESS ? call.error : CUDA_ERROR_INVALID_DEVICE;
    }
    driver().devices[device].primary_flags = flags;
    return CUDA_SUCCESS;
}

DRIVER cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
    Call call(Call::INITIALISED);
    if (call.error != CUDA_SUCCESS || !known(device)) {
        return call.error != CUDA_SUCCESS ? call.error : CUDA_ERROR_INVALID_DEVICE;
    }
    *flags = driver().devices[device].primary_flags;
    *active = driver().devices[device].primary != nullptr;
    return CUDA_SUCCESS;
}

DRIVER cuCtxCreate_v2(CUcontext* context, unsigned flags, CUdevice device) {
    Call call(Call::INITIALISED);
    if (call.error != CUDA_SUCCESS || !known(device)) {
        return call.error != CUDA_SUCCESS ? call.error : CUDA_ERROR_INVALID_DEVICE;
    }
    *context = create_context(device, flags, false)->handle;
    context_stack().push_back(*context);
    return CUDA_SUCCESS;
}

DRIVER cuCtxDestroy_v2(CUcontext handle) {
    Call call(Call::INITIALISED);
    const std::shared_ptr<Context> context = driver().contexts.find(handle);
    if (call.error != CUDA_SUCCESS || context == nullptr || context->primary) {
        return call.error != CUDA_SUCCESS ? call.error : CUDA_ERROR_INVALID_CONTEXT;
    }
    destroy_context(call.lock, context);
    if (auto& stack = context_stack(); !stack.empty() && stack.back() == handle) {
        stack.pop_back();
    }
    return CUDA_SUCCESS;
}

DRIVER cuCtxSetCurrent(CUcontext context) {
    Call call(Call::INITIALISED);
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (context != nullptr && driver().contexts.find(context) == nullptr) {
        return CUDA_ERROR_INVALID_CONTEXT;
    }
    auto& stack = context_stack();
    if (!stack.empty()) {
        stack.pop_back();
    }
    if (context != nullptr) {
        stack.push_back(context);
    }
    return CUDA_SUCCESS;
}

DRIVER cuCtxGetCurrent(CUcontext* context) {
    Call call(Call::INITIALISED);
    if (call.error == CUDA_SUCCESS) {
        *context = context_stack().empty() ? nullptr : context_stack().back();
    }
    return call.error;
}

DRIVER cuCtxPushCurrent_v2(CUcontext context) {
    Call call(Call::INITIALISED);
    if (call.error == CUDA_SUCCESS && driver().contexts.find(context) == nullptr) {
        return CUDA_ERROR_INVALID_CONTEXT;
    }
    context_stack().push_back(context);
    return call.error;
}

DRIVER cuCtxPopCurrent_v2(CUcontext* context) {
    Call call(Call::INITIALISED);
    auto& stack = context_stack();
    if (call.error != CUDA_SUCCESS || stack.empty()) {
        return call.error != CUDA_SUCCESS ? call.error : CUDA_ERROR_INVALID_CONTEXT;
    }
    if (context != nullptr) {
        *context = stack.back();
    }
    stack.pop_back();
    return CUDA_SUCCESS;
}

DRIVER cuCtxGetDevice(CUdevice* device) {
    Call call;
    if (call.context != nullptr) {
        *device = call.context->device;
    }
    return call.error;
}

DRIVER cuCtxGetFlags(unsigned* flags) {
    Call call;
    if (call.context != nullptr) {
        *flags = call.context->flags;
    }
    return call.error;
}

DRIVER cuCtxGetApiVersion(CUcontext, unsigned* version) {
    Call call(Call::INITIALISED);
    *version = 3020;
    return call.error;
}

DRIVER cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    Call call;
    if (least != nullptr) {
        *least = 0;
    }
    if (greatest != nullptr) {
        *greatest = -5;
    }
    return call.error;
}

DRIVER cuCtxSynchronize() {
    Call call;
    if (call.error != CUDA_SUCCESS) {
        return call.error;
    }
    if (const CUresult error = check_not_capturing(); error != CUDA_SUCCESS) {
        return error;
    }
    wait_for(call.lock, everything(*call.context));
    return call.context->failure;
}
