// Streams: queues of work in order, with dependencies across them.
//
// By default a call runs what it submits before it returns, unless earlier work of its stream waits for something (a value
// in memory, another stream). Such work stays queued and a background thread takes it up when it can go on. With
// PERIGEE_STUB_ASYNC that thread runs everything, some time after the call, as a device does: callers that forget to
// synchronise then read stale memory.
#pragma once
#include "driver.h"

#include <chrono>
#include <deque>
#include <functional>
#include <vector>

struct Launch;
struct Capture;

using Clock = std::chrono::steady_clock;

// Something that a stream can do and a graph can hold.
struct Work {
    CUgraphNodeType type = NODE_EMPTY;
    std::function<CUresult()> run;         // without the driver's lock; an error sticks to the context
    std::function<bool()> ready;           // may it start? Empty: as soon as its turn comes
    std::shared_ptr<const Launch> launch;  // of a kernel
};

// All work of a stream up to a ticket.
struct Ticket {
    std::shared_ptr<Stream> stream;
    uint64_t number = 0;
    bool done() const;
};

struct Operation {
    Work work;
    std::vector<Ticket> after;
    Clock::time_point not_before;
};

struct Stream {
    CUstream handle = nullptr;
    std::shared_ptr<Context> context;
    unsigned flags = 0;
    int priority = 0;
    uint64_t id = 0;
    std::deque<Operation> queue;
    uint64_t submitted = 0; // operations so far; the last one's ticket
    uint64_t completed = 0;
    bool running = false;   // some thread runs the front of the queue
    std::shared_ptr<Capture> capture;
    std::vector<size_t> frontier; // capture: nodes that the next one follows

    bool blocking() const { return (flags & STREAM_NON_BLOCKING) == 0; }
};

struct Event {
    CUevent handle = nullptr;
    std::shared_ptr<Context> context;
    unsigned flags = 0;
    Ticket recorded; // no stream: never recorded, counts as completed
    std::shared_ptr<Clock::time_point> time;
    std::shared_ptr<Capture> capture; // recorded while capturing
    std::vector<size_t> frontier;
};

// Puts work into a stream, or into the graph that it captures.
CUresult submit(Call& call, const std::shared_ptr<Stream>& stream, std::vector<Work> works);
CUresult submit(Call& call, CUstream handle, Work work);

// Waits until the tickets are done, with the lock released.
void wait_for(Lock& lock, const std::vector<Ticket>& tickets);
Ticket everything(const std::shared_ptr<Stream>& stream);
std::vector<Ticket> everything(const Context& context);

// Runs work as the synchronous calls do: on the null stream, and waits for it.
CUresult run_now(Call& call, Work work);
