// Memory of a device and of pinned host pages. Both live in this process; ranges are checked against what was allocated.
#pragma once
#include "driver_api.h"

#include <map>

struct Context;

// Allocations of one device. Guarded by the driver's lock.
//
// Addresses are multiples of 256 but never of 512, so that code which relies on more than CUDA promises is found. Fresh
// memory is 0xCD; in front of and behind each allocation lie guards which kernels must leave alone.
class Memory {
public:
    size_t total = 0;
    size_t used() const { return taken; }

    // OUT_OF_MEMORY if `total` would be exceeded; nothing is changed then.
    CUresult allocate(size_t bytes, const Context* owner, CUdeviceptr* address);
    bool release(CUdeviceptr address);
    void release_all(const Context* owner);
    // The allocation that holds the whole range, or false.
    bool find(uintptr_t address, size_t bytes, uintptr_t* start = nullptr, size_t* size = nullptr) const;
    // Ends the process, naming the kernel, if a guard was overwritten.
    void check_guards(const char* kernel) const;

private:
    struct Block {
        size_t bytes;
        const Context* owner;
    };
    std::map<uintptr_t, Block> blocks;
    size_t taken = 0;
};

// Host memory that the driver allocated or registered.
class HostMemory {
public:
    struct Block {
        size_t bytes;
        unsigned flags;
        bool registered; // the caller's own memory
    };

    CUresult allocate(size_t bytes, unsigned flags, void** address);
    bool release(void* address);
    CUresult add(void* address, size_t bytes, unsigned flags);
    CUresult remove(void* address);
    // The block that holds the whole range, or nullptr.
    const Block* find(uintptr_t address, size_t bytes, uintptr_t* start = nullptr) const;

private:
    std::map<uintptr_t, Block> blocks;
};

// Whether a copy may touch the range by a device pointer: it lies within one allocation of a device or of pinned memory.
bool reachable(uintptr_t address, size_t bytes);
