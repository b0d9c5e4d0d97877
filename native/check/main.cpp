// check [--mutant NAME] [--schedule NAME] [CHECK...]: runs the named checks, or all, under that schedule or every one.
// Exits with 0 if all is right.
#include "check.h"

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>

#include <dlfcn.h>

namespace check {

namespace {

constexpr size_t ZONE = 4096;
constexpr int UNTOUCHED = 0xFB;
constexpr int SHOWN = 5; // wrong lines of a check

struct Order {
    const char* name;
    host_cuda::Schedule schedule;
    unsigned seed;
};

const Order ORDERS[] = {
    {"forward", host_cuda::Schedule::FORWARD, 1},
    {"backward", host_cuda::Schedule::BACKWARD, 1},
    {"shuffled-1", host_cuda::Schedule::SHUFFLED, 0x2545f491},
    {"shuffled-2", host_cuda::Schedule::SHUFFLED, 0x9e3779b9},
};

Check* checks = nullptr; // in the order of a source
Check** last = &checks;
const Check* running = nullptr;
const Order* order = nullptr;
int wrongs = 0; // of the check that runs
int failed = 0; // checks

void run(const Check& check) {
    running = &check;
    wrongs = 0;
    host_cuda::context.schedule = order->schedule;
    host_cuda::context.random = order->seed;
    check.run();
    if (wrongs > SHOWN) {
        std::fprintf(stderr, "WRONG %s (%s): and %d more\n", check.name, order->name, wrongs - SHOWN);
    }
    failed += wrongs > 0;
}

void run_under(const Order& chosen, const std::vector<const Check*>& all) {
    order = &chosen;
    const auto start = std::chrono::steady_clock::now();
    for (const Check* check : all) {
        run(*check);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%zu checks %s: %.2f s\n", all.size(), chosen.name, took.count());
    std::fflush(stdout);
}

std::vector<const Check*> chosen(const std::vector<std::string>& names) {
    std::vector<const Check*> result;
    for (const Check* check = checks; check != nullptr; check = check->next) {
        if (names.empty() || std::find(names.begin(), names.end(), check->name) != names.end()) {
            result.push_back(check);
        }
    }
    return result;
}

} // namespace

Check::Check(const char* name, void (*run)()) : name(name), run(run), next(nullptr) {
    *last = this;
    last = &next;
}

void wrong(const char* format, ...) {
    if (++wrongs > SHOWN) {
        return;
    }
    std::fprintf(stderr, "WRONG %s (%s): ", running->name, order->name);
    va_list arguments;
    va_start(arguments, format);
    std::vfprintf(stderr, format, arguments);
    va_end(arguments);
    std::fprintf(stderr, "\n");
}

const char* name_of(const void* kernel, const char* text) {
    Dl_info info;
    return dladdr(kernel, &info) != 0 && info.dli_sname != nullptr && info.dli_saddr == kernel ? info.dli_sname : text;
}

std::vector<float> normal(size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> distribution;
    std::vector<float> values(count);
    std::generate(values.begin(), values.end(), [&] { return distribution(random); });
    return values;
}

Memory::Memory(size_t bytes) : bytes_(bytes) {
    const size_t all = ZONE + (bytes + 255) / 256 * 256 + ZONE;
    base_ = static_cast<unsigned char*>(std::aligned_alloc(256, all));
    data_ = base_ + ZONE;
    std::memset(base_, UNTOUCHED, all);
    std::memset(data_, 0xCD, bytes);
#if HOST_CUDA_ASAN
    __asan_poison_memory_region(base_, ZONE);
    __asan_poison_memory_region(data_ + bytes, base_ + all - (data_ + bytes));
#endif
}

Memory::~Memory() {
    const size_t all = ZONE + (bytes_ + 255) / 256 * 256 + ZONE;
#if HOST_CUDA_ASAN
    __asan_unpoison_memory_region(base_, all);
#endif
    const auto touched = [](unsigned char byte) { return byte != UNTOUCHED; };
    if (std::any_of(base_, data_, touched) || std::any_of(data_ + bytes_, base_ + all, touched)) {
        wrong("memory beyond the ends of %zu bytes was written", bytes_);
    }
    std::free(base_);
}

} // namespace check

int main(int count, char** arguments) {
    std::vector<std::string> names;
    const char* schedule = nullptr;
    for (int i = 1; i < count; ++i) {
        const bool has_value = i + 1 < count;
        if (std::strcmp(arguments[i], "--mutant") == 0 && has_value) {
            host_cuda::mutant = arguments[++i];
        } else if (std::strcmp(arguments[i], "--schedule") == 0 && has_value) {
            schedule = arguments[++i];
        } else {
            names.push_back(arguments[i]);
        }
    }
    const std::vector<const check::Check*> all = check::chosen(names);
    if (all.size() < std::max<size_t>(names.size(), 1)) {
        std::fprintf(stderr, "there is no such check\n");
        return 2;
    }
    bool any = false;
    for (const check::Order& order : check::ORDERS) {
        if (schedule == nullptr || std::strcmp(schedule, order.name) == 0) {
            any = true;
            check::run_under(order, all);
        }
    }
    if (!any) {
        std::fprintf(stderr, "there is no schedule %s\n", schedule);
        return 2;
    }
    if (host_cuda::mutant != nullptr && !host_cuda::mutant_seen) {
        std::fprintf(stderr, "no code asked for mutant %s\n", host_cuda::mutant);
        return 2;
    }
    return check::failed > 0;
}
