// client LIBRARY TEST: runs one test against a driver, which is loaded as an application does it.
#include "client.h"

#include <string>

int main(int count, char** arguments) {
    const struct {
        const char* name;
        void (*run)();
    } tests[] = {{"devices", test_devices},   {"contexts", test_contexts},     {"memory", test_memory},
                 {"launches", test_launches}, {"failure", test_failure},       {"capability", test_capability},
                 {"overrun", test_overrun},   {"until_killed", test_until_killed}, {"streams", test_streams},
                 {"captures", test_captures}, {"graphs", test_graphs},         {"threads", test_threads}};
    library = count == 3 ? dlopen(arguments[1], RTLD_NOW) : nullptr;
    if (library == nullptr) {
        std::fprintf(stderr, "usage: client LIBRARY TEST (%s)\n", dlerror());
        return 2;
    }
    for (const auto& test : tests) {
        if (arguments[2] == std::string(test.name)) {
            test.run();
            return 0;
        }
    }
    std::fprintf(stderr, "no test %s\n", arguments[2]);
    return 2;
}
