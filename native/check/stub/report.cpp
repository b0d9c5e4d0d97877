// Launches by kernel, for native/check/with-stub: with PERIGEE_STUB_REPORT = a folder, each process keeps a file there with
// one line `KERNEL N` per kernel, in mapped memory, so that the counts of a process that is killed are there too.
#include "launch.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr size_t LINE = 80;

class Report {
public:
    Report() : counts(kernels().size()) {
        const char* folder = std::getenv("PERIGEE_STUB_REPORT");
        if (folder == nullptr || *folder == '\0' || counts.empty()) {
            return;
        }
        const std::string path = std::string(folder) + "/launches." + std::to_string(getpid());
        const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        const size_t bytes = counts.size() * LINE;
        if (file < 0 || ftruncate(file, static_cast<off_t>(bytes)) != 0) {
            std::perror("perigee test double: PERIGEE_STUB_REPORT");
            return;
        }
        void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        lines = mapped == MAP_FAILED ? nullptr : static_cast<char*>(mapped);
        for (size_t i = 0; i < counts.size(); i++) {
            write(i);
        }
    }

    void add(const Kernel& kernel) {
        const size_t i = &kernel - kernels().data();
        counts[i]++;
        write(i);
    }

private:
    void write(size_t i) {
        if (lines != nullptr) {
            char line[LINE + 1];
            std::snprintf(line, sizeof line, "%-58s %20llu\n", kernels()[i].name, counts[i]);
            std::memcpy(lines + i * LINE, line, LINE);
        }
    }

    std::vector<unsigned long long> counts;
    char* lines = nullptr;
};

} // namespace

void count_launch(const Kernel& kernel) {
    static auto* report = new Report;
    report->add(kernel);
}
