#include "stream.h"
#include "capture.h"

#include <algorithm>
#include <csignal>
#include <pthread.h>
#include <thread>

using namespace std::chrono_literals;

namespace {

// After a failure nothing is run any more, and so nothing is waited for.
bool can_start(const Stream& stream, const Operation& operation) {
    if (stream.context->failure != CUDA_SUCCESS) {
        return true;
    }
    for (const Ticket& ticket : operation.after) {
        if (!ticket.done()) {
            return false;
        }
    }
    return Clock::now() >= operation.not_before && (!operation.work.ready || operation.work.ready());
}

// Runs the operations of a stream that can go on. Returns false if some are left.
bool drain(Lock& lock, const std::shared_ptr<Stream>& stream) {
    if (stream->running) {
        return true; // that thread takes the new ones too
    }
    stream->running = true;
    while (!stream->queue.empty() && can_start(*stream, stream->queue.front())) {
        Work work = std::move(stream->queue.front().work);
        stream->queue.pop_front();
        CUresult result = CUDA_SUCCESS;
        if (stream->context->failure == CUDA_SUCCESS && work.run) {
            lock.unlock();
            result = work.run();
            work = {};
            lock.lock();
        }
        if (result != CUDA_SUCCESS) {
            stream->context->failure = result;
        }
        stream->completed++;
        driver().progress.notify_all();
    }
    stream->running = false;
    return stream->queue.empty();
}

// The thread that takes up what no call could run.
class Pump {
public:
    void add(const std::shared_ptr<Stream>& stream) {
        if (std::find(waiting.begin(), waiting.end(), stream) == waiting.end()) {
            waiting.push_back(stream);
        }
        if (!started) {
            started = true;
            sigset_t all, before; // signals are for the threads of the caller
            sigfillset(&all);
            pthread_sigmask(SIG_SETMASK, &all, &before);
            std::thread([this] { loop(); }).detach();
            pthread_sigmask(SIG_SETMASK, &before, nullptr);
        }
        woken.notify_one();
    }

private:
    void loop() {
        Lock lock(driver().lock);
        while (true) {
            woken.wait(lock, [&] { return !waiting.empty(); });
            const std::vector<std::shared_ptr<Stream>> streams = waiting;
            for (const auto& stream : streams) {
                if (drain(lock, stream) && stream->queue.empty()) {
                    std::erase(waiting, stream);
                }
            }
            if (!waiting.empty()) {
                woken.wait_for(lock, 50us); // a value in memory changes without notice
            }
        }
    }

    bool started = false;
    std::vector<std::shared_ptr<Stream>> waiting;
    std::condition_variable woken;
};

Pump& pump() {
    static Pump* instance = new Pump;
    return *instance;
}

// Legacy order: the null stream waits for all blocking streams of its context, and they for it.
std::vector<Ticket> implicit_dependencies(const Stream& stream) {
    std::vector<Ticket> tickets;
    const auto add = [&](const std::shared_ptr<Stream>& other) {
        Ticket ticket = everything(other);
        if (!ticket.done()) {
            tickets.push_back(std::move(ticket));
        }
    };
    const bool null = stream.context->null_stream.get() == &stream;
    if (null) {
        driver().streams.each([&](const std::shared_ptr<Stream>& other) {
            if (other.get() != &stream && other->context == stream.context && other->blocking()) {
                add(other);
            }
        });
    } else if (stream.blocking()) {
        add(stream.context->null_stream);
    }
    return tickets;
}

} // namespace

bool Ticket::done() const {
    return stream == nullptr || stream->completed >= number;
}

Ticket everything(const std::shared_ptr<Stream>& stream) {
    return {stream, stream->submitted};
}

std::vector<Ticket> everything(const Context& context) {
    std::vector<Ticket> tickets;
    driver().streams.each([&](const std::shared_ptr<Stream>& stream) {
        if (stream->context.get() == &context) {
            tickets.push_back(everything(stream));
        }
    });
    return tickets;
}

void wait_for(Lock& lock, const std::vector<Ticket>& tickets) {
    driver().progress.wait(lock, [&] {
        for (const Ticket& ticket : tickets) {
            if (!ticket.done()) {
                return false;
            }
        }
        return true;
    });
}

CUresult submit(Call& call, const std::shared_ptr<Stream>& stream, std::vector<Work> works) {
    if (stream->capture != nullptr) {
        return add_to_capture(*stream, std::move(works));
    }
    if (const CUresult error = check_no_implicit_capture(*stream); error != CUDA_SUCCESS) {
        return error;
    }
    const Settings& settings = driver().settings;
    const auto start = Clock::now() + std::chrono::microseconds(settings.delay_microseconds);
    std::vector<Ticket> after = implicit_dependencies(*stream);
    for (Work& work : works) {
        stream->queue.push_back({std::move(work), std::move(after), start});
        stream->submitted++;
        after.clear();
    }
    if (settings.asynchronous || !drain(call.lock, stream)) {
        pump().add(stream);
    }
    return call.context->failure;
}

CUresult submit(Call& call, CUstream handle, Work work) {
    const std::shared_ptr<Stream> stream = call.stream(handle);
    if (stream == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    std::vector<Work> works;
    works.push_back(std::move(work));
    return submit(call, stream, std::move(works));
}

CUresult run_now(Call& call, Work work) {
    if (const CUresult error = check_not_capturing(); error != CUDA_SUCCESS) {
        return error;
    }
    const std::shared_ptr<Stream> stream = call.context->null_stream;
    std::vector<Work> works;
    works.push_back(std::move(work));
    if (const CUresult error = submit(call, stream, std::move(works)); error != CUDA_SUCCESS) {
        return error;
    }
    wait_for(call.lock, {everything(stream)});
    return call.context->failure;
}
