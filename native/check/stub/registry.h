// The kernels that the double can run: those of the source it was built with, found by the build, not by a list.
#pragma once
#include <cstddef>
#include <span>

struct Extent {
    unsigned x = 1, y = 1, z = 1;
    size_t count() const { return static_cast<size_t>(x) * y * z; }
};

struct Parameter {
    size_t bytes;
    size_t alignment;
};

struct Kernel {
    const char* name;
    std::span<const Parameter> parameters;
    // Runs the whole grid on the calling thread; arguments[i] is the address of parameter i.
    void (*run)(const char* name, void* const* arguments, Extent grid, Extent block, size_t shared_bytes);
};

// Of the device that is pretended, 90 = 9.0. A kernel that runs into an instruction of a later one ends the process: on such
// a device it would have been compiled to nothing.
inline int capability = 90;

std::span<const Kernel> kernels();

// nullptr if there is none.
const Kernel* find_kernel(const char* name);
