// State of the test double: devices, contexts and everything that handles stand for, under one lock.
//
// Threads: each entry point holds `lock` by way of a Call, and nothing of the caller's runs under it: stream operations
// (kernels, copies, host functions) are run with the lock released, see stream.h. Kernels run one at a time.
#pragma once
#include "driver_api.h"
#include "handles.h"
#include "memory.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

struct Stream;
struct Event;
struct Module;
struct Function;
struct Graph;
struct GraphNode;
struct GraphExec;

using Lock = std::unique_lock<std::mutex>;

struct Context {
    CUcontext handle = nullptr;
    int device = 0;
    unsigned flags = 0;
    bool primary = false;
    bool destroyed = false;
    CUresult failure = CUDA_SUCCESS; // of a kernel: every later call in this context returns it
    std::shared_ptr<Stream> null_stream;
};

struct Device {
    std::shared_ptr<Context> primary;
    int retained = 0;
    unsigned primary_flags = 0;
    Memory memory;
};

// What the environment says, read once by cuInit.
struct Settings {
    int devices = 1;                // PERIGEE_STUB_DEVICES
    int capability = 90;            // PERIGEE_STUB_CAPABILITY, "7.5" = 75
    int version = 13000;            // PERIGEE_STUB_VERSION
    size_t memory = 256u << 20;     // PERIGEE_STUB_MEMORY, of each device; K, M, G may follow
    bool asynchronous = false;      // PERIGEE_STUB_ASYNC: streams run on another thread, this long after the call
    int delay_microseconds = 0;
    std::string failing_kernel;     // PERIGEE_STUB_FAIL, "KERNEL" or "KERNEL:N": its N-th launch fails
    int failing_launch = 1;
};

struct Driver {
    std::mutex lock;
    std::condition_variable progress; // a stream has completed an operation
    bool initialised = false;
    Settings settings;
    std::vector<Device> devices;
    HostMemory host;
    Handles<CUcontext, Context> contexts;
    Handles<CUstream, Stream> streams; // null streams too
    Handles<CUevent, Event> events;
    Handles<CUmodule, Module> modules;
    Handles<CUfunction, Function> functions;
    Handles<CUgraph, Graph> graphs;
    Handles<CUgraphNode, GraphNode> nodes;
    Handles<CUgraphExec, GraphExec> executables;
};

// Never destroyed: threads of a JVM may still call when the process ends.
Driver& driver();

Settings read_settings();

// Contexts of this thread, the current one last; handles, because another thread may destroy one.
std::vector<CUcontext>& context_stack();

// One call of the interface. Holds the lock; `error` says why the call cannot go on.
class Call {
public:
    enum Needs { NOTHING, INITIALISED, CONTEXT };
    explicit Call(Needs needs = CONTEXT);

    Lock lock;
    std::shared_ptr<Context> context;
    CUresult error = CUDA_SUCCESS;

    Device& device() const;
    // The stream of the current context behind a handle (0 and 1 are the null stream), or nullptr.
    std::shared_ptr<Stream> stream(CUstream handle) const;
};

// Waits for the work of a context, then frees all that belongs to it.
void destroy_context(Lock& lock, const std::shared_ptr<Context>& context);
std::shared_ptr<Context> create_context(int device, unsigned flags, bool primary);
