// What the race build remembers of each word of memory.
#pragma once

#include <memory>

#include <stddef.h>
#include <stdint.h>

namespace host_cuda::race {

// Who accessed, and when.
struct Stamp {
    uint64_t block : 20 = 0; // 0: nobody
    uint64_t interval : 14 = 0;
    uint64_t clock : 20 = 0; // of the lane, within the interval
    uint64_t thread : 10 = 0;
};

constexpr uint64_t BLOCKS = 1 << 20;
constexpr uint64_t INTERVALS = 1 << 14;
constexpr uint64_t CLOCKS = 1 << 20;

struct Cell {
    Stamp write;
    Stamp reads[4];
    Stamp atomics[4];
};

struct Word {
    Cell cell;
    std::unique_ptr<Cell[]> bytes; // four, which count instead, once a part of the word was accessed
    bool pending = false;          // a copy into it is under way
};

Word& find_word(const void* address);

void forget_words();

Cell* split(Word& word);

// Whether the memory is the checker's: stacks of threads, the context of the launch.
bool is_own(const void* address);

// " (file:line)" of the access that is being checked, as far as known.
const char* source_line();

} // namespace host_cuda::race
