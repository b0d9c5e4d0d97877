// Building on a device: labels, means and codes have the bits of plain loops.
#include "search.h"

using namespace exact;

namespace {

int nearest_of(const float* row, const Matrix& centroids) {
    int where = 0;
    double least = INFINITY;
    for (int c = 0; c < centroids.rows; ++c) {
        const double distance = between(Distance::L2, row, centroids.row(c), centroids.dim);
        if (distance < least) {
            least = distance, where = c;
        }
    }
    return where;
}

void labels_are_exact(Kind kind, int n, int dim, int k, bool shadowed) {
    const Matrix rows = make(kind, n, dim, 1), centroids = make(kind, k, dim, 2);
    const int chunks = up(dim, CHUNK), padded = up(n, 256) * 256;
    std::vector<float> mean(dim, 0);
    double radius = 0;
    for (int c = 0; c < k; ++c) {
        double norm = 0;
        for (int t = 0; t < dim; ++t) {
            norm += double(centroids.row(c)[t]) * centroids.row(c)[t];
        }
        radius = std::max(radius, std::sqrt(norm));
    }
    const int exponent = radius == 0 ? 0 : std::ilogb(radius);
    const double row_scale = std::ldexp(1.0, 14 - exponent), query_scale = std::ldexp(1.0, -exponent);
    const float accumulation = (dim + 24) * 0x1p-22f;
    Shadows shadows(k, dim);
    Buffer<__half> asked(size_t(padded) / PANEL * chunks * CHUNK_BYTES / 2);
    Buffer<float> alpha(n), beta(n), gamma(n), largest(3);
    Buffer<double> unit(n), constant(n);
    Buffer<int> labels(n), open(n), open_count(1);
    open_count.fill(0), labels.fill(-7);
    if (shadowed) {
        launch(ingest_rows, shadows.count * GROUPS, 256, 0, centroids.values.data(), centroids.stride, k, dim, nullptr, mean.data(), row_scale,
               row_scale * query_scale, shadows.panels.at, shadows.starts.at, shadows.group_norm.at, shadows.group_error.at, shadows.group_start.at);
        launch(largest_bounds, 1, 256, 0, shadows.group_norm.at, shadows.group_error.at, shadows.group_start.at, shadows.count * GROUPS, largest.at);
        launch(ingest_queries, padded / 8, 256, 0, rows.values.data(), rows.stride, n, dim, mean.data(), 1, query_scale, row_scale,
               accumulation, 0.0, asked.at, alpha.at, beta.at, gamma.at, unit.at, constant.at);
        constexpr int HEAD = PANEL * 4 + 128;
        const bool resident = chunks <= 4;
        const int shared = resident ? chunks * 128 * VECTOR_BYTES + 4 * (CHUNK_BYTES + HEAD) : 3 * (CHUNK_BYTES + HEAD + 256 * VECTOR_BYTES);
        launch(resident ? gemm_nearest_resident : gemm_nearest_streamed, up(n, resident ? 128 : 256), resident ? 128 : 256, shared, asked.at,
               shadows.panels.at, shadows.starts.at, chunks, shadows.count, alpha.at, beta.at, gamma.at, accumulation, largest.at, n, labels.at,
               open_count.at, open.at);
        if (kind == Kind::GAUSSIAN && dim > 8) {
            EXPECT(open_count[0] * 2 < n);
        }
    }
    launch(nearest_exact, 3, 256, 0, rows.values.data(), rows.stride, n, centroids.values.data(), centroids.stride, k, dim, 1,
           shadowed ? open_count.at : nullptr, open.at, labels.at);
    for (int i = 0; i < n; ++i) {
        if (labels[i] != nearest_of(rows.row(i), centroids)) {
            check::wrong("%s, %d x %d, %d centroids: row %d: %d (%d)", name(kind), n, dim, k, i, labels[i], nearest_of(rows.row(i), centroids));
        }
    }
}

} // namespace

CHECK(labels_are_the_nearest) {
    for (Kind kind : KINDS) {
        labels_are_exact(kind, 150, 20, 40, true);
        labels_are_exact(kind, 20, 9, 70, false);
    }
    labels_are_exact(Kind::GAUSSIAN, 300, 4, 300, true);
    labels_are_exact(Kind::GAUSSIAN, 260, 140, 130, true);
    labels_are_exact(Kind::GAUSSIAN, 1, 1, 1, true);
}

CHECK(means_are_summed_in_order) {
    for (int n : {1, 37, 700, 70000}) { // a list of 50,000 rows: its square is more than an int
        const int dim = n > 1000 ? 1 : 19, k = 5;
        const Matrix rows = make(Kind::WIDE_NORMS, n, dim, 3);
        Matrix centroids = make(Kind::GAUSSIAN, k, dim, 4);
        const Matrix before = centroids;
        std::vector<int> labels(n), old(n, 1);
        for (int i = 0; i < n; ++i) {
            labels[i] = i * 7 % 11 < 8 ? 1 : i % 2 * 4; // lists 2 and 3 are empty, list 1 is long
        }
        Buffer<int> counts(k), changed(1), begins(k + 1), unused(k + 1), cursors(k), order(n);
        counts.fill(0), changed.fill(0);
        launch(count_labels, up(n, 256), 256, 0, labels.data(), old.data(), n, counts.at, changed.at);
        launch(plan_lists, 1, 512, 0, counts.at, counts.at, k, 1 << 16, 1 << 16, begins.at, unused.at, cursors.at);
        launch(sort_labels, up(n, 256), 256, 0, labels.data(), n, cursors.at, order.at);
        for (int c = 0; c < k; ++c) {
            std::reverse(order.at + begins[c], order.at + begins[c + 1]); // any order is as good
        }
        launch(list_means, k, 256, 0, rows.values.data(), rows.stride, dim, begins.at, order.at, centroids.values.data(), centroids.stride);
        EXPECT(changed[0] == (labels == old ? 0 : 1) && begins[k] == n);
        for (int c = 0; c < k; ++c) {
            std::vector<double> sums(dim);
            int size = 0;
            for (int i = 0; i < n; ++i) {
                for (int t = 0; labels[i] == c && t < dim; ++t) {
                    sums[t] += rows.row(i)[t];
                }
                size += labels[i] == c;
            }
            EXPECT(counts[c] == size);
            for (int t = 0; t < dim; ++t) {
                EXPECT(centroids.row(c)[t] == (size == 0 ? before.row(c)[t] : float(sums[t] / size)));
            }
        }
    }
}

CHECK(codes_are_the_nearest_words) {
    for (int dsub : {1, 3, 4, 8, 16}) {
        for (int bits : {8, 4}) {
            for (Kind kind : {Kind::GAUSSIAN, Kind::DUPLICATED, Kind::TINY, Kind::HUGE}) {
                const int parts = 3, n = 300, size = 1 << bits;
                const Matrix rows = make(kind, n, parts * dsub, 5), from = make(kind, parts * size, dsub, 6);
                std::vector<float> words;
                for (int w = 0; w < from.rows; ++w) {
                    words.insert(words.end(), from.row(w), from.row(w) + dsub);
                }
                Buffer<unsigned char> codes(n * parts);
                launch(encode_parts, dim3(up(n, 256), parts), 256, size * dsub * 4, rows.values.data(), rows.stride, n, words.data(), bits, dsub,
                       codes.at, parts);
                for (int i = 0; i < n * parts; ++i) {
                    int best = 0;
                    double least = INFINITY;
                    for (int c = 0; c < size; ++c) {
                        const double d = between(Distance::L2, rows.row(i / parts) + i % parts * dsub, from.row(i % parts * size + c), dsub);
                        if (d < least) {
                            least = d, best = c;
                        }
                    }
                    if (codes[i] != best) {
                        check::wrong("%s, dsub %d, bits %d, row %d: %d (%d)", name(kind), dsub, bits, i / parts, codes[i], best);
                    }
                }
            }
        }
    }
}
