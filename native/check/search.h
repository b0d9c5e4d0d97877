// An exact search by the kernels, driven as the engine drives them (compute.cuda.ExactSearch), on memory of the host.
#pragma once
#include "check.h"
#include "exact.h"
#include "../cuda/kernels.cu"

namespace exact {

template <class T>
struct Buffer : check::Global<T> {
    T* at;
    size_t count;

    explicit Buffer(size_t count) : check::Global<T>(count), at(this->begin()), count(count) {}
    void fill(T value) { std::fill(at, at + count, value); }
};

inline int up(int n, int unit) { return (n + unit - 1) / unit; }

struct Shadows {
    Buffer<__half> panels;
    Buffer<float> starts, group_norm, group_error, group_start;
    int count, rows;
    explicit Shadows(int rows, int dim)
        : panels(size_t(up(rows, PANEL)) * up(dim, CHUNK) * CHUNK_BYTES / 2), starts(size_t(up(rows, PANEL)) * PANEL),
          group_norm(size_t(up(rows, PANEL)) * GROUPS), group_error(group_norm.count), group_start(group_norm.count),
          count(up(rows, PANEL)), rows(rows) {}
};

struct Scales {
    double rows, queries, starts;
    float accumulation;
};

// What ran of a search, so that a check can demand a route.
struct Route {
    int products = 0, appends = 0, directs = 0, pieces = 0, multiplied = 0;
};

// What makes the keys: fp16 shadows, the vectors as they are, or float32 products that something else has made.
enum class Scan { SHADOWS, DIRECT, PRODUCTS };

class Search {
public:
    Distance distance;
    const Matrix& queries;
    const Matrix& rows;
    const Mask& mask;
    Scan scan;
    bool shadowed;
    int k;
    int pool_capacity, group_capacity, row_capacity;
    Route route;

    Search(Distance distance, const Matrix& queries, const Matrix& rows, const Mask& mask, int k, Scan scan)
        : distance(distance), queries(queries), rows(rows), mask(mask), scan(scan), shadowed(scan == Scan::SHADOWS), k(k), pool_capacity(2 * k + 1024),
          group_capacity(2 * k + 256), row_capacity(2 * k + 4096), dim(rows.dim), q(queries.rows), padded(up(q, 256) * 256),
          alpha(q), beta(q), gamma(q), limits(q), unit(q), constant(q), ks(q), list_counts(q), pool_counts(q), top_counts(q),
          overflow(q) {}

    std::vector<std::vector<Found>> run(bool append, int tile_rows = 1 << 30) {
        group_capacity = std::max(1, group_capacity);
        Buffer<double> pool_distances(size_t(q) * pool_capacity), top_distances(size_t(q) * k);
        Buffer<long long> pool_positions(size_t(q) * pool_capacity), top_positions(size_t(q) * k);
        Buffer<int> list(size_t(q) * std::max(group_capacity, row_capacity));
        pd = pool_distances.at, pp = pool_positions.at, td = top_distances.at, tp = top_positions.at, lists = list.at;
        ks.fill(k), pool_counts.fill(0), top_counts.fill(0);
        centre();
        for (int first = 0; first < rows.rows; first += tile_rows) {
            tile(first, std::min(tile_rows, rows.rows - first), append);
        }
        std::vector<std::vector<Found>> found(q);
        for (int i = 0; i < q; ++i) {
            for (int j = 0; j < top_counts[i]; ++j) {
                found[i].push_back({td[size_t(i) * k + j], tp[size_t(i) * k + j]});
            }
        }
        return found;
    }

private:
    int dim, q, padded;
    Buffer<float> alpha, beta, gamma, limits;
    Buffer<double> unit, constant;
    Buffer<int> ks, list_counts, pool_counts, top_counts, overflow;
    double *pd, *td;
    long long *pp, *tp;
    int* lists;
    std::vector<float> mean;
    double radius = 0, longest = 0;
    Scales scales;

    void centre() {
        mean.assign(dim, 0);
        for (int t = 0; t < dim; ++t) {
            std::vector<float> column;
            for (int i = 0; i < rows.rows; i += 1 + rows.rows / 100) {
                column.push_back(rows.row(i)[t]);
            }
            std::nth_element(column.begin(), column.begin() + column.size() / 2, column.end());
            mean[t] = column[column.size() / 2];
        }
        for (int i = 0; i < rows.rows; ++i) {
            double from_mean = 0, from_zero = 0;
            for (int t = 0; t < dim; ++t) {
                const double x = rows.row(i)[t], y = x - mean[t];
                from_mean += y * y, from_zero += x * x;
            }
            radius = std::max(radius, std::sqrt(from_mean) * (1 + 1e-9));
            longest = std::max(longest, std::sqrt(from_zero) * (1 + 1e-9));
        }
        const int exponent = radius == 0 ? 0 : std::ilogb(radius);
        const double l2 = distance == Distance::L2 ? std::ldexp(1.0, -exponent) : 0;
        scales = {std::ldexp(1.0, 14 - exponent), l2, std::ldexp(1.0, 14 - exponent) * l2, (dim + 24) * 0x1p-22f};
    }

    void tile(int first, int n, bool append) {
        const int l2 = distance == Distance::L2;
        const int chunks = up(dim, CHUNK);
        Shadows of_rows(n, dim);
        Buffer<__half> of_queries(size_t(padded) / PANEL * chunks * CHUNK_BYTES / 2);
        const int groups = of_rows.count * GROUPS;
        Buffer<float> minima(size_t(padded) * groups);
        const float* tile_rows = rows.row(first);
        std::vector<unsigned> padded_mask(mask.empty() ? 0 : groups);
        for (size_t g = 0; g < padded_mask.size(); ++g) {
            padded_mask[g] = first / 32 + g < mask.size() ? mask[first / 32 + g] : 0;
        }
        const unsigned* bits = mask.empty() ? nullptr : padded_mask.data();
        if (shadowed) {
            launch(ingest_rows, groups, 256, 0, tile_rows, rows.stride, n, dim, nullptr, mean.data(), scales.rows, scales.starts,
                   of_rows.panels.at, of_rows.starts.at, of_rows.group_norm.at, of_rows.group_error.at, of_rows.group_start.at);
        } else {
            of_rows.group_norm.fill(std::nextafter(float(longest), INFINITY));
            of_rows.group_error.fill(0);
            of_rows.group_start.fill(scan == Scan::PRODUCTS && l2 ? std::nextafter(float(longest * longest), INFINITY) : 0);
        }
        Buffer<float> largest(3);
        launch(largest_bounds, 1, 256, 0, of_rows.group_norm.at, of_rows.group_error.at, of_rows.group_start.at, groups, largest.at);
        const float sums = shadowed ? scales.accumulation : scan == Scan::PRODUCTS ? (dim + 8) * 0x1.12p-24f : 0;
        launch(ingest_queries, padded / 8, 256, 0, queries.values.data(), queries.stride, q, dim, mean.data(), l2, scales.queries,
               scales.rows, sums, shadowed ? 0 : longest, shadowed ? of_queries.at : nullptr, alpha.at, beta.at, gamma.at,
               unit.at, constant.at);
        const float accumulation = shadowed ? scales.accumulation : scan == Scan::PRODUCTS ? 0x1p-22f : 0;
        const float relative = scan == Scan::DIRECT && l2 ? (dim + 8) * 0x1.1p-24f : 0;
        auto select = [&](const int* active, int count, int again, int begin, int end, int capacity) {
            launch(groups_select, count, 512, 0, active, minima.at, groups, groups, ks.at, alpha.at, beta.at, gamma.at, unit.at,
                   constant.at, of_rows.group_norm.at, of_rows.group_error.at, of_rows.group_start.at, largest.at, accumulation, relative,
                   top_counts.at, td, k, again, begin, end, limits.at, capacity, list_counts.at, lists);
        };
        auto rescore = [&](const int* active, int count, int span, int capacity) {
            launch(rescore_exact, dim3(3, count), 256, 0, active, queries.values.data(), queries.stride, tile_rows, rows.stride, n,
                   dim, l2, bits, nullptr, span, list_counts.at, lists, capacity, limits.at, gamma.at, unit.at, constant.at,
                   (long long)first, pool_capacity, pool_counts.at, pd, pp);
        };
        auto merge = [&](const int* active, int count) {
            launch(merge_top, count, 128, 0, active, ks.at, pool_capacity, pool_counts.at, pd, pp, top_counts.at, td, tp, k,
                   overflow.at);
        };
        if (shadowed) {
            groupmin(of_queries, of_rows, bits, chunks, minima.at, groups);
        } else if (scan == Scan::PRODUCTS) {
            multiplied(tile_rows, n, bits, minima.at, groups);
        } else {
            ++route.directs;
            launch(direct_groupmin, dim3(up(q, 64), up(of_rows.count * PANEL, 64)), 256, 0, queries.values.data(), queries.stride, q,
                   tile_rows, rows.stride, n, dim, l2, bits, minima.at, groups);
        }
        if (append) {
            select(nullptr, q, 0, 0, 0, 0);
            collect(of_queries, of_rows, bits, chunks);
            rescore(nullptr, q, 1, row_capacity);
        } else {
            select(nullptr, q, 0, 0, groups, group_capacity);
            rescore(nullptr, q, GROUP, group_capacity);
        }
        merge(nullptr, q);
        std::vector<int> again;
        for (int i = 0; i < q; ++i) {
            if (overflow[i]) {
                again.push_back(i);
            }
        }
        const int piece = std::min(group_capacity, (pool_capacity - k) / GROUP);
        for (int begin = 0; !again.empty() && begin < groups; begin += piece) {
            ++route.pieces;
            select(again.data(), int(again.size()), 1, begin, std::min(groups, begin + piece), group_capacity);
            rescore(again.data(), int(again.size()), GROUP, group_capacity);
            merge(again.data(), int(again.size()));
        }
    }

    // Runs `use` with the shape that fits: kernel variants, queries and threads of a block, shared memory.
    template <class Use>
    void product(int chunks, Use use) {
        constexpr int HEAD = PANEL * 4 + 128;
        if (q <= 64) {
            use(0, 32, 128, 6 * (CHUNK_BYTES + HEAD + 32 * VECTOR_BYTES));
        } else if (chunks <= 4) {
            use(1, 128, 128, chunks * 128 * VECTOR_BYTES + 4 * (CHUNK_BYTES + HEAD));
        } else {
            use(2, 256, 256, 3 * (CHUNK_BYTES + HEAD + 256 * VECTOR_BYTES));
        }
        ++route.products;
    }

    void groupmin(Buffer<__half>& of_queries, Shadows& of_rows, const unsigned* bits, int chunks, float* minima, int groups) {
        product(chunks, [&](int variant, int per_block, int threads, int shared) {
            constexpr decltype(&gemm_groupmin_small) kernels[] = {gemm_groupmin_small, gemm_groupmin_resident, gemm_groupmin_streamed};
            const int strip = 2;
            launch(kernels[variant], dim3(up(q, per_block), up(of_rows.count, strip)), threads, shared, of_queries.at,
                   of_rows.panels.at, of_rows.starts.at, bits, chunks, of_rows.count, strip, minima, groups);
        });
    }

    // In slices of three panels; sums backwards, for their order must not matter.
    void multiplied(const float* of_rows, int n, const unsigned* bits, float* minima, int columns) {
        constexpr int SLICE = 3 * PANEL;
        const bool l2 = distance == Distance::L2;
        Buffer<float> products(size_t(q) * SLICE), starts(n);
        for (int i = 0; i < n; ++i) {
            double square = 0;
            for (int t = 0; t < dim; ++t) {
                square += double(of_rows[i * rows.stride + t]) * of_rows[i * rows.stride + t];
            }
            starts[i] = float(square);
        }
        for (int first = 0; first < n; first += SLICE) {
            const int count = std::min(SLICE, n - first), group = first / GROUP;
            for (int i = 0; i < q * count; ++i) {
                float sum = 0;
                for (int t = dim - 1; t >= 0; --t) {
                    sum += queries.row(i / count)[t] * of_rows[(first + i % count) * rows.stride + t];
                }
                products[size_t(i / count) * SLICE + i % count] = sum;
            }
            const int groups = std::min(SLICE / GROUP, columns - group);
            launch(product_groupmin, dim3(up(groups, 8), q), 256, 0, products.at, (long long)SLICE, count, l2 ? starts.at + first : nullptr,
                   bits == nullptr ? nullptr : bits + group, minima + group, groups, columns);
            ++route.multiplied;
        }
    }

    void collect(Buffer<__half>& of_queries, Shadows& of_rows, const unsigned* bits, int chunks) {
        list_counts.fill(0);
        ++route.appends;
        product(chunks, [&](int variant, int per_block, int threads, int shared) {
            constexpr decltype(&gemm_append_small) kernels[] = {gemm_append_small, gemm_append_resident, gemm_append_streamed};
            const int strip = 3;
            launch(kernels[variant], dim3(up(q, per_block), up(of_rows.count, strip)), threads, shared, of_queries.at,
                   of_rows.panels.at, of_rows.starts.at, bits, chunks, of_rows.count, strip, alpha.at, beta.at, gamma.at,
                   of_rows.group_norm.at, of_rows.group_error.at, of_rows.group_start.at, scales.accumulation, limits.at, q,
                   row_capacity, list_counts.at, lists);
        });
    }
};

} // namespace exact
