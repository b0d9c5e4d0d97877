// Flows of control with stacks of their own, and the switch from one to another.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define HOST_CUDA_ASAN 1
#else
#define HOST_CUDA_ASAN 0
#endif

#if !defined(__x86_64__)
#define HOST_CUDA_UCONTEXT 1
#endif
#ifdef HOST_CUDA_UCONTEXT
#include <ucontext.h>
#endif

// The race build sees every access of instrumented code: those of the host's own functions are not the kernel's.
#ifdef HOST_CUDA_RACE
#define HOST_CUDA_QUIET __attribute__((no_sanitize("thread"), noinline))
#else
#define HOST_CUDA_QUIET
#endif

namespace host_cuda {

#ifdef HOST_CUDA_UCONTEXT
using Registers = ucontext_t;
#else
using Registers = void*; // the stack pointer; what a call must preserve lies on the stack

extern "C" void host_cuda_switch(Registers* from, Registers to);
asm(R"(
.pushsection .text.host_cuda_switch,"axG",@progbits,host_cuda_switch,comdat
.weak host_cuda_switch
.hidden host_cuda_switch
.type host_cuda_switch,@function
host_cuda_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size host_cuda_switch,.-host_cuda_switch
.popsection
)");
#endif

struct Flow {
    Registers registers{};
    char* stack = nullptr; // its low end; of the flow that launches, known only under ASan
    size_t stack_bytes = 0;
    void* fake_stack = nullptr; // of ASan
};

HOST_CUDA_QUIET inline void prepare(Flow& flow, char* stack, size_t bytes, void (*start)()) {
    flow.stack = stack;
    flow.stack_bytes = bytes;
    flow.fake_stack = nullptr;
#if HOST_CUDA_ASAN
    // all but the first frames of its last user have returned
    constexpr size_t FRAMES = 4096;
    __asan_unpoison_memory_region(stack + bytes - FRAMES, FRAMES);
#endif
#ifdef HOST_CUDA_UCONTEXT
    getcontext(&flow.registers);
    flow.registers.uc_stack.ss_sp = stack;
    flow.registers.uc_stack.ss_size = bytes;
    flow.registers.uc_link = nullptr;
    makecontext(&flow.registers, start, 0);
#else
    void** top = reinterpret_cast<void**>(reinterpret_cast<uintptr_t>(stack + bytes) & ~uintptr_t{15});
    *--top = nullptr; // where a return address would lie, so that `start` finds the stack aligned as after a call
    *--top = reinterpret_cast<void*>(start);
    for (int i = 0; i < 6; ++i) {
        *--top = nullptr;
    }
    flow.registers = top;
#endif
}

// Must be the first that a new flow does.
HOST_CUDA_QUIET inline void arrive([[maybe_unused]] Flow* launcher) {
#if HOST_CUDA_ASAN
    const void* stack;
    size_t bytes;
    __sanitizer_finish_switch_fiber(nullptr, &stack, &bytes);
    if (launcher->stack == nullptr) { // the first fibre is entered from the launcher
        launcher->stack = static_cast<char*>(const_cast<void*>(stack));
        launcher->stack_bytes = bytes;
    }
#endif
}

// last: `from` never runs again.
HOST_CUDA_QUIET inline void change(Flow& from, Flow& to, [[maybe_unused]] bool last) {
#if HOST_CUDA_ASAN
    __sanitizer_start_switch_fiber(last ? nullptr : &from.fake_stack, to.stack, to.stack_bytes);
#endif
#ifdef HOST_CUDA_UCONTEXT
    swapcontext(&from.registers, &to.registers);
#else
    host_cuda_switch(&from.registers, to.registers);
#endif
#if HOST_CUDA_ASAN
    __sanitizer_finish_switch_fiber(from.fake_stack, nullptr, nullptr);
#endif
}

} // namespace host_cuda
