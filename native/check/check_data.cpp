// Rows for benchmarks, and the scan that others are measured by.
#include "lists.h"

using namespace exact;

CHECK(rows_are_their_codes_and_terms_fit) {
    const int dim = 40, dsub = 4, lists = 5, count = 200;
    const std::vector<int> begins{0, 32, 32, 96, 160, 224};
    const Matrix centroids = make(Kind::GAUSSIAN, lists, dim, 3);
    std::vector<float> packed, words = check::normal(size_t(dim) * 256, 4), mean(dim, 0.25f);
    for (int l = 0; l < lists; ++l) {
        packed.insert(packed.end(), centroids.row(l), centroids.row(l) + dim);
    }
    Buffer<float> rows(count * 48), terms(count), again(48);
    Buffer<unsigned char> codes(count * 16);
    rows.fill(0);
    launch(make_rows, up(count, 8), 256, 0, 9LL, 3LL, count, dim, begins.data(), lists, packed.data(), mean.data(), words.data(),
           dsub, 0.0f, rows.at, 48LL, codes.at, 16, terms.at);
    double spread = 0;
    for (int i = 0; i < count; ++i) {
        int list = 0;
        while (begins[list + 1] <= 3 + i) {
            ++list;
        }
        double term = 0;
        for (int t = 0; t < dim; ++t) {
            const float c = packed[list * dim + t], w = words[(t / dsub * 256 + codes[i * 16 + t / dsub]) * dsub + t % dsub];
            EXPECT(rows[i * 48 + t] == c + w);
            term += double(w) * (w + 2.0 * (double(c) - mean[t]));
            spread += codes[i * 16 + t / dsub];
        }
        EXPECT(std::fabs(terms[i] - term) <= 1e-5 * (1 + std::fabs(term)));
    }
    EXPECT(std::fabs(spread / (count * dim) - 127.5) < 10);
    launch(make_rows, 1, 256, 0, 9LL, 3LL + 77, 1, dim, begins.data(), lists, packed.data(), mean.data(), words.data(), dsub, 0.5f,
           again.at, 48LL, nullptr, 0, nullptr);
    double noise = 0;
    for (int t = 0; t < dim; ++t) {
        noise += (again[t] - rows[77 * 48 + t]) * (again[t] - rows[77 * 48 + t]);
    }
    EXPECT(noise > 0.3 * 0.25 * dim && noise < 3 * 0.25 * dim);
}

CHECK(the_anchor_finds_the_same_minima) {
    const Matrix rows = make(Kind::GAUSSIAN, 400, 24, 1), queries = make(Kind::GAUSSIAN, 3, 24, 2);
    const Inverted lists(rows, 6, 11);
    const Coded coded(lists, 24, 4, 8, false, 0.3f, 12);
    const int groups = lists.slots() / 32, probes = 2;
    Buffer<unsigned> cells(size_t(groups) * coded.cells * 32);
    Buffer<int> row_of(lists.slots()), begins(3 * (probes + 1)), counts(3), first(lists.lists);
    Buffer<long long> probed(3 * probes);
    Buffer<float> minima(3 * groups);
    std::copy(lists.row_of.begin(), lists.row_of.end(), row_of.at);
    launch(ingest_codes, up(groups, 8), 256, 0, coded.codes.data(), coded.stride, groups, coded.cells, row_of.at, coded.terms.data(),
           nullptr, 0.0, cells.at, nullptr, nullptr, nullptr);
    std::vector<float> packed;
    for (int l = 0; l < lists.lists; ++l) {
        first[l] = lists.begins[l] / 32;
        packed.insert(packed.end(), lists.centroids.row(l), lists.centroids.row(l) + 24);
    }
    const int chosen[] = {0, 4};
    for (int q = 0; q < 3; ++q) {
        counts[q] = probes;
        for (int j = 0, at = 0; j <= probes; ++j) {
            begins[q * (probes + 1) + j] = at;
            if (j < probes) {
                probed[q * probes + j] = chosen[j];
                at += (lists.begins[chosen[j] + 1] - lists.begins[chosen[j]]) / 32;
            }
        }
    }
    launch(anchor_lut, dim3(probes, 3), 256, coded.cells * 4 * TABLE * 2, queries.values.data(), queries.stride, packed.data(), 24,
           coded.words.data(), coded.parts, coded.dsub, cells.at, coded.cells, row_of.at, probed.at, counts.at, probes, begins.at,
           first.at, minima.at, (long long)groups);
    for (int q = 0; q < 3; ++q) {
        for (int j = 0; j < probes; ++j) {
            for (int g = begins[q * 3 + j]; g < begins[q * 3 + j + 1]; ++g) {
                double least = INFINITY;
                for (int i = 0; i < 32; ++i) {
                    const int slot = lists.begins[chosen[j]] + (g - begins[q * 3 + j]) * 32 + i;
                    double sum = 0;
                    for (int t = 0; t < 24; ++t) {
                        const float word = coded.words[(t / 4 * 256 + coded.codes[size_t(slot) * coded.stride + t / 4]) * 4 + t % 4];
                        const double d = double(queries.row(q)[t]) - lists.centroids.row(chosen[j])[t] - word;
                        sum += d * d;
                    }
                    least = lists.row_of[slot] >= 0 ? std::min(least, sum) : least;
                }
                EXPECT(std::fabs(minima[q * groups + g] - least) <= 2e-3 * least);
            }
        }
    }
}
