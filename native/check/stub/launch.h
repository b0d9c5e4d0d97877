// Functions of modules and their launches.
#pragma once
#include "registry.h"
#include "stream.h"

#include <map>
#include <string>

struct Module {
    CUmodule handle = nullptr;
    std::shared_ptr<Context> context;
    std::map<std::string, CUfunction> functions; // those that were asked for
};

struct Function {
    CUfunction handle = nullptr;
    CUmodule module = nullptr;
    std::shared_ptr<Context> context;
    const Kernel* kernel = nullptr;
    size_t max_dynamic_shared = 48 << 10;
    int carveout = -1;
};

// One launch with its own copy of the arguments, as CUDA makes it when the call is made.
struct Launch {
    Launch() = default;
    Launch(const Launch&) = delete;
    Launch& operator=(const Launch&) = delete;

    const Kernel* kernel = nullptr;
    CUfunction function = nullptr;
    Extent grid, block;
    unsigned shared_bytes = 0;
    std::vector<unsigned char> bytes;
    std::vector<void*> arguments; // into bytes
};

// Checks everything that CUDA checks of a launch and copies its arguments.
CUresult make_launch(const Call& call, CUfunction function, Extent grid, Extent block, unsigned shared_bytes,
                     void* const* parameters, std::shared_ptr<const Launch>* launch);
Work kernel_work(std::shared_ptr<const Launch> launch);

// Counts a launch for native/check/with-stub, see report.cpp. Called by one thread at a time.
void count_launch(const Kernel& kernel);
