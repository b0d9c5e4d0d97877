// What a device of a compute capability is like, from the tables of the CUDA programming guide.
#pragma once
#include <cstddef>

constexpr int REGISTERS_OF_A_KERNEL = 64; // the compiler of the host knows nothing better

struct DeviceModel {
    int capability;         // 90 = 9.0
    size_t shared;          // bytes of a multiprocessor
    size_t shared_opt_in;   // bytes that a block may have if its function asked
    size_t reserved_shared; // bytes of a block that the system takes
    int threads;            // of a multiprocessor
    int blocks;             // of a multiprocessor
};

// Of the capability that the settings name.
const DeviceModel& device_model();
const DeviceModel* find_model(int capability);
