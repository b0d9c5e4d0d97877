// Whole searches against the reference: every kind of data, distance and route.
#pragma once
#include "search.h"

namespace exact {

struct Asking {
    Kind kind;
    Distance distance;
    int rows, queries, dim, k;
    Scan scan = Scan::SHADOWS;
    bool append = false, masked = false;
    int tile_rows = 1 << 30;
    int pool = 0; // room for candidates; 0 = as the engine has it
};

inline Route search_is_exact(const Asking& a) {
    const Matrix rows = make(a.kind, a.rows, a.dim, 1), queries = make(a.kind, a.queries, a.dim, 2);
    Mask mask;
    for (int i = 0; a.masked && i < (a.rows + 31) / 32; ++i) {
        mask.push_back(i % 3 == 1 ? 0 : 0x9249a5c3u);
    }
    Search search(a.distance, queries, rows, mask, a.k, a.scan);
    if (a.pool > 0) {
        search.pool_capacity = search.row_capacity = a.pool;
        search.group_capacity = (a.pool - a.k) / GROUP;
    }
    const std::vector<std::vector<Found>> found = search.run(a.append, a.tile_rows);
    for (int q = 0; q < a.queries; ++q) {
        if (found[q] != nearest(a.distance, queries, q, rows, mask, a.k)) {
            check::wrong("%s, %s, %d x %d, k %d, scan %d, append %d: query %d", name(a.kind),
                         a.distance == Distance::L2 ? "l2" : "ip", a.rows, a.dim, a.k, int(a.scan), a.append, q);
        }
    }
    return search.route;
}

} // namespace exact
