// Kernels for the tests of the double alone: one feature of a launch each.

// values[i] = start + i * step, for i < count
extern "C" __global__ void fill_ramp(float* values, int count, float start, double step) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        values[i] = start + static_cast<float>(i * step);
    }
}

// sums[block] = sum of the block's values, by way of dynamic shared memory
extern "C" __global__ void sum_blocks(const int* values, int count, long long* sums) {
    DYNAMIC_SHARED(long long, partial);
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    partial[threadIdx.x] = i < count ? values[i] : 0;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            partial[threadIdx.x] += partial[threadIdx.x + half];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = partial[0];
    }
}

// Adds one to a counter per thread.
extern "C" __global__ void count_threads(unsigned* counter) {
    atomicAdd(counter, 1u);
}

// Writes one word past the end, which the double finds.
extern "C" __global__ void overrun(int* values, int count) {
    values[count] = 1;
}

// No parameters.
extern "C" __global__ void nothing() {
}

// Copies 16 bytes by a way that devices before 8.0 lack.
extern "C" __global__ void copy_16(const int4* from, int4* to) {
    __shared__ int4 shared;
    copy_async_16(&shared, from);
    copy_async_commit();
    copy_async_wait<0>();
    *to = shared;
}
