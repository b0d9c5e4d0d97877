// What the one running launch knows: the block that runs, its threads and warps, and who is to run next.
#pragma once

#include "fibre.h"
#include "types.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace host_cuda {

// Which of several ready threads runs. The orders differ as much as they can, so that a missing barrier changes a result.
enum class Schedule {
    FORWARD,  // a warp runs as far as it can before the next, lane 0 first; copies happen as late as allowed; blocks ascend
    BACKWARD, // warps take turns, the last thread first; copies happen at once; blocks descend
    SHUFFLED, // by chance, of the seed: threads, copies and blocks
};

struct Copy {
    void* to;
    const void* from;
    unsigned group;
};

// The asynchronous copies of a thread that have not happened yet, oldest first.
struct Copies {
    Copy* pending = nullptr;
    unsigned count = 0;
    unsigned capacity = 0;
    unsigned group = 0; // that is open
};

struct Warp;

struct Fibre {
    Flow flow;
    uint3 index;
    unsigned linear; // number within the block
    unsigned lane;
    Warp* warp;
    bool at_barrier;
    // what the lane brings to a warp primitive and takes from it
    unsigned long long value;
    unsigned long long result;
    unsigned source;
    void* operands;
    Copies copies;
};

enum class Primitive { SYNC, SHUFFLE, SHUFFLE_XOR, SHUFFLE_UP, SHUFFLE_DOWN, VOTE, MATCH, REDUCE, MMA, LDMATRIX };

// Lanes that wait for each other.
struct Meeting {
    unsigned mask;
    unsigned arrived;
    Primitive primitive;
    int line; // of the source, where it matters, else 0
};

struct Warp {
    Fibre* lanes;
    unsigned alive;
    int meetings; // under way
    Meeting meeting[32];
};

constexpr unsigned MOST_THREADS = 1024;

struct Context {
    const char* kernel;
    dim3 grid;
    dim3 threads; // of a block
    uint3 block;
    Fibre* here; // runs
    unsigned char* dynamic; // shared memory
    size_t dynamic_bytes;

    Schedule schedule = Schedule::FORWARD;
    unsigned random = 1;

    unsigned count; // of threads of the block
    unsigned alive;
    unsigned at_barrier;
    unsigned votes; // of those at the barrier
    int vote_result;
    int barrier_line;
    const char* barrier_file;

    void (*body)(void*);
    void* arguments;
    Flow launcher;
    Fibre fibres[MOST_THREADS];
    char* stacks; // one mapping
    Warp warps[MOST_THREADS / 32];
    Fibre* ready[MOST_THREADS]; // a ring
    unsigned first_ready;
    unsigned ready_count;
};

inline Context context;

// Ends the process.
[[noreturn]] __attribute__((format(printf, 1, 2))) HOST_CUDA_QUIET inline void fail(const char* format, ...) {
    std::fflush(stdout);
    std::fprintf(stderr, "FAILED in kernel %s", context.kernel ? context.kernel : "?");
    if (context.here != nullptr) {
        const uint3 t = context.here->index;
        const uint3 b = context.block;
        std::fprintf(stderr, ", block (%u,%u,%u), thread (%u,%u,%u)", b.x, b.y, b.z, t.x, t.y, t.z);
    }
    std::fprintf(stderr, ": ");
    va_list arguments;
    va_start(arguments, format);
    std::vfprintf(stderr, format, arguments);
    va_end(arguments);
    std::fprintf(stderr, "\n");
    std::abort();
}

// A number below `bound`.
HOST_CUDA_QUIET inline unsigned random_below(unsigned bound) {
    unsigned x = context.random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    context.random = x;
    return static_cast<unsigned>(static_cast<unsigned long long>(x) * bound >> 32);
}

HOST_CUDA_QUIET inline void make_ready(Fibre* fibre) {
    context.ready[(context.first_ready + context.ready_count++) % MOST_THREADS] = fibre;
}

HOST_CUDA_QUIET inline void make_ready_first(Fibre* fibre) {
    context.first_ready = (context.first_ready + MOST_THREADS - 1) % MOST_THREADS;
    context.ready[context.first_ready] = fibre;
    ++context.ready_count;
}

// Makes the lanes of the mask ready: before all others, lane 0 first, if the schedule is FORWARD, else after them, backwards.
HOST_CUDA_QUIET inline void release(Fibre* lanes, unsigned mask) {
    for (unsigned i = 32; i-- > 0;) {
        if (mask >> i & 1) {
            context.schedule == Schedule::FORWARD ? make_ready_first(&lanes[i]) : make_ready(&lanes[i]);
        }
    }
}

// The fibre to run next, taken from the ring, or null.
HOST_CUDA_QUIET inline Fibre* take_ready() {
    if (context.ready_count == 0) {
        return nullptr;
    }
    if (context.schedule == Schedule::SHUFFLED) {
        const unsigned chosen = (context.first_ready + random_below(context.ready_count)) % MOST_THREADS;
        Fibre* first = context.ready[context.first_ready];
        context.ready[context.first_ready] = context.ready[chosen];
        context.ready[chosen] = first;
    }
    Fibre* next = context.ready[context.first_ready];
    context.first_ready = (context.first_ready + 1) % MOST_THREADS;
    --context.ready_count;
    return next;
}

[[noreturn]] HOST_CUDA_QUIET inline void fail_deadlock() {
    for (unsigned i = 0; i < context.count; i += 32) {
        const Warp& warp = context.warps[i / 32];
        if (warp.meetings > 0) {
            const Meeting& meeting = warp.meeting[0];
            fail("deadlock: in warp %u lanes %08x wait for lanes %08x; %u threads wait at a barrier (line %d)", i / 32,
                 meeting.arrived, meeting.mask & ~meeting.arrived, context.at_barrier, context.barrier_line);
        }
    }
    fail("deadlock: %u of %u threads wait at a barrier (line %d)", context.at_barrier, context.alive, context.barrier_line);
}

// Lets others run until somebody has made this fibre ready.
HOST_CUDA_QUIET inline void wait_here() {
    Fibre* self = context.here;
    Fibre* next = take_ready();
    if (next == nullptr) {
        fail_deadlock();
    }
    if (next != self) {
        context.here = next;
        change(self->flow, next->flow, false);
    }
}

} // namespace host_cuda
