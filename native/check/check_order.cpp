// What is in order and must not be taken for a race. What must be is in mutants/.
#include "../cuda/common.cuh"
#include "check.h"

KERNEL neighbours(int* out) {
    __shared__ unsigned char bytes[64];
    __shared__ unsigned short halves[64];
    bytes[threadIdx.x] = static_cast<unsigned char>(threadIdx.x);
    halves[threadIdx.x] = static_cast<unsigned short>(threadIdx.x * 2);
    __syncthreads();
    out[threadIdx.x] = *reinterpret_cast<const int*>(bytes + threadIdx.x / 4 * 4) + halves[63 - threadIdx.x];
}

CHECK(neighbours_in_a_word_do_not_race) {
    check::Global<int> out(64);
    launch(neighbours, 1, 64, 0, out);
    for (int i = 0; i < 64; ++i) {
        const int first = i / 4 * 4;
        EXPECT(out[i] == (first | (first + 1) << 8 | (first + 2) << 16 | (first + 3) << 24) + (63 - i) * 2);
    }
}

// A value goes from lane to lane, each pair of neighbours meeting by a mask of its own.
KERNEL relay(int* out) {
    __shared__ int value;
    const int lane = threadIdx.x;
    if (lane == 0) {
        value = 1;
    }
    for (int i = 0; i < 31; ++i) {
        if (lane == i || lane == i + 1) {
            __syncwarp(3u << i);
        }
        if (lane == i + 1) {
            value += lane;
        }
    }
    __syncwarp();
    out[lane] = value;
}

CHECK(pairs_of_lanes_pass_their_order_on) {
    check::Global<int> out(32);
    launch(relay, 1, 32, 0, out);
    check::expect_equal("value", out, std::vector<int>(32, 1 + 496));
}

// Through global memory, to another warp, twice into the same place.
KERNEL exchange(int* between, int* out) {
    int* mine = between + blockIdx.x * blockDim.x;
    int value = threadIdx.x;
    for (int i = 0; i < 3; ++i) {
        mine[threadIdx.x] = value + 1;
        __syncthreads();
        value = mine[blockDim.x - 1 - threadIdx.x];
        __syncthreads();
    }
    out[blockIdx.x * blockDim.x + threadIdx.x] = value;
}

CHECK(a_block_passes_values_through_global_memory) {
    check::Global<int> between(2 * 96);
    check::Global<int> out(2 * 96);
    launch(exchange, 2, 96, 0, between, out);
    for (int i = 0; i < 2 * 96; ++i) {
        EXPECT(out[i] == 95 - i % 96 + 3);
    }
}

// Threads that exit early leave the barrier to the others; all blocks count with atomics alone.
KERNEL survivors(int n, int* total) {
    __shared__ int count;
    if (static_cast<int>(threadIdx.x) >= n) {
        return;
    }
    if (threadIdx.x == 0) {
        count = 0;
    }
    __syncthreads();
    atomicAdd(&count, 1);
    __syncthreads();
    if (threadIdx.x == 0) {
        atomicAdd(total, count);
    }
}

CHECK(exited_threads_are_not_waited_for) {
    check::Global<int> total(1, 0);
    launch(survivors, 5, 128, 0, 50, total);
    EXPECT(total[0] == 250);
}

// Four stages in flight, of groups of which some are empty.
KERNEL pipeline(const int4* from, int steps, int4* to) {
    __shared__ int4 stages[4][32];
    const int lane = threadIdx.x;
    for (int i = 0; i < 3; ++i) {
        if (i < steps) {
            copy_async_16(&stages[i][lane], from + i * 32 + lane);
        }
        copy_async_commit();
    }
    for (int i = 0; i < steps; ++i) {
        copy_async_wait<2>();
        __syncthreads();
        if (i + 3 < steps) {
            copy_async_16(&stages[(i + 3) % 4][lane], from + (i + 3) * 32 + lane);
        }
        copy_async_commit();
        to[i * 32 + lane] = stages[i % 4][31 - lane];
    }
}

CHECK(stages_follow_each_other) {
    for (int steps : {1, 2, 9}) {
        std::vector<int4> from(steps * 32);
        for (int i = 0; i < steps * 32; ++i) {
            from[i] = {i, i + 1, i + 2, i + 3};
        }
        check::Global<int4> to(from.size());
        launch(pipeline, 1, 32, 0, check::Global<int4>(from), steps, to);
        for (int i = 0; i < steps * 32; ++i) {
            EXPECT(to[i].x == i / 32 * 32 + 31 - i % 32 && to[i].w == to[i].x + 3);
        }
    }
}
