// How far a key can be from the truth, in one place: what proves answers exact. See ingest.cu.
#pragma once
#include "common.cuh"

// The error of keys of a query in a group of rows: alpha, beta and `rest` (gamma, where it is not added elsewhere) are the
// query's, norm, error and start the group's largest.
__device__ __forceinline__ float key_error(float alpha, float beta, float rest, float accumulation, float norm, float error,
                                           float start) {
    return fmaf(alpha, norm, fmaf(beta, error, fmaf(accumulation, start, rest)));
}

// At least x: what is summed in double may be low by one part in 2^40, and the float may have been rounded down.
__device__ __forceinline__ float at_least(double x) {
    return static_cast<float>(x * (1 + 1e-9)) * (1 + 0x1p-20f);
}
