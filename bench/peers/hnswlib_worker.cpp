// hnswlib as an engine of `perigee bench peers`: JSON lines on standard input and output, see README.md beside this file.
// ./hnswlib compiles it and says where it lies.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <hnswlib/hnswlib.h>

namespace {

struct Skip : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The fields of a JSON object of texts, numbers, words and objects; those of an inner object are named "outer.inner".
class Request {
public:
    explicit Request(const std::string& line) : at(line.data()), end(line.data() + line.size()) {
        object("");
        if (next() != 0) fail("one JSON object a line is expected");
    }

    std::string text(const std::string& name) const {
        const auto found = fields.find(name);
        if (found == fields.end()) throw std::invalid_argument("field '" + name + "' is missing");
        return found->second;
    }

    size_t number(const std::string& name) const {
        const std::string value = text(name);
        if (value.empty() || value.size() > 18 || value.find_first_not_of("0123456789") != std::string::npos)
            throw std::invalid_argument("field '" + name + "': '" + value + "' (expected a whole number)");
        return std::stoull(value);
    }

    size_t number(const std::string& name, size_t otherwise) const { return fields.count(name) ? number(name) : otherwise; }

    size_t positive(const std::string& name) const {
        const size_t value = number(name);
        if (value == 0) throw std::invalid_argument("field '" + name + "': 0 (expected at least 1)");
        return value;
    }

private:
    [[noreturn]] static void fail(const std::string& why) { throw std::invalid_argument("no JSON: " + why); }

    char next() { // without taking it; 0 at the end
        while (at != end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) ++at;
        return at == end ? 0 : *at;
    }

    void take(char expected) {
        if (next() != expected) fail(std::string("'") + expected + "' is expected");
        ++at;
    }

    std::string quoted() {
        std::string value;
        take('"');
        while (at != end && *at != '"') {
            if (*at == '\\') {
                if (++at == end) break;
                if (*at != '"' && *at != '\\' && *at != '/') fail("this escape is not known here");
            }
            value += *at++;
        }
        if (at == end) fail("a text has no end");
        ++at;
        return value;
    }

    void object(const std::string& prefix) {
        take('{');
        if (next() == '}') {
            ++at;
            return;
        }
        while (true) {
            const std::string name = prefix + quoted();
            take(':');
            if (next() == '{') {
                object(name + ".");
            } else if (next() == '"') {
                fields[name] = quoted();
            } else {
                std::string word;
                while (at != end && (std::isalnum(static_cast<unsigned char>(*at)) || *at == '-' || *at == '+' || *at == '.'))
                    word += *at++;
                if (word.empty()) fail("a value is expected");
                fields[name] = word;
            }
            if (next() != ',') break;
            ++at;
        }
        take('}');
    }

    const char* at;
    const char* end;
    std::map<std::string, std::string> fields;
};

struct Rows {
    size_t count, dim;
    std::vector<float> values;

    const float* operator[](size_t i) const { return values.data() + i * dim; }
};

Rows read_rows(const std::string& file, size_t count, size_t dim, bool unit) {
    Rows rows{count, dim, std::vector<float>(count * dim)};
    std::ifstream in(file, std::ios::binary);
    const auto bytes = static_cast<std::streamsize>(rows.values.size() * sizeof(float));
    if (!in.read(reinterpret_cast<char*>(rows.values.data()), bytes) || in.peek() != EOF)
        throw std::runtime_error(file + ": not " + std::to_string(bytes) + " bytes that can be read");
    for (size_t i = 0; unit && i < count; ++i) {
        float* row = rows.values.data() + i * dim;
        double squares = 0;
        for (size_t t = 0; t < dim; ++t) squares += static_cast<double>(row[t]) * row[t];
        for (size_t t = 0; squares > 0 && t < dim; ++t) row[t] = static_cast<float>(row[t] / std::sqrt(squares));
    }
    return rows;
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Calls one(i) for begin <= i < end from that many threads; what one of them throws is thrown here.
void spread(size_t threads, size_t begin, size_t end, const std::function<void(size_t)>& one) {
    if (threads == 1) {
        for (size_t i = begin; i < end; ++i) one(i);
        return;
    }
    std::atomic<size_t> next{begin};
    std::mutex lock;
    std::exception_ptr failure;
    std::vector<std::thread> all;
    for (size_t t = 0; t < threads; ++t)
        all.emplace_back([&] {
            try {
                for (size_t i = next++; i < end; i = next++) one(i);
            } catch (...) {
                const std::lock_guard<std::mutex> guard(lock);
                failure = std::current_exception();
            }
        });
    for (auto& thread : all) thread.join();
    if (failure) std::rethrow_exception(failure);
}

class Engine {
public:
    std::string answer(const Request& request) {
        const std::string op = request.text("op");
        if (op == "hello") return hello();
        if (op == "build") return build(request);
        if (op == "search") return search(request);
        if (op == "memory") return memory();
        throw std::invalid_argument("op: '" + op + "' (expected hello, build, search or memory)");
    }

private:
    static std::string hello() {
#if defined(__AVX512F__)
        const char* lanes = "AVX-512";
#elif defined(__AVX__)
        const char* lanes = "AVX";
#else
        const char* lanes = "no AVX";
#endif
        return std::string("{\"engine\":\"hnswlib\",\"version\":\"") + HNSWLIB_VERSION + "\",\"build\":\"g++ " + __VERSION__ +
               " -O3 -march=native, " + lanes + "\"}";
    }

    std::string build(const Request& request) {
        index.reset();
        const std::string kind = request.text("index"), distance = request.text("distance");
        if (kind != "hnsw") throw Skip("no index '" + kind + "' (hnswlib has hnsw)");
        if (distance != "l2" && distance != "inner_product" && distance != "cosine")
            throw std::invalid_argument("distance: '" + distance + "' (expected l2, inner_product or cosine)");
        dim = request.positive("dim");
        unit = distance == "cosine";
        const size_t threads = request.positive("threads");
        const auto start = Clock::now();
        const Rows rows = read_rows(request.text("base"), request.number("rows"), dim, unit);
        if (distance == "l2")
            space = std::make_unique<hnswlib::L2Space>(dim);
        else
            space = std::make_unique<hnswlib::InnerProductSpace>(dim);
        auto fresh = std::make_unique<hnswlib::HierarchicalNSW<float>>(space.get(), rows.count, request.positive("build.links"),
                request.positive("build.ef_construction"), request.number("build.seed", 1));
        if (rows.count > 0) fresh->addPoint(rows[0], 0); // the first is where the others enter
        spread(threads, 1, rows.count, [&](size_t i) { fresh->addPoint(rows[i], i); });
        const double seconds = seconds_since(start);
        index = std::move(fresh);
        size_t bytes = 0;
        for (size_t i = 0; i < index->cur_element_count; ++i)
            bytes += index->size_data_per_element_ + sizeof(unsigned) +
                     index->element_levels_[i] * index->size_links_per_element_;
        std::ostringstream out;
        out << "{\"build_s\":" << seconds << ",\"bytes\":" << bytes << "}";
        return out.str();
    }

    std::string search(const Request& request) {
        if (!index) throw std::invalid_argument("search: there is no index yet");
        const std::string mode = request.text("mode");
        if (mode != "batch" && mode != "single")
            throw std::invalid_argument("mode: '" + mode + "' (expected batch or single)");
        const size_t k = request.positive("k"), threads = mode == "batch" ? request.positive("threads") : 1;
        const size_t batch = mode == "batch" ? request.positive("batch") : 1;
        const Rows queries = read_rows(request.text("queries"), request.number("rows"), dim, unit);
        index->setEf(std::max(k, request.positive("search.ef")));
        std::vector<int32_t> found(queries.count * k, -1);
        std::vector<double> times;
        const auto busy = std::clock();
        const auto begin = Clock::now();
        for (size_t from = 0; from < queries.count; from += batch) {
            const auto start = Clock::now();
            spread(threads, from, std::min(queries.count, from + batch), [&](size_t i) {
                auto nearest = index->searchKnn(queries[i], k); // farthest on top
                for (size_t r = nearest.size(); r-- > 0; nearest.pop())
                    found[i * k + r] = static_cast<int32_t>(nearest.top().second);
            });
            times.push_back(seconds_since(start));
        }
        const double seconds = seconds_since(begin), cpu = static_cast<double>(std::clock() - busy) / CLOCKS_PER_SEC;
        std::ofstream out(request.text("out"), std::ios::binary);
        out.write(reinterpret_cast<const char*>(found.data()), static_cast<std::streamsize>(found.size() * sizeof(int32_t)));
        out.close();
        if (!out) throw std::runtime_error(request.text("out") + ": cannot be written");
        std::sort(times.begin(), times.end());
        std::ostringstream line;
        line << "{\"seconds\":" << seconds << ",\"cpu_s\":" << cpu << ",\"p50_us\":" << percentile(times, 0.5) << ",\"p99_us\":"
             << percentile(times, 0.99) << ",\"overhead_us\":0}";
        return line.str();
    }

    static double percentile(const std::vector<double>& sorted, double part) {
        if (sorted.empty()) return 0;
        return sorted[static_cast<size_t>(std::max(0.0, std::ceil(part * static_cast<double>(sorted.size())) - 1))] * 1e6;
    }

    static std::string memory() {
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);)
            if (line.rfind("VmRSS:", 0) == 0)
                return "{\"rss_bytes\":" + std::to_string(std::stoull(line.substr(6)) << 10) + "}";
        throw std::runtime_error("/proc/self/status: no VmRSS");
    }

    size_t dim = 0;
    bool unit = false;
    std::unique_ptr<hnswlib::SpaceInterface<float>> space;
    std::unique_ptr<hnswlib::HierarchicalNSW<float>> index;
};

std::string failure(const char* field, std::string why) {
    for (char& c : why)
        if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 32) c = '\'';
    return std::string("{\"") + field + "\":\"" + why + "\"}";
}

} // namespace

int main() {
    Engine engine;
    for (std::string line; std::getline(std::cin, line);) {
        std::string answer;
        try {
            answer = engine.answer(Request(line));
        } catch (const Skip& e) {
            answer = failure("skip", e.what());
        } catch (const std::exception& e) {
            answer = failure("error", e.what());
        }
        std::cout << answer << std::endl;
    }
}
