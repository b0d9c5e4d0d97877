// Each kernel of native/cuda by itself, at odd sizes, against double arithmetic or a plain sort.
#include "search.h"

#include <numeric>
#include <set>

using namespace exact;
using check::Global;

namespace {

float value(__half h) { return __half2float(h); }

// Where the comment of panels.cuh says that a value lies, in plain words.
size_t place(int vector, int t, int chunks) {
    const size_t chunk = size_t(vector / 128) * chunks + t / 32;
    const int row = vector % 128, unit = t % 32 / 8;
    return chunk * 4096 + row * 32 + (unit ^ (row / 2 % 4)) * 8 + t % 8;
}

struct Ingested {
    Shadows shadows;
    std::vector<float> mean;
    Scales scales;

    Ingested(Distance distance, const Matrix& rows, double scale)
        : shadows(rows.rows, rows.dim), mean(rows.dim, 0.25f),
          scales{scale, 0.5, distance == Distance::L2 ? scale * 0.5 : 0, (rows.dim + 24) * 0x1p-22f} {
        launch(ingest_rows, shadows.count * GROUPS, 256, 0, rows.values.data(), rows.stride, rows.rows, rows.dim, nullptr,
               mean.data(), scales.rows, scales.starts, shadows.panels.at, shadows.starts.at, shadows.group_norm.at, shadows.group_error.at,
               shadows.group_start.at);
    }
};

struct Asked {
    Buffer<__half> panels;
    Buffer<float> alpha, beta, gamma;
    Buffer<double> unit, constant;

    Asked(Distance distance, const Matrix& queries, const Ingested& rows, int padded)
        : panels(size_t(padded) / PANEL * up(queries.dim, CHUNK) * CHUNK_BYTES / 2), alpha(queries.rows), beta(queries.rows),
          gamma(queries.rows), unit(queries.rows), constant(queries.rows) {
        launch(ingest_queries, padded / 8, 256, 0, queries.values.data(), queries.stride, queries.rows, queries.dim,
               rows.mean.data(), distance == Distance::L2, rows.scales.queries, rows.scales.rows, rows.scales.accumulation, 0.0,
               panels.at, alpha.at, beta.at, gamma.at, unit.at, constant.at);
    }
};

// start + y~ . b~ in double, from the shadows.
double key(const Ingested& rows, const Asked& queries, int q, int i, int dim) {
    const int chunks = up(dim, CHUNK);
    double sum = rows.shadows.starts.at[i];
    for (int t = 0; t < chunks * CHUNK; ++t) {
        sum += double(value(queries.panels.at[place(q, t, chunks)])) * value(rows.shadows.panels.at[place(i, t, chunks)]);
    }
    return sum;
}

double bound(const Ingested& rows, const Asked& queries, int q, int i) {
    const Shadows& s = rows.shadows;
    return double(queries.alpha.at[q]) * s.group_norm.at[i / 32] + double(queries.beta.at[q]) * s.group_error.at[i / 32]
            + double(rows.scales.accumulation) * s.group_start.at[i / 32] + queries.gamma.at[q];
}

struct Case {
    int rows, queries, dim;
};

} // namespace

CHECK(shadows_lie_where_panels_say) {
    for (const Case& c : {Case{1, 1, 1}, Case{33, 0, 31}, Case{129, 0, 33}, Case{257, 0, 70}}) {
        const Matrix rows = make(Kind::GAUSSIAN, c.rows, c.dim, 1);
        const Ingested made(Distance::L2, rows, 1024);
        const int chunks = up(c.dim, CHUNK);
        std::vector<float> norm(made.shadows.group_norm.count), error(norm), start(norm);
        for (int i = 0; i < made.shadows.count * PANEL; ++i) {
            double square = 0, missed = 0, shadow = 0;
            for (int t = 0; t < chunks * CHUNK; ++t) {
                const double wanted = i < c.rows && t < c.dim ? (double(rows.row(i)[t]) - 0.25) * 1024 : 0;
                const double got = value(made.shadows.panels.at[place(i, t, chunks)]);
                EXPECT(std::fabs(got - wanted) <= std::fabs(wanted) * 0x1p-10);
                square += wanted * wanted, shadow += got * got, missed += (got - wanted) * (got - wanted);
            }
            const double s = square / 1024 / 2;
            EXPECT(i < c.rows ? std::fabs(made.shadows.starts.at[i] - s) <= s * 0x1p-23 : made.shadows.starts.at[i] == INFINITY);
            norm[i / 32] = std::max(norm[i / 32], float(std::sqrt(shadow)));
            error[i / 32] = std::max(error[i / 32], float(std::sqrt(missed)));
            start[i / 32] = std::max(start[i / 32], float(s));
        }
        for (size_t g = 0; g < norm.size(); ++g) {
            EXPECT(made.shadows.group_norm.at[g] >= norm[g] && made.shadows.group_norm.at[g] <= norm[g] * 1.00001f);
            EXPECT(made.shadows.group_error.at[g] >= error[g] && made.shadows.group_error.at[g] <= error[g] * 1.00001f);
            EXPECT(made.shadows.group_start.at[g] >= start[g] && made.shadows.group_start.at[g] <= start[g] * 1.00001f);
        }
    }
}

CHECK(errors_of_keys_are_bounded) {
    for (Kind kind : {Kind::GAUSSIAN, Kind::WIDE_NORMS, Kind::SHIFTED}) {
        for (Distance distance : {Distance::L2, Distance::IP}) {
            const Matrix rows = make(kind, 70, 37, 3), queries = make(kind, 9, 37, 4);
            const Ingested made(distance, rows, kind == Kind::GAUSSIAN ? 2048 : 1.0 / 8);
            const Asked asked(distance, queries, made, 256);
            for (int q = 0; q < 9; ++q) {
                EXPECT(asked.alpha.at[q] < INFINITY);
                for (int i = 0; i < 70; ++i) {
                    const double truth = (between(distance, queries.row(q), rows.row(i), 37) - asked.constant.at[q]) * asked.unit.at[q];
                    EXPECT(std::fabs(key(made, asked, q, i, 37) - truth) <= bound(made, asked, q, i));
                }
            }
        }
    }
}

CHECK(a_query_that_fp16_cannot_hold_is_said_to_be_so) {
    Matrix rows = make(Kind::GAUSSIAN, 40, 5, 1), queries = make(Kind::GAUSSIAN, 3, 5, 2);
    queries.row(1)[2] = 1e9f;
    const Ingested made(Distance::L2, rows, 1024);
    const Asked asked(Distance::L2, queries, made, 256);
    EXPECT(asked.alpha.at[0] < INFINITY && asked.alpha.at[1] == INFINITY && asked.alpha.at[2] < INFINITY);
}

// All three shapes: minima of masked groups, odd numbers of panels and strips, against sums in double.
CHECK(group_minima_are_within_their_bound) {
    for (const Case& c : {Case{200, 40, 20}, Case{390, 130, 100}, Case{130, 300, 140}}) {
        const Matrix rows = make(Kind::CLUSTERED, c.rows, c.dim, 5), queries = make(Kind::CLUSTERED, c.queries, c.dim, 6);
        const Ingested made(Distance::L2, rows, 1024);
        const int padded = up(c.queries, 256) * 256, chunks = up(c.dim, CHUNK), groups = made.shadows.count * GROUPS;
        const Asked asked(Distance::L2, queries, made, padded);
        Global<unsigned> mask(groups, 0x5a5a00ffu);
        mask[1] = 0;
        Global<float> minima(size_t(padded) * groups);
        constexpr int HEAD = PANEL * 4 + 128;
        const int shared[] = {6 * (CHUNK_BYTES + HEAD + 2048), chunks * CHUNK_BYTES + 4 * (CHUNK_BYTES + HEAD), 3 * (3 * CHUNK_BYTES + HEAD)};
        const int variant = c.queries <= 64 ? 0 : chunks <= 4 ? 1 : 2, per_block = variant == 0 ? 32 : variant == 1 ? 128 : 256;
        const decltype(&gemm_groupmin_small) kernels[] = {gemm_groupmin_small, gemm_groupmin_resident, gemm_groupmin_streamed};
        launch(kernels[variant], dim3(up(c.queries, per_block), up(made.shadows.count, 2)), variant == 2 ? 256 : 128, shared[variant],
               asked.panels.at, made.shadows.panels.at, made.shadows.starts.at, mask, chunks, made.shadows.count, 2, minima, groups);
        for (int q = 0; q < c.queries; q += 7) {
            for (int g = 0; g < groups; ++g) {
                double least = INFINITY;
                for (int i = g * 32; i < std::min(c.rows, g * 32 + 32); ++i) {
                    if (mask[g] >> i % 32 & 1) {
                        least = std::min(least, key(made, asked, q, i, c.dim));
                    }
                }
                const float got = minima[size_t(q) * groups + g];
                EXPECT(least == INFINITY ? got == INFINITY : std::fabs(got - least) <= 1e-6 * (std::fabs(least) + made.shadows.group_start.at[g]));
            }
        }
    }
}

CHECK(direct_minima_are_within_their_bound) {
    for (Distance distance : {Distance::L2, Distance::IP}) {
        const int n = 150, count = 67, dim = 21, columns = 8;
        const Matrix rows = make(Kind::SHIFTED, n, dim, 5), queries = make(Kind::SHIFTED, count, dim, 6);
        Global<unsigned> mask(columns, 0xf0f0f0f1u);
        Global<float> minima(size_t(count) * columns);
        launch(direct_groupmin, dim3(up(count, 64), 4), 256, 0, queries.values.data(), queries.stride, count, rows.values.data(),
               rows.stride, n, dim, distance == Distance::L2, mask, minima, columns);
        for (int q = 0; q < count; ++q) {
            for (int g = 0; g < columns; ++g) {
                double least = INFINITY;
                for (int i = g * 32; i < std::min(n, g * 32 + 32); ++i) {
                    if (mask[g] >> i % 32 & 1) {
                        least = std::min(least, between(distance, queries.row(q), rows.row(i), dim));
                    }
                }
                const float got = minima[q * columns + g];
                EXPECT(least == INFINITY ? got == INFINITY : std::fabs(got - least) <= 1e-5 * std::fabs(least));
            }
        }
    }
}

CHECK(minima_of_products_are_those_of_their_keys) {
    for (Distance distance : {Distance::L2, Distance::IP}) {
        const bool l2 = distance == Distance::L2;
        const int n = 150, count = 3, groups = 9, columns = 11; // nine: a second block; four groups lie past the rows
        const long long stride = 160;
        Global<float> products(check::normal(count * stride, 7)), starts(n, 0.5f), minima(count * columns, -7.0f);
        products[3] = NAN, products[64] = -INFINITY; // of query 0
        Global<unsigned> mask(groups, 0xf0f0f0f9u);
        mask[1] = 0;
        launch(product_groupmin, dim3(2, count), 256, 0, products, stride, n, l2 ? starts.begin() : nullptr, mask, minima, groups, columns);
        for (int q = 0; q < count; ++q) {
            for (int g = 0; g < columns; ++g) {
                float least = INFINITY;
                for (int i = g * 32; i < std::min(n, g * 32 + 32); ++i) {
                    const float product = products[q * stride + i], key = l2 ? 0.5f - 2 * product : -product;
                    least = mask[std::min(g, groups - 1)] >> i % 32 & 1 ? std::min(least, key < INFINITY ? key : 3.402823466e38f) : least;
                }
                EXPECT(minima[q * columns + g] == (g < groups ? least : -7.0f));
            }
        }
    }
}

// One row at a time is the longest, so that each meets its own bound.
CHECK(errors_of_products_are_bounded) {
    for (Kind kind : {Kind::GAUSSIAN, Kind::WIDE_NORMS, Kind::SHIFTED, Kind::TINY}) {
        for (Distance distance : {Distance::L2, Distance::IP}) {
            const int l2 = distance == Distance::L2, dim = 300;
            const Matrix rows = make(kind, 40, dim, 3), queries = make(kind, 9, dim, 4);
            Buffer<float> alpha(9), beta(9), gamma(9);
            Buffer<double> unit(9), constant(9);
            for (int i = 0; i < 40; ++i) {
                const double square = -between(Distance::IP, rows.row(i), rows.row(i), dim), length = std::sqrt(square);
                launch(ingest_queries, 2, 256, 0, queries.values.data(), queries.stride, 9, dim, nullptr, l2, 0.0, 0.0,
                       (dim + 8) * 0x1.12p-24f, length * (1 + 1e-9), nullptr, alpha.at, beta.at, gamma.at, unit.at, constant.at);
                for (int q = 0; q < 9; ++q) {
                    float sum = 0;
                    for (int t = dim - 1; t >= 0; --t) {
                        sum += queries.row(q)[t] * rows.row(i)[t];
                    }
                    const double key = l2 ? float(square) - 2 * sum : -sum;
                    const double error = alpha[q] * length + (l2 ? 0x1p-22 * square : 0) + gamma[q];
                    EXPECT(unit[q] == 1 && beta[q] == 0 && error < INFINITY);
                    EXPECT(std::fabs(key + constant[q] - between(distance, queries.row(q), rows.row(i), dim)) <= error);
                }
            }
        }
    }
}

CHECK(direct_products_are_right) {
    const int n = 70, m = 67, dim = 35;
    const Matrix a = make(Kind::GAUSSIAN, n, dim, 1), b = make(Kind::GAUSSIAN, m, dim, 2);
    Global<float> out(size_t(n) * 80, -1.0f);
    launch(direct_product, dim3(2, 2), 256, 0, a.values.data(), a.stride, n, b.values.data(), b.stride, m, dim, out, 80LL);
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < 80; ++j) {
            EXPECT(j < m ? std::fabs(out[i * 80 + j] + between(Distance::IP, a.row(i), b.row(j), dim)) < 1e-4 : out[i * 80 + j] == -1);
        }
    }
}

CHECK(groups_are_those_within_the_limit) {
    const int count = 5, groups = 203, columns = 210;
    for (int k : {1, 7, 64, 65, 150, 203, 204}) {
        const std::vector<float> random = check::normal(size_t(count) * columns, 9 + k);
        Global<float> minima(random), norm(groups, 2.0f), error(groups, 0.5f), start(groups, 1.0f), largest(std::vector<float>{2, 0.5f, 1});
        Global<float> alpha(count, 0.01f), beta(count, 0.02f), gamma(count, 0.001f), limits(count, 0.0f);
        Global<double> unit(count, 1.0), constant(count, 0.0), found(count * size_t(k), 0.25);
        Global<int> ks(count, k), found_counts(count, 0), counts(count, 0), list(size_t(count) * groups, -1);
        alpha[2] = INFINITY;                          // blind
        minima[columns * 3 + 5] = INFINITY;           // an empty group
        found_counts[4] = k;                          // found before: nothing beyond .25
        const float bound = 0.01f * 2 + 0.02f * 0.5f + 0.001f;
        launch(groups_select, count, 512, 0, nullptr, minima, columns, groups, ks, alpha, beta, gamma, unit, constant, norm, error,
               start, largest, 0.0f, 0.0f, found_counts, found, k, 0, 0, groups, limits, groups, counts, list);
        for (int q = 0; q < count; ++q) {
            std::vector<float> upper;
            for (int g = 0; g < groups; ++g) {
                upper.push_back(q == 2 ? INFINITY : minima[columns * q + g] + bound);
            }
            std::sort(upper.begin(), upper.end());
            const float kth = k <= groups ? upper[k - 1] : INFINITY;
            if (q == 4) {
                EXPECT(limits[q] >= std::min(kth - 1e-6f, 0.25f) && limits[q] <= 0.2521f);
            } else if (k <= 64) {
                EXPECT(limits[q] >= kth - 1e-6f);
            } else {
                EXPECT(limits[q] == kth || std::fabs(limits[q] - kth) < 1e-6f);
            }
            std::set<int> wanted, got(&list[q * groups], &list[q * groups] + counts[q]);
            for (int g = 0; g < groups; ++g) {
                const float least = minima[columns * q + g];
                if (q == 2 || (least < INFINITY && least - bound <= limits[q])) {
                    wanted.insert(g);
                }
            }
            EXPECT(int(got.size()) == counts[q] && (got == wanted || std::abs(int(got.size()) - int(wanted.size())) <= 1));
        }
    }
}

CHECK(groups_of_a_range_for_some_queries) {
    const int groups = 64, k = 3;
    Global<float> minima(4 * groups, 1.0f), zero(groups, 0.0f), none(4, 0.0f), limits(4, 5.0f);
    Global<double> unit(4, 1.0), constant(4, 0.0), found(4 * k, 0.0);
    Global<int> ks(4, k), found_counts(4, 0), counts(4, -7), list(4 * 10, -1);
    const std::vector<int> active = {1, 3};
    launch(groups_select, 2, 512, 0, active.data(), minima, groups, groups, ks, none, none, none, unit, constant, zero, zero, zero,
           zero, 0.0f, 0.0f, found_counts, found, k, 1, 10, 30, limits, 10, counts, list);
    EXPECT(counts[0] == -7 && counts[1] == 20 && counts[2] == -7 && counts[3] == 20); // more than fit: counted
    for (int i = 0; i < 10; ++i) {
        EXPECT(list[10 + i] >= 10 && list[10 + i] < 30 && list[i] == -1);
    }
}

CHECK(rescored_distances_have_the_bits_of_the_reference) {
    for (Distance distance : {Distance::L2, Distance::IP}) {
        for (int dim : {1, 7, 8, 9, 100}) {
            const int n = 77, count = 3, capacity = 200;
            const Matrix rows = make(Kind::WIDE_NORMS, n, dim, 1), queries = make(Kind::WIDE_NORMS, count, dim, 2);
            Global<unsigned> mask(4, 0xfffffff7u);
            Global<int> counts(std::vector<int>{3, 2, 5}), list(std::vector<int>{0, 1, 2, 0, 2, 0, 0, 0, 0}), pool_counts(count, 0);
            Global<float> limits(count, INFINITY), gamma(count, 0.0f);
            Global<double> unit(count, 1.0), constant(count, 0.0), distances(count * capacity);
            Global<long long> positions(count * capacity);
            launch(rescore_exact, dim3(2, count), 256, 0, nullptr, queries.values.data(), queries.stride, rows.values.data(), rows.stride,
                   n, dim, distance == Distance::L2, mask, nullptr, 32, counts, list, 3, limits, gamma, unit, constant, 1LL << 40, capacity,
                   pool_counts, distances, positions);
            EXPECT(pool_counts[0] == 77 - 3 && pool_counts[1] == 45 - 2 && pool_counts[2] == capacity + 1);
            for (int q = 0; q < 2; ++q) {
                std::set<int> seen;
                for (int i = 0; i < pool_counts[q]; ++i) {
                    const int row = int(positions[q * capacity + i] - (1LL << 40));
                    EXPECT(row >= 0 && row < n && row % 32 != 3 && (q == 0 || row / 32 != 1) && seen.insert(row).second);
                    const double wanted = between(distance, queries.row(q), rows.row(row), dim);
                    EXPECT(std::memcmp(&wanted, &distances[q * capacity + i], 8) == 0);
                }
            }
        }
    }
}

CHECK(rescoring_leaves_out_what_is_beyond_the_limit) {
    const int n = 50, dim = 12, capacity = 64;
    const Matrix rows = make(Kind::GAUSSIAN, n, dim, 1), queries = make(Kind::GAUSSIAN, 1, dim, 2);
    std::vector<int> all(n);
    std::iota(all.begin(), all.end(), 0);
    Global<int> counts(1, n), list(all), pool_counts(1, 0);
    Global<float> limits(1, 24.0f - 6), gamma(1, 0.0f); // as a key: distance = key / 2 + 3
    Global<double> unit(1, 2.0), constant(1, 3.0), distances(capacity);
    Global<long long> positions(capacity);
    launch(rescore_exact, dim3(1, 1), 256, 0, nullptr, queries.values.data(), queries.stride, rows.values.data(), rows.stride, n, dim, 1,
           nullptr, nullptr, 1, counts, list, n, limits, gamma, unit, constant, 0LL, capacity, pool_counts, distances, positions);
    int within = 0;
    for (int i = 0; i < n; ++i) {
        within += between(Distance::L2, queries.row(0), rows.row(i), dim) <= 12;
    }
    EXPECT(within > 0 && within < n && pool_counts[0] == within);
}

CHECK(pools_are_merged_in_order) {
    std::mt19937 random(3);
    for (int n : {0, 1, 5, 64, 700, 1024, 1025, 1500, 3000}) {
        for (int k : {1, 10, 1200}) {
            const int capacity = 3001, before = std::min(n, 4);
            std::vector<Found> pool(n);
            for (int i = 0; i < n; ++i) {
                pool[i] = {double(int(random() % 50)), i};
            }
            std::shuffle(pool.begin(), pool.end(), random);
            Global<double> distances(2 * capacity), top_distances(2 * size_t(k));
            Global<long long> positions(2 * capacity), top_positions(2 * size_t(k));
            Global<int> ks(2, k), pool_counts(std::vector<int>{capacity + 5, n}), top_counts(std::vector<int>{2, before}), overflow(2, -1);
            for (int i = 0; i < n; ++i) {
                distances[capacity + i] = pool[i].distance, positions[capacity + i] = pool[i].position;
            }
            launch(merge_top, 2, 128, 0, nullptr, ks, capacity, pool_counts, distances, positions, top_counts, top_distances,
                   top_positions, k, overflow);
            EXPECT(overflow[0] == 1 && pool_counts[0] == 2 && top_counts[0] == 2 && overflow[1] == 0);
            if (n > before) {
                std::sort(pool.begin(), pool.end());
                EXPECT(top_counts[1] == std::min(n, k) && pool_counts[1] == top_counts[1]);
                for (int i = 0; i < top_counts[1]; ++i) {
                    EXPECT((Found{top_distances[k + i], top_positions[k + i]} == pool[i]));
                    EXPECT((Found{distances[capacity + i], positions[capacity + i]} == pool[i]));
                }
            }
        }
    }
}

CHECK(select_k_sorts_as_a_plain_sort) {
    std::mt19937 random(5);
    for (int columns : {1, 2, 63, 500, 2500}) {
        for (int k : {1, 2, 10, 64, 65, 300, 2500}) {
            if (k > columns) {
                continue;
            }
            const int count = 3;
            std::vector<float> values = check::normal(size_t(count) * columns, columns + k);
            for (int i = 0; i < columns; ++i) {
                values[columns + i] = float(int(random() % 3)) - 1; // ties, -1 to 1
                values[2 * columns + i] = i % 2 ? -0.0f : i % 5 ? 0.0f : INFINITY;
            }
            Global<float> in(values), out(size_t(count) * k);
            Global<unsigned long long> keys(size_t(count) * k);
            Global<int> place(size_t(count) * k);
            launch(select_k, count, 512, 0, in, (long long)columns, columns, k, keys, out, place);
            for (int row = 0; row < count; ++row) {
                std::vector<int> order(columns);
                std::iota(order.begin(), order.end(), 0);
                const float* of = &values[size_t(row) * columns];
                std::stable_sort(order.begin(), order.end(), [of](int a, int b) { return of[a] < of[b]; });
                for (int i = 0; i < k; ++i) {
                    EXPECT(place[row * k + i] == order[i] && out[row * k + i] == of[order[i]]);
                }
            }
        }
    }
}

CHECK(ceilings_do_all_their_work) {
    Global<float> out(512, -1.0f);
    launch(ceiling_mma_fp16, 2, 256, 0, 3, out);
    check::expect_equal("fp16", out, std::vector<float>(512, 64 * 8 * 3 + 2 * 8 * 7));
    launch(ceiling_mma_tf32, 2, 256, 0, 3, out);
    check::expect_equal("tf32", out, std::vector<float>(512, 32 * 8 * 3 + 2 * 8 * 7));
    launch(ceiling_shared, 2, 256, 0, 3, out);
    check::expect_equal("shared", out, std::vector<float>(512, 48 * 3));
    Global<uint4> from(1003), to(1003);
    for (unsigned i = 0; i < 1003; ++i) {
        from[i] = make_uint4(i, 2 * i, 3 * i, 4 * i);
    }
    launch(ceiling_copy, 2, 256, 0, from, to, 1003LL);
    EXPECT(std::memcmp(from, to, 1003 * sizeof(uint4)) == 0);
}
