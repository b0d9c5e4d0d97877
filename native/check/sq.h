// A search of scalar-quantised residuals by the kernels, driven as the engine drives them (compute.cuda.SqProbing, SqListSearch),
// and what it should find by the definition (index.SqModel, index.IvfSqData) in plain words. Both must have the same bits.
#pragma once
#include "lists.h"

namespace exact {

// Axes, codes and terms by chance: a search need not know that they are bad.
struct Quantized {
    int dims, code_max, query_max;
    std::vector<float> mean, starts, steps, lows, terms;
    Matrix axes, centroids; // [dims, dim], [lists, dims]
    std::vector<unsigned char> codes;

    Quantized(const Matrix& rows, const Inverted& lists, int dims, int bits, unsigned seed)
        : dims(dims), code_max((1 << bits) - 1), query_max(bits == 5 ? 31 : 127), mean(rows.dim), starts(lists.lists),
          steps(lists.lists), lows(lists.lists), terms(lists.slots(), INFINITY), axes(dims, rows.dim),
          centroids(lists.lists, dims), codes(size_t(lists.slots()) * dims) {
        std::mt19937 random(seed);
        std::normal_distribution<float> gauss;
        for (int t = 0; t < rows.dim; ++t) {
            mean[t] = rows.row(0)[t] / 2;
            for (int j = 0; j < dims; ++j) {
                axes.row(j)[t] = gauss(random) / std::sqrt(float(rows.dim));
            }
        }
        for (int l = 0; l < lists.lists; ++l) {
            float most = 0;
            for (int j = 0; j < dims; ++j) {
                const float c = coordinate(rows.row(l * 37 % rows.rows), rows.dim, j);
                centroids.row(l)[j] = c;
                starts[l] += c * c;
                most = std::max(most, std::fabs(c));
            }
            steps[l] = most * (1 + l % 3) / code_max;
            lows[l] = -most;
            for (int slot = lists.begins[l]; slot < lists.begins[l + 1]; ++slot) {
                for (int j = 0; lists.row_of[slot] >= 0 && j < dims; ++j) {
                    codes[at(slot, j)] = random() % (code_max + 1);
                }
                terms[slot] = lists.row_of[slot] < 0 ? INFINITY : most * most * gauss(random);
            }
        }
    }

    size_t at(int slot, int j) const { return size_t(slot / 16) * 16 * dims + j / 4 * 64 + slot % 16 * 4 + j % 4; }

    float coordinate(const float* x, int dim, int j) const {
        float sum = 0;
        for (int t = 0; t < dim; ++t) {
            sum = std::fma(x[t] - mean[t], axes.row(j)[t], sum);
        }
        return sum;
    }
};

class SqSearch {
public:
    const Matrix &queries, &rows;
    const Inverted& lists;
    const Quantized& codes;
    Distance distance;
    Mask mask; // of slots
    int k, refine, probes;
    bool refined = true; // else what is found are keys, `refine` of them
    int split = 1; // tiles of lists
    int pool_capacity, group_capacity;
    int pieces = 0, listed = 0, probed = 0;

    SqSearch(const Matrix& queries, const Matrix& rows, const Inverted& lists, const Quantized& codes, Distance distance,
             const Mask& mask, int k, int refine, int probes)
        : queries(queries), rows(rows), lists(lists), codes(codes), distance(distance), mask(mask), k(k), refine(refine),
          probes(probes), pool_capacity(2 * refine + 1024), group_capacity(2 * refine + 256), q(queries.rows),
          dim(queries.dim) {}

    std::vector<std::vector<Found>> run() {
        const int dims = codes.dims, groups = lists.slots() / 32;
        const long long columns = groups;
        const unsigned* bits = mask.empty() ? nullptr : mask.data();
        std::vector<float> axes(size_t(dim) * dims);
        for (int t = 0; t < dim; ++t) {
            for (int j = 0; j < dims; ++j) {
                axes[size_t(t) * dims + j] = codes.axes.row(j)[t];
            }
        }
        Buffer<float> coordinates(size_t(q) * dims), products(size_t(q) * lists.lists);
        Buffer<float> alpha(q), beta(q), gamma(q), limits(q), minima(size_t(q) * columns), zeros(up(groups, 4) * 4);
        Buffer<double> unit(q), constant(q);
        Buffer<int> wanted(q), counts(q), words(size_t(q) * probes * dims / 4);
        Buffer<SqFactors> factors(size_t(q) * probes);
        Buffer<long long> probed_lists(size_t(q) * probes);
        for (int i = 0; i < q; ++i) {
            wanted[i] = probes_of(i);
        }
        zeros.fill(0);
        launch(sq_coordinates, dim3(up(dims, 128), up(q, SQ_TOGETHER)), 128, 0, queries.values.data(), queries.stride, q, dim,
               codes.mean.data(), axes.data(), dims, coordinates.at);
        launch(direct_product, dim3(up(q, 64), up(lists.lists, 64)), 256, 0, coordinates.at, (long long) dims, q,
               codes.centroids.values.data(), codes.centroids.stride, lists.lists, dims, products.at,
               (long long) lists.lists);
        launch(sq_probes, q, 256, 0, coordinates.at, products.at, lists.lists, wanted.at, codes.centroids.values.data(),
               codes.centroids.stride, dims, codes.starts.data(), codes.steps.data(), codes.lows.data(),
               float(codes.query_max), probes, probed_lists.at, counts.at, words.at, factors.at, alpha.at, beta.at, gamma.at,
               unit.at, constant.at);

        Buffer<int> ks(q), keeps(q), top_counts(q), overflow(q), pool_counts(q), list_counts(q);
        ks.fill(k), keeps.fill(refine), top_counts.fill(0), pool_counts.fill(0);
        Buffer<double> pool_distances(size_t(q) * pool_capacity), top_distances(size_t(q) * refine);
        Buffer<long long> pool_positions(size_t(q) * pool_capacity), top_positions(size_t(q) * refine);
        Buffer<int> list(size_t(q) * group_capacity), list_probes(list.count), begins(size_t(q) * (probes + 1));
        Buffer<int> list_groups(lists.lists), first_groups(lists.lists), pair_counts(lists.lists), cursors(lists.lists),
            pair_begins(lists.lists + 1), item_begins(lists.lists + 1), pairs(size_t(q) * probes);
        auto merge = [&](const int* active, int count, Buffer<int>& wanted) {
            launch(merge_top, count, 128, 0, active, wanted.at, pool_capacity, pool_counts.at, pool_distances.at,
                   pool_positions.at, top_counts.at, top_distances.at, top_positions.at, refine, overflow.at);
        };
        for (int part = 0; part < split; ++part) {
            const int from = lists.lists * part / split, to = lists.lists * (part + 1) / split, item_groups = 3;
            for (int l = 0; l < lists.lists; ++l) {
                list_groups[l] = l >= from && l < to ? (lists.begins[l + 1] - lists.begins[l]) / 32 : 0;
                first_groups[l] = lists.begins[l] / 32;
            }
            minima.fill(NAN), pair_counts.fill(0);
            launch(plan_probes, up(q, 8), 256, 0, probed_lists.at, counts.at, probes, q, list_groups.at, begins.at,
                   pair_counts.at);
            launch(plan_lists, 1, 512, 0, pair_counts.at, list_groups.at, lists.lists, SQ_QUERIES, item_groups, pair_begins.at,
                   item_begins.at, cursors.at);
            launch(plan_pairs, up(q, 8), 256, 0, probed_lists.at, counts.at, probes, q, list_groups.at, cursors.at, pairs.at);
            const int* words_of_slots = reinterpret_cast<const int*>(codes.codes.data());
            launch(scan_sq, 2, 256, SQ_QUERIES * dims, words_of_slots, dims, codes.terms.data(), bits, words.at, factors.at,
                   pairs.at, pair_begins.at, item_begins.at, list_groups.at, first_groups.at, lists.lists, item_groups, probes,
                   begins.at, minima.at, columns);
            auto select_and_score = [&](const int* active, int count, int again, int begin, int end) {
                launch(lists_select, count, 512, 0, active, minima.at, columns, begins.at, probed_lists.at, counts.at, probes,
                       first_groups.at, keeps.at, alpha.at, beta.at, gamma.at, unit.at, constant.at, zeros.at, zeros.at,
                       zeros.at, zeros.at, 0.0f, 0.0f, 0.0, top_counts.at, top_distances.at, refine, again, begin, end,
                       limits.at, group_capacity, list_counts.at, list.at, list_probes.at);
                for (int i = 0; active == nullptr && i < q; ++i) {
                    listed += list_counts[i];
                    probed += begins[size_t(i) * (probes + 1) + counts[i]];
                }
                launch(rescore_sq, dim3(2, count), 256, 0, active, words_of_slots, dims, codes.terms.data(), lists.row_of.data(),
                       bits, words.at, factors.at, probes, list_counts.at, list.at, list_probes.at, group_capacity, limits.at,
                       5LL << 32, pool_capacity, pool_counts.at, pool_distances.at, pool_positions.at);
                merge(active, count, keeps);
            };
            select_and_score(nullptr, q, 0, 0, groups);
            std::vector<int> again;
            for (int i = 0; i < q; ++i) {
                if (overflow[i]) {
                    again.push_back(i);
                }
            }
            const int piece = std::min(group_capacity, (pool_capacity - refine) / GROUP);
            for (int begin = 0; !again.empty() && begin < groups; begin += piece) {
                ++pieces;
                select_and_score(again.data(), int(again.size()), 1, begin, begin + piece);
            }
        }
        Buffer<int> every(q);
        every.fill(refined);
        launch(refine_exact, q, 256, 0, every.at, queries.values.data(), queries.stride, rows.values.data(), rows.stride, dim,
               distance == Distance::L2, top_counts.at, top_positions.at, refine, pool_capacity, pool_counts.at,
               pool_distances.at, pool_positions.at);
        merge(nullptr, q, refined ? ks : keeps);
        std::vector<std::vector<Found>> found(q);
        for (int i = 0; i < q; ++i) {
            for (int j = 0; j < top_counts[i]; ++j) {
                found[i].push_back({top_distances[size_t(i) * refine + j], top_positions[size_t(i) * refine + j] - (5LL << 32)});
            }
        }
        return found;
    }

    // What should be found.
    std::vector<Found> expected(int query) const {
        std::vector<float> y(codes.dims), products(lists.lists);
        for (int j = 0; j < codes.dims; ++j) {
            y[j] = codes.coordinate(queries.row(query), dim, j);
        }
        std::vector<Found> near;
        for (int l = 0; l < lists.lists; ++l) {
            for (int j = 0; j < codes.dims; ++j) {
                products[l] = std::fma(y[j], codes.centroids.row(l)[j], products[l]);
            }
            near.push_back({std::fma(-2.0f, products[l], codes.starts[l]), l});
        }
        std::sort(near.begin(), near.end());
        near.resize(std::min<size_t>(near.size(), probes_of(query)));
        std::vector<Found> all;
        for (const Found& one : near) {
            offer(int(one.position), y, products[one.position], all);
        }
        std::sort(all.begin(), all.end());
        all.resize(std::min<size_t>(all.size(), refine));
        if (!refined) {
            return all;
        }
        for (Found& one : all) {
            one.distance = between(distance, queries.row(query), rows.row(int(one.position)), dim);
        }
        std::sort(all.begin(), all.end());
        all.resize(std::min<size_t>(all.size(), k));
        return all;
    }

private:
    int q, dim;

    // Queries differ in what they ask for: nothing, few lists, more than there are.
    int probes_of(int query) const { return query % 5 == 4 ? 0 : query % 4 == 3 ? std::min(probes, 2) : probes; }

    void offer(int l, const std::vector<float>& y, float product, std::vector<Found>& all) const {
        float most = 0;
        for (int j = 0; j < codes.dims; ++j) {
            most = std::max(most, std::fabs(y[j] - codes.centroids.row(l)[j]));
        }
        const float unit = most / codes.query_max, quotient = codes.query_max / most;
        const float inverse = quotient <= FLT_MAX ? quotient : 0;
        std::vector<int> v(codes.dims);
        int sum = 0;
        for (int j = 0; j < codes.dims; ++j) {
            v[j] = int(std::nearbyint((y[j] - codes.centroids.row(l)[j]) * inverse));
            sum += v[j];
        }
        const float scale = -2 * (codes.steps[l] * unit);
        const float add = std::fma(-2 * (codes.lows[l] * unit), float(sum), -2 * product);
        for (int slot = lists.begins[l]; slot < lists.begins[l + 1]; ++slot) {
            int both = 0;
            for (int j = 0; j < codes.dims; ++j) {
                both += v[j] * codes.codes[codes.at(slot, j)];
            }
            const float key = std::fma(scale, float(both), codes.terms[slot] + add);
            if (allows(mask, slot) && std::isfinite(key)) {
                all.push_back({key, lists.row_of[slot]});
            }
        }
    }
};

struct AskingSq {
    Kind kind;
    Distance distance;
    int rows, queries, dim, dims, bits, lists, probes, k, refine;
    bool masked = false;
    bool refined = true;
    int split = 1;
    int pool = 0; // room for candidates; 0 = as the engine has it
};

inline SqSearch sq_is_exact(const AskingSq& a) {
    const Matrix rows = make(a.kind, a.rows, a.dim, 1), queries = make(a.kind, a.queries, a.dim, 2);
    const Inverted lists(rows, a.lists, 11);
    const Quantized codes(rows, lists, a.dims, a.bits, 12);
    Mask mask;
    for (int i = 0; a.masked && i < lists.slots() / 32; ++i) {
        mask.push_back(i % 3 == 1 ? 0 : 0x9249a5c3u);
    }
    SqSearch search(queries, rows, lists, codes, a.distance, mask, a.k, a.refine, a.probes);
    search.refined = a.refined;
    search.split = a.split;
    if (a.pool > 0) {
        search.pool_capacity = a.pool;
        search.group_capacity = (a.pool - a.refine) / GROUP;
    }
    const std::vector<std::vector<Found>> found = search.run();
    for (int q = 0; q < a.queries; ++q) {
        if (found[q] != search.expected(q)) {
            check::wrong("%s, %d x %d, dims %d of %d bits, %d lists, refine %d: query %d", name(a.kind), a.rows, a.dim, a.dims,
                         a.bits, a.lists, a.refine, q);
        }
    }
    return search;
}

} // namespace exact
