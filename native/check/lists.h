// A search of inverted lists by the kernels, driven as the engine drives them (compute.cuda.ListSearch), and its reference:
// rows by exact distances, codes by the float keys of the CPU. What is found must have the same bits.
#pragma once
#include "search.h"

namespace exact {

// Lists of rows or codes as on disk: list l has slots from begins [l] on, whole groups, row -1 in empty ones.
struct Inverted {
    int lists;
    std::vector<int> begins, row_of;
    Matrix centroids;
    std::vector<int> list_of;

    // Rows go to random lists, some of which stay empty.
    Inverted(const Matrix& rows, int lists, unsigned seed) : lists(lists), centroids(lists, rows.dim), list_of(rows.rows) {
        std::mt19937 random(seed);
        for (int l = 0; l < lists; ++l) {
            std::copy_n(rows.row(l * 37 % rows.rows), rows.dim, centroids.row(l));
        }
        for (int& list : list_of) {
            list = random() % lists;
            list = list % 5 == 3 ? 0 : list;
        }
        for (int l = 0; l < lists; ++l) {
            begins.push_back(int(row_of.size()));
            for (int i = 0; i < rows.rows; ++i) {
                if (list_of[i] == l) {
                    row_of.push_back(i);
                }
            }
            row_of.resize((row_of.size() + 31) / 32 * 32, -1);
        }
        begins.push_back(int(row_of.size()));
    }

    int slots() const { return int(row_of.size()); }
};

// Codes of the rows' residuals, chosen at random: a search need not know that they are bad.
struct Coded {
    int parts, bits, dsub, bytes, stride, cells;
    std::vector<float> words, terms;
    std::vector<unsigned char> codes;

    Coded(const Inverted& lists, int dim, int dsub, int bits, bool inner, float scale, unsigned seed)
        : parts(dim / dsub), bits(bits), dsub(dsub), bytes(bits == 8 ? parts : (parts + 1) / 2), stride((bytes + 15) / 16 * 16),
          cells(up(bytes, dsub == 2 && bits == 8 ? 8 : 4) * (dsub == 2 && bits == 8 ? 2 : 1)), words(size_t(parts << bits) * dsub), terms(lists.slots(), INFINITY), codes(size_t(lists.slots()) * stride) {
        std::mt19937 random(seed);
        std::normal_distribution<float> gauss;
        for (float& x : words) {
            x = scale * gauss(random);
        }
        for (int slot = 0; slot < lists.slots(); ++slot) {
            if (lists.row_of[slot] < 0) {
                continue;
            }
            double term = 0;
            for (int s = 0; s < parts; ++s) {
                const int code = random() % (1 << bits);
                unsigned char& byte = codes[size_t(slot) * stride + (bits == 8 ? s : s / 2)];
                byte = bits == 8 || s % 2 == 0 ? code : byte | code << 4;
                for (int t = 0; t < dsub; ++t) {
                    const double r = words[((size_t(s) << bits) + code) * dsub + t];
                    term += r * (r + 0.3 * scale);
                }
            }
            terms[slot] = inner ? 0 : float(term);
        }
    }

    // The key as compute.simd sums it, in the same order of float operations.
    float key(const float* query, const float* mean, bool inner, int slot, float constant) const {
        std::vector<float> looked(up(bytes, 16) * 16, 0.0f);
        auto product = [&](int part, int word) {
            float sum = 0;
            for (int t = 0; t < dsub; ++t) {
                const int d = part * dsub + t;
                const float weight = inner ? -query[d] : -2.0f * (query[d] - mean[d]);
                sum = std::fma(weight, words[((size_t(part) << bits) + word) * dsub + t], sum);
            }
            return sum;
        };
        for (int b = 0; b < bytes; ++b) {
            const int v = codes[size_t(slot) * stride + b];
            looked[b] = bits == 8 ? product(b, v) : product(2 * b, v & 15) + (2 * b + 1 < parts ? product(2 * b + 1, v >> 4) : 0.0f);
        }
        float sum = terms[slot];
        for (int b = 0; b < bytes; b += 16) {
            const float* x = looked.data() + b;
            float s[4];
            for (int t = 0; t < 4; ++t) {
                s[t] = x[t] + x[4 + t];
                s[t] += x[8 + t] + x[12 + t];
            }
            sum += (s[0] + s[1]) + (s[2] + s[3]);
        }
        return sum + constant;
    }
};

enum class Way { ROWS, ROWS_NARROW, ROWS_DIRECT, TABLES, FRAGMENTS, FRAGMENTS_NARROW };

class ListSearch {
public:
    Way way;
    Distance distance;
    const Matrix& queries;
    const Matrix& rows;
    const Inverted& lists;
    const Coded* coded;
    Mask mask; // of slots
    int k, keep, probes;
    int item_groups = 3, split = 1; // tiles of lists
    int pool_capacity, group_capacity;
    int pieces = 0, listed = 0, probed = 0;

    ListSearch(Way way, Distance distance, const Matrix& queries, const Matrix& rows, const Inverted& lists, const Coded* coded,
               const Mask& mask, int k, int keep, int probes)
        : way(way), distance(distance), queries(queries), rows(rows), lists(lists), coded(coded), mask(mask), k(k), keep(keep),
          probes(probes), pool_capacity(2 * keep + 1024), group_capacity(2 * keep + 256), q(queries.rows), dim(queries.dim),
          inner(distance == Distance::IP), mean(dim, 0.0f) {
        for (int t = 0; t < dim; ++t) {
            mean[t] = queries.row(0)[t] / 2;
        }
    }

    std::vector<std::vector<Found>> run() {
        Buffer<long long> probed_lists(size_t(q) * probes);
        Buffer<double> to_centroids(size_t(q) * probes);
        Buffer<int> counts(q), top_counts(q), overflow(q), pool_counts(q), list_counts(q), ks(q), keeps(q);
        for (int i = 0; i < q; ++i) {
            counts[i] = i % 4 == 3 ? std::min(probes, 2) : probes;
            int j = 0;
            for (const Found& near : nearest(distance, queries, i, lists.centroids, {}, counts[i])) {
                probed_lists[size_t(i) * probes + j] = near.position;
                to_centroids[size_t(i) * probes + j++] = near.distance;
            }
            counts[i] = j;
        }
        ks.fill(k), keeps.fill(keep), top_counts.fill(0), pool_counts.fill(0);
        Buffer<double> pool_distances(size_t(q) * pool_capacity), top_distances(size_t(q) * keep);
        Buffer<long long> pool_positions(size_t(q) * pool_capacity), top_positions(size_t(q) * keep);
        const int groups = lists.slots() / 32;
        const long long columns = groups;
        Buffer<float> minima(size_t(q) * columns), limits(q), alpha(q), beta(q), gamma(q);
        Buffer<double> unit(q), constant(q);
        Buffer<int> list(size_t(q) * group_capacity), list_probes(list.count), begins(size_t(q) * (probes + 1));
        Buffer<int> row_of(lists.slots()), list_groups(lists.lists), first_groups(lists.lists), pair_counts(lists.lists),
            cursors(lists.lists), pair_begins(lists.lists + 1), item_begins(lists.lists + 1), pairs(size_t(q) * probes);
        std::copy(lists.row_of.begin(), lists.row_of.end(), row_of.at);
        const bool codes = coded != nullptr;
        const int chunks = up(dim, CHUNK), padded = up(q, 256) * 256;
        Buffer<__half> query_panels(size_t(padded) / PANEL * chunks * CHUNK_BYTES / 2);
        Buffer<float> group_norm(up(groups, 4) * 4), group_error(group_norm.count), group_start(group_norm.count);
        const unsigned* bits = mask.empty() ? nullptr : mask.data();

        // rows in the order of slots
        Matrix slots(codes ? 1 : lists.slots(), dim);
        double longest = 0, radius = 0;
        for (int slot = 0; slot < lists.slots(); ++slot) {
            if (lists.row_of[slot] >= 0) {
                const float* row = rows.row(lists.row_of[slot]);
                double from_mean = 0, from_zero = 0;
                for (int t = 0; t < dim; ++t) {
                    from_zero += double(row[t]) * row[t], from_mean += (double(row[t]) - mean[t]) * (double(row[t]) - mean[t]);
                    if (!codes) {
                        slots.row(slot)[t] = row[t];
                    }
                }
                longest = std::max(longest, std::sqrt(from_zero) * (1 + 1e-9));
                radius = std::max(radius, std::sqrt(from_mean) * (1 + 1e-9));
            }
        }
        const int l2 = !inner, exponent = radius == 0 ? 0 : std::ilogb(radius);
        const float sums = (dim + 24) * 0x1p-22f;
        const double query_scale = l2 ? std::ldexp(1.0, -exponent) : 0;
        double row_scale = std::ldexp(1.0, 14 - exponent);
        Buffer<__half> shadows(size_t(up(groups, 4)) * chunks * CHUNK_BYTES / 2);
        Buffer<float> starts(size_t(up(groups, 4)) * PANEL);
        float accumulation = 0, relative = 0;
        double slack = 0;
        Buffer<unsigned> cells(codes ? size_t(groups) * coded->cells * 32 : 1);
        Buffer<__half> codebook(codes ? size_t(coded->cells) * 4 * TABLE * coded->dsub : 1);
        Buffer<float2> sizes(codes ? size_t(coded->cells) * 4 * TABLE : 1);
        const bool fragments = way == Way::FRAGMENTS || way == Way::FRAGMENTS_NARROW;
        if (codes) {
            double largest = 0;
            for (float x : coded->words) {
                largest = std::max(largest, double(std::fabs(x)));
            }
            row_scale = std::ldexp(1.0, 14 - (largest == 0 ? exponent - 40 : std::max(exponent - 40, std::ilogb(largest))));
            for (size_t i = 0; fragments && i < sizes.count; ++i) {
                double norm = 0, error = 0;
                for (int t = 0; t < coded->dsub; ++t) {
                    const bool there = int(i / TABLE) < coded->parts;
                    const double value = there ? coded->words[i * coded->dsub + t] * row_scale : 0;
                    const __half half = __float2half_rn(float(value));
                    codebook[i * coded->dsub + t] = half;
                    norm += double(__half2float(half)) * __half2float(half);
                    error += (value - __half2float(half)) * (value - __half2float(half));
                }
                sizes[i] = {float(norm) * 1.0001f, float(error) * 1.0001f};
            }
            launch(ingest_codes, up(groups, 8), 256, 0, coded->codes.data(), coded->stride, groups, coded->cells, row_of.at,
                   coded->terms.data(), fragments ? sizes.at : nullptr, l2 ? row_scale * query_scale : 0, cells.at,
                   group_norm.at, group_error.at, group_start.at);
            if (!fragments) {
                group_norm.fill(0), group_error.fill(0), group_start.fill(0);
            }
            accumulation = fragments ? 2 * sums : 0;
            relative = fragments ? 0x1p-21f : 0;
            slack = fragments ? (dim + 32) * 0x1p-147 : 0;
        } else if (way == Way::ROWS_DIRECT) {
            group_norm.fill(std::nextafter(float(longest), INFINITY)), group_error.fill(0), group_start.fill(0);
            relative = l2 ? (dim + 8) * 0x1.1p-24f : 0;
        } else {
            launch(ingest_rows, up(groups, 4) * 4, 256, 0, slots.values.data(), slots.stride, lists.slots(), dim, row_of.at,
                   mean.data(), row_scale, row_scale * query_scale, shadows.at, starts.at, group_norm.at, group_error.at,
                   group_start.at);
            accumulation = sums;
        }
        const bool shadowed = fragments || way == Way::ROWS || way == Way::ROWS_NARROW;
        launch(ingest_queries, padded / 8, 256, 0, queries.values.data(), queries.stride, q, dim, mean.data(), codes ? l2 || !fragments : l2,
               query_scale, row_scale, accumulation, shadowed ? codes ? longest : 0 : longest, shadowed ? query_panels.at : nullptr, alpha.at,
               beta.at, gamma.at, unit.at, constant.at);
        if (codes) {
            constant.fill(0);
        }

        Buffer<float> largest(3);
        launch(largest_bounds, 1, 256, 0, group_norm.at, group_error.at, group_start.at, groups, largest.at);

        for (int part = 0; part < split; ++part) { // tiles of lists, each with groups of its own numbers
            const int from = lists.lists * part / split, to = lists.lists * (part + 1) / split;
            for (int l = 0; l < lists.lists; ++l) {
                list_groups[l] = l >= from && l < to ? (lists.begins[l + 1] - lists.begins[l]) / 32 : 0;
                first_groups[l] = lists.begins[l] / 32;
            }
            const int item_queries = way == Way::FRAGMENTS_NARROW || way == Way::ROWS_NARROW ? 16 : 64;
            minima.fill(NAN);
            pair_counts.fill(0);
            launch(plan_probes, up(q, 8), 256, 0, probed_lists.at, counts.at, probes, q, list_groups.at, begins.at, pair_counts.at);
            launch(plan_lists, 1, 512, 0, pair_counts.at, list_groups.at, lists.lists, item_queries, item_groups, pair_begins.at,
                   item_begins.at, cursors.at);
            launch(plan_pairs, up(q, 8), 256, 0, probed_lists.at, counts.at, probes, q, list_groups.at, cursors.at, pairs.at);
            const int tables = codes ? (coded->cells * 4 * TABLE + dim) * 4 : 0;
            if (way == Way::TABLES) {
                launch(scan_lut, dim3(3, q), 256, tables, queries.values.data(), queries.stride, dim, inner ? nullptr : mean.data(),
                       coded->words.data(), coded->parts, coded->bits, coded->dsub, cells.at, coded->cells, coded->terms.data(),
                       row_of.at, bits, probed_lists.at, to_centroids.at, counts.at, probes, begins.at, first_groups.at, minima.at,
                       columns);
            } else if (fragments) {
                const bool narrow = way == Way::FRAGMENTS_NARROW;
                const int tiles = narrow ? 2 : 8;
                const int shared = coded->cells * 4 * TABLE * coded->dsub * 2 + coded->cells * coded->dsub / 4 * tiles * 256 + tiles * 8 * 12;
                constexpr decltype(&scan_mma_4) wide_ones[] = {scan_mma_2, scan_mma_4, scan_mma_8};
                constexpr decltype(&scan_mma_4) narrow_ones[] = {scan_mma_2_narrow, scan_mma_4_narrow, scan_mma_8_narrow};
                const int which = coded->dsub == 2 ? 0 : coded->dsub == 4 ? 1 : 2;
                launch((narrow ? narrow_ones : wide_ones)[which], 2, 256, shared, cells.at, coded->cells, coded->terms.data(),
                       l2 ? row_scale * query_scale : 0.0, bits, codebook.at, query_panels.at, chunks, to_centroids.at, unit.at,
                       pairs.at, pair_begins.at, item_begins.at, list_groups.at, first_groups.at, lists.lists, item_groups, probes,
                       begins.at, minima.at, columns);
            } else if (way == Way::ROWS_DIRECT) {
                launch(lists_direct, 2, 256, 0, queries.values.data(), queries.stride, slots.values.data(), slots.stride, dim, l2,
                       bits, row_of.at, pairs.at, pair_begins.at, item_begins.at, list_groups.at, first_groups.at, lists.lists,
                       item_groups, probes, begins.at, minima.at, columns);
            } else {
                const bool narrow = way == Way::ROWS_NARROW;
                const int per_stage = CHUNK_BYTES + PANEL * 4 + 128 + (narrow ? 16 : 64) * VECTOR_BYTES;
                launch(narrow ? lists_groupmin_narrow : lists_groupmin, 2, 128, (narrow ? 6 : 4) * per_stage, query_panels.at,
                       shadows.at, starts.at, bits, chunks, pairs.at, pair_begins.at, item_begins.at, list_groups.at,
                       first_groups.at, lists.lists, item_groups, probes, begins.at, minima.at, columns);
            }
            auto select_and_score = [&](const int* active, int count, int again, int begin, int end) {
                launch(lists_select, count, 512, 0, active, minima.at, columns, begins.at, probed_lists.at, counts.at, probes,
                       first_groups.at, keeps.at, alpha.at, beta.at, gamma.at, unit.at, constant.at, group_norm.at,
                       group_error.at, group_start.at, largest.at, accumulation, relative, slack, top_counts.at, top_distances.at, keep, again,
                       begin, end, limits.at, group_capacity, list_counts.at, list.at, list_probes.at);
                for (int i = 0; active == nullptr && i < q; ++i) {
                    listed += list_counts[i];
                    probed += begins[size_t(i) * (probes + 1) + counts[i]];
                }
                if (codes) {
                    launch(rescore_codes, dim3(2, count), 256, tables, active, queries.values.data(), queries.stride, dim,
                           inner ? nullptr : mean.data(), coded->words.data(), coded->parts, coded->bits, coded->dsub, cells.at,
                           coded->cells, coded->terms.data(), row_of.at, bits, to_centroids.at, probes, list_counts.at, list.at,
                           list_probes.at, group_capacity, limits.at, gamma.at, unit.at, 5LL << 32, pool_capacity,
                           pool_counts.at, pool_distances.at, pool_positions.at);
                } else {
                    launch(rescore_exact, dim3(2, count), 256, 0, active, queries.values.data(), queries.stride, slots.values.data(),
                           slots.stride, lists.slots(), dim, l2, bits, row_of.at, 32, list_counts.at, list.at, group_capacity,
                           limits.at, gamma.at, unit.at, constant.at, 5LL << 32, pool_capacity, pool_counts.at,
                           pool_distances.at, pool_positions.at);
                }
                merge(active, count, keeps, pool_counts, pool_distances, pool_positions, top_counts, top_distances, top_positions, overflow);
            };
            select_and_score(nullptr, q, 0, 0, groups);
            std::vector<int> again;
            for (int i = 0; i < q; ++i) {
                if (overflow[i]) {
                    again.push_back(i);
                }
            }
            const int piece = std::min(group_capacity, (pool_capacity - keep) / GROUP);
            for (int begin = 0; !again.empty() && begin < groups; begin += piece) {
                ++pieces;
                select_and_score(again.data(), int(again.size()), 1, begin, begin + piece);
            }
        }
        if (codes && keep > k) {
            Buffer<int> wanted(q);
            wanted.fill(1);
            launch(refine_exact, q, 256, 0, wanted.at, queries.values.data(), queries.stride, rows.values.data(), rows.stride, dim, l2,
                   top_counts.at, top_positions.at, keep, pool_capacity, pool_counts.at, pool_distances.at, pool_positions.at);
            merge(nullptr, q, ks, pool_counts, pool_distances, pool_positions, top_counts, top_distances, top_positions, overflow);
        }
        std::vector<std::vector<Found>> found(q);
        for (int i = 0; i < q; ++i) {
            for (int j = 0; j < top_counts[i]; ++j) {
                found[i].push_back({top_distances[size_t(i) * keep + j], top_positions[size_t(i) * keep + j] - (5LL << 32)});
            }
        }
        return found;
    }

    // What should be found.
    std::vector<Found> expected(int query) const {
        std::vector<Found> all;
        const int count = query % 4 == 3 ? std::min(probes, 2) : probes;
        for (const Found& near : nearest(distance, queries, query, lists.centroids, {}, count)) {
            for (int slot = lists.begins[near.position]; slot < lists.begins[near.position + 1]; ++slot) {
                const int row = lists.row_of[slot];
                if (row < 0 || !allows(mask, slot)) {
                    continue;
                }
                if (coded == nullptr) {
                    all.push_back({between(distance, queries.row(query), rows.row(row), dim), row});
                    continue;
                }
                const float key = coded->key(queries.row(query), mean.data(), inner, slot, float(near.distance));
                if (key <= 3.402823466e38f) {
                    all.push_back({key, row});
                }
            }
        }
        std::sort(all.begin(), all.end());
        all.resize(std::min<size_t>(all.size(), keep));
        if (coded != nullptr && keep > k) {
            for (Found& one : all) {
                one.distance = between(distance, queries.row(query), rows.row(int(one.position)), dim);
            }
            std::sort(all.begin(), all.end());
            all.resize(std::min<size_t>(all.size(), k));
        }
        return all;
    }

private:
    int q, dim;
    bool inner;
    std::vector<float> mean;

    void merge(const int* active, int count, Buffer<int>& wanted, Buffer<int>& pool_counts, Buffer<double>& pool_distances,
               Buffer<long long>& pool_positions, Buffer<int>& top_counts, Buffer<double>& top_distances,
               Buffer<long long>& top_positions, Buffer<int>& overflow) {
        launch(merge_top, count, 128, 0, active, wanted.at, pool_capacity, pool_counts.at, pool_distances.at, pool_positions.at,
               top_counts.at, top_distances.at, top_positions.at, keep, overflow.at);
    }
};

struct AskingLists {
    Way way;
    Kind kind;
    Distance distance;
    int rows, queries, dim, lists, probes, k;
    int keep = 0; // 0: as k
    int dsub = 4, bits = 8;
    bool masked = false;
    int split = 1;
    int pool = 0; // room for candidates; 0 = as the engine has it
};

inline ListSearch lists_are_exact(const AskingLists& a) {
    const Matrix rows = make(a.kind, a.rows, a.dim, 1), queries = make(a.kind, a.queries, a.dim, 2);
    const Inverted lists(rows, a.lists, 11);
    Mask mask;
    for (int i = 0; a.masked && i < lists.slots() / 32; ++i) {
        mask.push_back(i % 3 == 1 ? 0 : 0x9249a5c3u);
    }
    const bool codes = a.way >= Way::TABLES;
    const Coded coded(lists, a.dim, codes ? a.dsub : 1, a.bits, a.distance == Distance::IP, 0.3f * std::fabs(rows.row(0)[0]), 12);
    ListSearch search(a.way, a.distance, queries, rows, lists, codes ? &coded : nullptr, mask, a.k, std::max(a.k, a.keep), a.probes);
    search.split = a.split;
    if (a.pool > 0) {
        search.pool_capacity = a.pool;
        search.group_capacity = (a.pool - search.keep) / GROUP;
    }
    const std::vector<std::vector<Found>> found = search.run();
    for (int q = 0; q < a.queries; ++q) {
        if (found[q] != search.expected(q)) {
            check::wrong("way %d, %s, %s, %d x %d, dsub %d, bits %d, k %d: query %d", int(a.way), name(a.kind),
                         a.distance == Distance::L2 ? "l2" : "ip", a.rows, a.dim, a.dsub, a.bits, a.k, q);
        }
    }
    return search;
}

} // namespace exact
