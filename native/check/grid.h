// A launch: all blocks of a grid, one after another, and the barrier of a block.
#pragma once

#include "context.h"
#include "copy_async.h"
#include "mutant.h"
#include "race.h"
#include "shared.h"

#include <mutex>
#include <type_traits>

#include <sys/mman.h>

namespace host_cuda {

constexpr size_t STACK_BYTES = HOST_CUDA_ASAN ? 256 << 10 : 64 << 10;
constexpr size_t GUARD_BYTES = 4096;
constexpr size_t MOST_SHARED_BYTES = 227 << 10; // that any architecture gives a block

inline std::mutex launches;

// Made at the first launch and kept. Each stack has a page below that faults.
HOST_CUDA_QUIET inline void map_stacks() {
    void* mapping = mmap(nullptr, MOST_THREADS * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                         -1, 0);
    if (mapping == MAP_FAILED) {
        fail("no memory for the stacks of threads");
    }
    context.stacks = static_cast<char*>(mapping);
    for (unsigned i = 0; i < MOST_THREADS; ++i) {
        mprotect(context.stacks + i * STACK_BYTES, GUARD_BYTES, PROT_NONE);
    }
}

HOST_CUDA_QUIET inline void finish_barrier() {
    const bool forward = context.schedule == Schedule::FORWARD;
    context.vote_result = static_cast<int>(context.votes);
    context.at_barrier = 0;
    context.votes = 0;
    race::barrier();
    for (unsigned i = 0; i < context.count; ++i) {
        Fibre& fibre = context.fibres[forward ? i : context.count - 1 - i];
        if (fibre.at_barrier) {
            fibre.at_barrier = false;
            make_ready(&fibre);
        }
    }
}

// Returns how many threads have voted yes. All must wait at one place of the source; threads that have exited do not count.
HOST_CUDA_QUIET inline int barrier(bool vote = false, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (context.at_barrier == 0) {
        context.barrier_file = file;
        context.barrier_line = line;
    } else if (context.barrier_line != line || context.barrier_file != file) {
        fail("threads of a block wait at different __syncthreads: %s:%d and %s:%d", context.barrier_file, context.barrier_line,
             file, line);
    }
    context.votes += vote;
    context.here->at_barrier = true;
    if (++context.at_barrier == context.alive) {
        finish_barrier();
    }
    wait_here();
    return context.vote_result;
}

// The rest of a fibre's life after the kernel has returned. It does not return, but nothing
// may tell the compiler so: ASan would sweep the whole stack before.
HOST_CUDA_QUIET inline void leave() {
    Fibre* self = context.here;
    Warp& warp = *self->warp;
    finish_copies(0);
    for (int i = 0; i < warp.meetings; ++i) {
        if (warp.meeting[i].mask >> self->lane & 1) {
            fail("the thread exits while lanes %08x of its warp wait for it", warp.meeting[i].arrived);
        }
    }
    warp.alive &= ~(1u << self->lane);
    --context.alive;
    if (context.at_barrier > 0 && context.at_barrier == context.alive) {
        finish_barrier();
    }
    if (context.alive == 0) {
        change(self->flow, context.launcher, true);
    }
    Fibre* next = take_ready();
    if (next == nullptr) {
        fail_deadlock();
    }
    context.here = next;
    change(self->flow, next->flow, true);
}

HOST_CUDA_QUIET inline void start_fibre() {
    arrive(&context.launcher);
    context.body(context.arguments);
    leave();
}

HOST_CUDA_QUIET inline void start_block() {
    context.alive = context.count;
    context.at_barrier = context.votes = 0;
    context.first_ready = context.ready_count = 0;
    for (unsigned i = 0; i < context.count; i += 32) {
        Warp& warp = context.warps[i / 32];
        const unsigned lanes = context.count - i;
        warp.lanes = context.fibres + i;
        warp.alive = lanes < 32 ? (1u << lanes) - 1 : ~0u;
        warp.meetings = 0;
    }
    for (unsigned i = 0; i < context.count; ++i) {
        Fibre& fibre = context.fibres[context.schedule == Schedule::BACKWARD ? context.count - 1 - i : i];
        const unsigned linear = static_cast<unsigned>(&fibre - context.fibres);
        fibre.index = {linear % context.threads.x, linear / context.threads.x % context.threads.y,
                       linear / (context.threads.x * context.threads.y)};
        fibre.linear = linear;
        fibre.lane = linear % 32;
        fibre.warp = &context.warps[linear / 32];
        fibre.at_barrier = false;
        fibre.copies.count = fibre.copies.group = 0;
        // stacks begin at different places of a page, or they would compete for the same few lines of the first-level cache
        const size_t unused = HOST_CUDA_ASAN ? 0 : linear % 16 * 256;
        prepare(fibre.flow, context.stacks + linear * STACK_BYTES + GUARD_BYTES, STACK_BYTES - GUARD_BYTES - unused, start_fibre);
        make_ready(&fibre);
    }
}

HOST_CUDA_QUIET inline void run_block(size_t number) {
    const size_t line = number / context.grid.x;
    context.block = {static_cast<unsigned>(number % context.grid.x), static_cast<unsigned>(line % context.grid.y),
                     static_cast<unsigned>(line / context.grid.y)};
    poison_shared();
    race::begin_block();
    start_block();
    context.launcher.stack = nullptr;
    context.here = take_ready();
    change(context.launcher, context.here->flow, false);
    context.here = nullptr;
}

// Blocks in the order of the schedule; a shuffled order is i * step + start for a step without common divisor.
HOST_CUDA_QUIET inline void run_blocks() {
    const size_t blocks = size_t{context.grid.x} * context.grid.y * context.grid.z;
    size_t step = 1;
    size_t start = 0;
    if (context.schedule == Schedule::BACKWARD) {
        step = blocks - 1;
        start = blocks - 1;
    } else if (context.schedule == Schedule::SHUFFLED) {
        auto divisor = [](size_t a, size_t b) {
            while (b != 0) {
                const size_t rest = a % b;
                a = b;
                b = rest;
            }
            return a;
        };
        start = random_below(static_cast<unsigned>(blocks));
        do {
            step = 1 + random_below(static_cast<unsigned>(blocks));
        } while (divisor(blocks, step) != 1);
    }
    for (size_t i = 0; i < blocks; ++i) {
        run_block((start + i * step) % blocks);
    }
}

// Runs body(arguments) once per thread of the grid.
HOST_CUDA_QUIET inline void run_grid(const char* kernel, dim3 grid, dim3 threads, size_t dynamic_bytes, void (*body)(void*),
                                     void* arguments) {
    const std::lock_guard<std::mutex> turn(launches);
    context.kernel = kernel;
    context.grid = grid;
    context.threads = threads;
    const unsigned long long count = 1ull * threads.x * threads.y * threads.z;
    if (count == 0 || count > MOST_THREADS) {
        fail("a block of %llu threads", count);
    }
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) {
        fail("a grid of %u x %u x %u blocks", grid.x, grid.y, grid.z);
    }
    if (context.stacks == nullptr) {
        map_stacks();
    }
    if (dynamic_bytes > MOST_SHARED_BYTES) {
        fail("%zu bytes of shared memory", dynamic_bytes);
    }
    context.count = static_cast<unsigned>(count);
    context.body = body;
    context.arguments = arguments;
    context.dynamic_bytes = dynamic_bytes;
    void* dynamic = nullptr; // exactly as large as asked for, so that ASan sees the end
    if (dynamic_bytes > 0 && posix_memalign(&dynamic, 128, dynamic_bytes) != 0) {
        fail("no memory for %zu bytes of shared memory", dynamic_bytes);
    }
    context.dynamic = static_cast<unsigned char*>(dynamic);
    race::begin_launch();
    run_blocks();
    std::free(dynamic);
    context.dynamic = nullptr;
    context.kernel = nullptr;
}

// Runs body() once per thread of the grid.
template <class Body>
void run_grid(const char* kernel, dim3 grid, dim3 threads, size_t dynamic_bytes, Body&& body) {
    using Callable = std::remove_reference_t<Body>;
    run_grid(kernel, grid, threads, dynamic_bytes, [](void* callable) { (*static_cast<Callable*>(callable))(); },
             const_cast<void*>(static_cast<const void*>(&body)));
}

} // namespace host_cuda

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    if (!host_cuda::passes(file, line)) {
        host_cuda::barrier(false, file, line);
    }
}

inline int __syncthreads_count(int vote, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return host_cuda::barrier(vote != 0, file, line);
}

inline int __syncthreads_and(int vote, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return host_cuda::barrier(vote == 0, file, line) == 0;
}

inline int __syncthreads_or(int vote, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return host_cuda::barrier(vote != 0, file, line) != 0;
}
