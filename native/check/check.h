// Checks of kernels on the host: a registry, launches, device memory with guarded ends, comparisons.
//
//     CHECK(histogram_counts_all) {
//         check::Global<int> counts(97, 0);
//         launch(histogram, dim3(5), dim3(96), 97 * sizeof(int), values, n, counts);
//         check::expect_equal("count", counts, expected);
//     }
//
// Every check runs under each schedule of context.h.
#pragma once

#include "host_cuda.h"

#include <cstdlib>
#include <tuple>
#include <utility>
#include <vector>

namespace check {

struct Check {
    const char* name;
    void (*run)();
    Check* next;

    Check(const char* name, void (*run)());
};

// A line on stderr for the check that runs; the process will exit with 1. All but the first few of a check are only counted.
__attribute__((format(printf, 1, 2))) void wrong(const char* format, ...);

// Normally distributed numbers, the same for the same seed.
std::vector<float> normal(size_t count, unsigned seed);

// Device memory between two zones that nobody may touch: ASan reports who does; other builds see afterwards that it was written.
class Memory {
public:
    explicit Memory(size_t bytes);
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory();

    unsigned char* data() const { return data_; }

private:
    size_t bytes_;
    unsigned char* base_;
    unsigned char* data_;
};

// An array of device memory, aligned to 256 bytes as cudaMalloc does, and full of 0xCD where no values are given.
template <class T>
class Global {
public:
    explicit Global(size_t size) : memory_(size * sizeof(T)), size_(size) {}

    Global(size_t size, T value) : Global(size) {
        for (T& element : *this) {
            element = value;
        }
    }

    Global(const std::vector<T>& values) : Global(values.size()) {
        if (!values.empty()) {
            __builtin_memcpy(memory_.data(), values.data(), values.size() * sizeof(T));
        }
    }

    operator T*() const { return begin(); }
    T* begin() const { return reinterpret_cast<T*>(memory_.data()); }
    T* end() const { return begin() + size_; }
    size_t size() const { return size_; }

private:
    Memory memory_;
    size_t size_;
};

// The symbol of a kernel, or else the text that a check writes for it.
const char* name_of(const void* kernel, const char* text);

template <class... Parameters, class... Arguments>
void launch_as(const char* text, void (*kernel)(Parameters...), dim3 grid, dim3 threads, size_t dynamic_bytes,
               Arguments&&... arguments) {
    const std::tuple<Parameters...> parameters(std::forward<Arguments>(arguments)...);
    const char* const name = name_of(reinterpret_cast<const void*>(kernel), text);
    host_cuda::run_grid(name, grid, threads, dynamic_bytes, [&] { std::apply(kernel, parameters); });
}

template <class Actual, class Expected>
void expect_equal(const char* what, const Actual& actual, const Expected& expected) {
    if (actual.size() != expected.size()) {
        wrong("%s: %zu values, not %zu", what, actual.size(), expected.size());
        return;
    }
    for (size_t i = 0; i < expected.size(); ++i) {
        if (!(actual.begin()[i] == expected.begin()[i])) {
            wrong("%s [%zu] is %.9g, not %.9g", what, i, static_cast<double>(actual.begin()[i]),
                  static_cast<double>(expected.begin()[i]));
        }
    }
}

// |actual - expected| <= absolute + relative * |expected|. Equal infinities are near.
template <class Actual, class Expected>
void expect_near(const char* what, const Actual& actual, const Expected& expected, double absolute, double relative = 0) {
    if (actual.size() != expected.size()) {
        wrong("%s: %zu values, not %zu", what, actual.size(), expected.size());
        return;
    }
    for (size_t i = 0; i < expected.size(); ++i) {
        const double a = static_cast<double>(actual.begin()[i]);
        const double e = static_cast<double>(expected.begin()[i]);
        if (!(a == e || std::fabs(a - e) <= absolute + relative * std::fabs(e))) {
            wrong("%s [%zu] is %.9g, not %.9g", what, i, a, e);
        }
    }
}

} // namespace check

#define CHECK(name) \
    static void name(); \
    static check::Check check_##name(#name, name); \
    static void name()

// launch(kernel, grid, threads of a block, bytes of dynamic shared memory, arguments...)
#define launch(kernel, ...) check::launch_as(#kernel, kernel, __VA_ARGS__)

#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            check::wrong("line %d: not %s", __LINE__, #condition); \
        } \
    } while (false)
