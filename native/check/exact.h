// Rows, the reference of an exact search, and the search itself as the engine drives the kernels: for the checks.
#pragma once
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace exact {

enum class Distance { L2, IP };

struct Matrix {
    int rows = 0, dim = 0;
    long long stride = 0; // floats
    std::vector<float> values;

    Matrix(int rows, int dim) : rows(rows), dim(dim), stride((dim + 15) / 16 * 16), values(rows * stride) {}
    float* row(int i) { return values.data() + i * stride; }
    const float* row(int i) const { return values.data() + i * stride; }
};

// The kinds of data that exactness is hard on.
enum class Kind { GAUSSIAN, CLUSTERED, SHIFTED, DUPLICATED, WIDE_NORMS, ZEROS, TINY, ONE_GIANT, HUGE };
constexpr Kind KINDS[] = {Kind::GAUSSIAN, Kind::CLUSTERED, Kind::SHIFTED, Kind::DUPLICATED, Kind::WIDE_NORMS,
                          Kind::ZEROS, Kind::TINY, Kind::ONE_GIANT, Kind::HUGE};

inline const char* name(Kind kind) {
    constexpr const char* names[] = {"gaussian", "clustered", "shifted", "duplicated", "wide norms", "zeros", "tiny",
                                     "one giant", "huge"};
    return names[static_cast<int>(kind)];
}

inline Matrix make(Kind kind, int rows, int dim, unsigned seed) {
    std::mt19937 centres(7), random(seed);
    std::normal_distribution<float> gauss;
    Matrix centre(7, dim), made(rows, dim);
    for (int i = 0; i < 7; ++i) {
        for (int t = 0; t < dim; ++t) {
            centre.row(i)[t] = gauss(centres);
        }
    }
    for (int i = 0; i < rows; ++i) {
        const float* c = centre.row(random() % 7);
        const float norm = std::exp(3 * gauss(random));
        for (int t = 0; t < dim; ++t) {
            const float g = gauss(random);
            float& x = made.row(i)[t];
            switch (kind) {
                case Kind::GAUSSIAN: x = g; break;
                case Kind::CLUSTERED: x = c[t] + 0.1f * g; break;
                case Kind::SHIFTED: x = 1e3f + c[t] + 0.1f * g; break;
                case Kind::DUPLICATED: x = c[t]; break;
                case Kind::WIDE_NORMS: x = norm * g; break;
                case Kind::ZEROS: x = i % 3 == 0 ? 0 : g; break;
                case Kind::TINY: x = g * 1e-22f; break;
                case Kind::ONE_GIANT: x = i == 3 ? 1e12f * g : g; break;
                case Kind::HUGE: x = g * 1e30f; break;
            }
        }
    }
    return made;
}

// Distance.between: terms t go to partial sum t mod 8; no fused operations (-ffp-contract=off).
inline double between(Distance distance, const float* q, const float* x, int dim) {
    double s[8] = {};
    for (int t = 0; t < dim; ++t) {
        const double u = q[t], v = x[t];
        s[t & 7] += distance == Distance::L2 ? (u - v) * (u - v) : u * v;
    }
    const double sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    return distance == Distance::L2 ? sum : 0.0 - sum;
}

struct Found {
    double distance;
    long long position;
    bool operator==(const Found&) const = default;
    bool operator<(const Found& other) const {
        return distance < other.distance || (distance == other.distance && position < other.position);
    }
};

using Mask = std::vector<unsigned>;

inline bool allows(const Mask& mask, int row) {
    return mask.empty() || (mask[row / 32] >> row % 32 & 1);
}

inline std::vector<Found> nearest(Distance distance, const Matrix& queries, int q, const Matrix& rows, const Mask& mask, int k) {
    std::vector<Found> all;
    for (int i = 0; i < rows.rows; ++i) {
        if (allows(mask, i)) {
            all.push_back({between(distance, queries.row(q), rows.row(i), rows.dim), i});
        }
    }
    std::sort(all.begin(), all.end());
    all.resize(std::min<size_t>(all.size(), k));
    return all;
}

} // namespace exact
