// Finds races by construction: every access of a kernel is compared with the earlier ones to the same memory.
//
// Two accesses of different threads are in order if a __syncthreads lies between them, or, within a warp, a __syncwarp of both
// lanes. Else they are a race, unless both read or both are atomic; so is what two blocks of a launch do to the same global
// memory. Shuffles and votes order nothing. Reads of shared memory that nobody wrote in this block and of the target of an
// unfinished cp.async are failures as well.
//
// What is kept of a word: the last plain write, and of reads and of atomics so many that no race is lost (see note). Words that
// are accessed by smaller pieces get that per byte. Only accesses that happen count: a race that needs other data is not seen.
// Order by fences and flags is not known, and reported as a race.
#include "race.h"

#include "context.h"
#include "shadow.h"
#include "shared.h"

namespace host_cuda::race {

namespace {

enum class Kind { READ, WRITE, ATOMIC };

const char* const NAMES[] = {"read", "write", "atomic"};

uint64_t first_block = 1; // of this launch; blocks are numbered over all launches
uint64_t block = 0;
uint64_t interval = 0; // number of barriers the block has passed
uint32_t known[MOST_THREADS][32]; // per thread: the interval of each lane of its warp that it is in order with, and its own
bool synced = true; // since `known` was as at a barrier

Stamp now() {
    const unsigned thread = context.here->linear;
    return {block, interval, known[thread][thread % 32], thread};
}

bool in_order(const Stamp& earlier, const Stamp& later, bool shared) {
    if (earlier.block < first_block || (earlier.block == later.block && earlier.thread == later.thread)) {
        return true;
    }
    if (earlier.block != later.block) {
        return shared; // the memory of another block, which is gone
    }
    if (earlier.interval != later.interval) {
        return true;
    }
    return earlier.thread / 32 == later.thread / 32 && known[later.thread][earlier.thread % 32] >= earlier.clock;
}

// Keeps the latest access, the latest of another thread of its warp, of another warp of its block, and of another block. What
// a later write is out of order with, it is so with one of these; but a third lane that a partial __syncwarp leaves out is lost.
void note(Stamp (&latest)[4], const Stamp& stamp) {
    const Stamp old = latest[0];
    latest[0] = stamp;
    if (old.block != stamp.block) {
        latest[1] = latest[2] = {};
        latest[3] = old;
    } else if (old.thread / 32 != stamp.thread / 32) {
        const Stamp other = latest[2];
        const bool same_warp = other.block == stamp.block && other.thread / 32 == stamp.thread / 32;
        latest[1] = same_warp && other.thread != stamp.thread ? other : Stamp{};
        latest[2] = old;
    } else if (old.thread != stamp.thread) {
        latest[1] = old;
    }
}

[[noreturn]] void fail_race(const char* address, bool shared, Kind kind, const Stamp& earlier, Kind earlier_kind) {
    const unsigned x = context.threads.x;
    const unsigned y = context.threads.y;
    const uint64_t distance = earlier.block == block ? 0 : block - earlier.block;
    fail("RACE %s: %s at %p%s, after %s by thread (%u,%u,%u) of %s, and nothing orders them",
         shared ? "in shared memory" : distance == 0 ? "in global memory" : "between blocks", NAMES[static_cast<int>(kind)],
         static_cast<const void*>(address), source_line(), NAMES[static_cast<int>(earlier_kind)], earlier.thread % x,
         earlier.thread / x % y, earlier.thread / (x * y), distance == 0 ? "this block" : "an earlier block");
}

void touch(Cell& cell, const char* address, bool shared, Kind kind, bool reads) {
    const Stamp stamp = now();
    if (reads && shared && cell.write.block != block && cell.atomics[0].block != block) {
        fail("UNWRITTEN shared memory is read at %p%s", static_cast<const void*>(address), source_line());
    }
    auto check = [&](const Stamp& earlier, Kind earlier_kind) {
        if (!in_order(earlier, stamp, shared)) {
            fail_race(address, shared, kind, earlier, earlier_kind);
        }
    };
    check(cell.write, Kind::WRITE);
    for (const Stamp& earlier : cell.reads) {
        if (kind != Kind::READ) {
            check(earlier, Kind::READ);
        }
    }
    for (const Stamp& earlier : cell.atomics) {
        if (kind != Kind::ATOMIC) {
            check(earlier, Kind::ATOMIC);
        }
    }
    switch (kind) {
    case Kind::READ:
        note(cell.reads, stamp);
        break;
    case Kind::ATOMIC:
        note(cell.atomics, stamp);
        break;
    case Kind::WRITE: // what is in order with it is in order with all before
        cell = Cell{};
        cell.write = stamp;
        break;
    }
}

template <class Action>
void for_each_word(const void* from, size_t bytes, Action action) {
    const char* address = static_cast<const char*>(from);
    const char* const end = address + bytes;
    while (address < end) {
        const size_t offset = reinterpret_cast<uintptr_t>(address) % 4;
        const size_t piece = static_cast<size_t>(end - address) < 4 - offset ? static_cast<size_t>(end - address) : 4 - offset;
        action(find_word(address), address, offset, piece);
        address += piece;
    }
}

void access(const void* from, size_t bytes, Kind kind, bool reads) {
    if (context.here == nullptr || is_own(from)) {
        return;
    }
    const bool shared = is_shared(from, 1);
    for_each_word(from, bytes, [=](Word& word, const char* address, size_t offset, size_t piece) {
        if (word.pending) {
            fail("UNFINISHED cp.async: its target %p is accessed%s", static_cast<const void*>(address), source_line());
        }
        if (piece == 4 && word.bytes == nullptr) {
            touch(word.cell, address, shared, kind, reads);
            return;
        }
        Cell* cells = split(word);
        for (size_t i = 0; i < piece; ++i) {
            touch(cells[offset + i], address + i, shared, kind, reads);
        }
    });
}

void forget_clocks() {
    if (!synced) {
        return;
    }
    synced = false;
    for (unsigned i = 0; i < context.count; ++i) {
        for (unsigned lane = 0; lane < 32; ++lane) {
            known[i][lane] = lane == i % 32;
        }
    }
}

} // namespace

void begin_launch() {
    const uint64_t blocks = uint64_t{context.grid.x} * context.grid.y * context.grid.z;
    if (blocks >= BLOCKS) {
        fail("more blocks than the race build can count: %llu", static_cast<unsigned long long>(blocks));
    }
    if (block + blocks >= BLOCKS) {
        forget_words();
        block = 0;
    }
    first_block = block + 1;
    synced = true; // of a block of another size
}

void begin_block() {
    ++block;
    interval = 0;
    forget_clocks();
}

void barrier() {
    if (++interval == INTERVALS) {
        fail("more barriers than the race build can count");
    }
    forget_clocks();
}

void sync_warp(unsigned mask) {
    uint32_t(*rows)[32] = known + (context.here->linear & ~31u);
    uint32_t most[32] = {};
    synced = true;
    for (unsigned lane = 0; lane < 32; ++lane) {
        for (unsigned other = 0; other < 32 && (mask >> lane & 1) != 0; ++other) {
            most[other] = rows[lane][other] > most[other] ? rows[lane][other] : most[other];
        }
    }
    for (unsigned lane = 0; lane < 32; ++lane) {
        if (mask >> lane & 1) {
            __builtin_memcpy(rows[lane], most, sizeof most);
            if (++rows[lane][lane] == CLOCKS) {
                fail("more __syncwarp between two barriers than the race build can count");
            }
        }
    }
}

void read(const void* address, size_t bytes) {
    access(address, bytes, Kind::READ, true);
}

void write(const void* address, size_t bytes) {
    access(address, bytes, Kind::WRITE, false);
}

void atomic(const void* address, size_t bytes, bool reads) {
    access(address, bytes, Kind::ATOMIC, reads);
}

void copy_begun(const void* to, const void* from, size_t bytes) {
    read(from, bytes);
    write(to, bytes);
    for_each_word(to, bytes, [](Word& word, const char*, size_t, size_t) { word.pending = true; });
}

void copy_done(const void* to, const void* from, size_t bytes) {
    for_each_word(to, bytes, [](Word& word, const char*, size_t, size_t) { word.pending = false; });
    read(from, bytes);
    write(to, bytes);
}

} // namespace host_cuda::race
