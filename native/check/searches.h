// Whole searches against the reference: every kind of data, distance and route.
#pragma once
#include "search.h"

namespace exact {

struct Asking {
    Kind kind;
    Distance distance;
    int rows, queries, dim, k;
    bool shadowed = true, append = false, masked = false;
    int tile_rows = 1 << 30;
    int pool = 0; // 0 = as the engine has it
};

inline Route search_is_exact(const Asking& a) {
    const Matrix rows = make(a.kind, a.rows, a.dim, 1), queries = make(a.kind, a.queries, a.dim, 2);
    Mask mask;
    for (int i = 0; a.masked && i < (a.rows + 31) / 32; ++i) {
        mask.push_back(i % 3 == 1 ? 0 : 0x9249a5c3u);
    }
    Search search(a.distance, queries, rows, mask, a.k, a.shadowed);
    search.pool_capacity = a.pool > 0 ? a.pool : search.pool_capacity;
    const std::vector<std::vector<Found>> found = search.run(a.append, a.tile_rows);
    for (int q = 0; q < a.queries; ++q) {
        if (found[q] != nearest(a.distance, queries, q, rows, mask, a.k)) {
            check::wrong("%s, %s, %d x %d, k %d, shadowed %d, append %d: query %d", name(a.kind),
                         a.distance == Distance::L2 ? "l2" : "ip", a.rows, a.dim, a.k, a.shadowed, a.append, q);
        }
    }
    return search.route;
}

} // namespace exact

using exact::Asking;
using exact::Distance;
using exact::Kind;
using exact::search_is_exact;

CHECK(searches_are_exact_on_every_kind_of_data) {
    for (Kind kind : exact::KINDS) {
        for (Distance distance : {Distance::L2, Distance::IP}) {
            search_is_exact({kind, distance, 300, 5, 21, 10});
            search_is_exact({kind, distance, 300, 5, 21, 10, true, true});
            search_is_exact({kind, distance, 300, 5, 21, 10, false});
        }
    }
}

CHECK(searches_are_exact_at_odd_sizes) {
    for (int dim : {1, 31, 33, 64, 129}) {
        search_is_exact({Kind::GAUSSIAN, Distance::L2, 97, 3, dim, 7});
        search_is_exact({Kind::GAUSSIAN, Distance::IP, 1, 2, dim, 3, true, true});
        search_is_exact({Kind::GAUSSIAN, Distance::L2, 130, 2, dim, 200, false});
    }
}

CHECK(searches_are_exact_in_every_shape_of_the_product) {
    search_is_exact({Kind::CLUSTERED, Distance::L2, 200, 65, 40, 5});
    search_is_exact({Kind::CLUSTERED, Distance::IP, 200, 65, 40, 5, true, true});
    search_is_exact({Kind::CLUSTERED, Distance::L2, 140, 65, 130, 5});
    search_is_exact({Kind::CLUSTERED, Distance::IP, 140, 65, 130, 5, true, true});
}

CHECK(searches_honour_masks_and_tiles) {
    for (bool append : {false, true}) {
        search_is_exact({Kind::CLUSTERED, Distance::L2, 400, 4, 18, 9, true, append, true});
        search_is_exact({Kind::WIDE_NORMS, Distance::IP, 400, 4, 18, 9, true, append, true, 128});
    }
    search_is_exact({Kind::CLUSTERED, Distance::L2, 400, 4, 18, 9, false, false, true, 256});
}

// More candidates than there is room for: nothing may be lost.
CHECK(searches_go_on_in_pieces_when_candidates_overflow) {
    for (bool append : {false, true}) {
        const exact::Route route = search_is_exact({Kind::DUPLICATED, Distance::L2, 700, 6, 6, 5, true, append, false, 1 << 30, 5 + 64});
        EXPECT(route.pieces > 0);
        search_is_exact({Kind::DUPLICATED, Distance::IP, 700, 6, 6, 5, true, append, true, 256, 5 + 64});
    }
}
