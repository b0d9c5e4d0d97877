#include "shadow.h"

#include "context.h"
#include "grid.h"
#include "tsan.h"

#include <cstdio>
#include <string>
#include <unordered_map>

#include <unistd.h>

namespace host_cuda::race {

namespace {

constexpr size_t PAGE_WORDS = 1024;

std::unordered_map<uintptr_t, std::unique_ptr<Word[]>> pages; // by the address without its low 12 bits

struct Recent {
    uintptr_t page = ~uintptr_t{0};
    Word* words = nullptr;
};

Recent recent[64]; // of pages with these low bits

} // namespace

Word& find_word(const void* address) {
    const uintptr_t at = reinterpret_cast<uintptr_t>(address);
    const uintptr_t page = at / (PAGE_WORDS * 4);
    Recent& known = recent[page % 64];
    if (page != known.page) {
        std::unique_ptr<Word[]>& words = pages[page];
        if (words == nullptr) {
            words.reset(new Word[PAGE_WORDS]);
        }
        known = {page, words.get()};
    }
    return known.words[at / 4 % PAGE_WORDS];
}

void forget_words() {
    pages.clear();
    for (Recent& known : recent) {
        known = {};
    }
}

Cell* split(Word& word) {
    if (word.bytes == nullptr) {
        word.bytes.reset(new Cell[4]{word.cell, word.cell, word.cell, word.cell});
    }
    return word.bytes.get();
}

bool is_own(const void* address) {
    const char* at = static_cast<const char*>(address);
    const char* own = reinterpret_cast<const char*>(&context);
    return (at >= context.stacks && at < context.stacks + MOST_THREADS * STACK_BYTES) || (at >= own && at < own + sizeof context);
}

const char* source_line() {
    static std::string text;
    char program[4096];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    char command[5000];
    std::snprintf(command, sizeof command, "addr2line -s -e '%s' %p 2>/dev/null", program, access_place());
    if (FILE* pipe = popen(command, "r")) {
        char line[256] = "";
        if (std::fgets(line, sizeof line, pipe) != nullptr) {
            text = std::string(" (") + line;
            text.back() = ')';
        }
        pclose(pipe);
    }
    return text.c_str();
}

} // namespace host_cuda::race
