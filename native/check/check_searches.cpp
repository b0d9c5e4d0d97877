// Whole searches: every kind of data, distance and route.
#include "searches.h"

using namespace exact;

CHECK(searches_are_exact_on_every_kind_of_data) {
    for (Kind kind : KINDS) {
        for (Distance distance : {Distance::L2, Distance::IP}) {
            search_is_exact({kind, distance, 300, 5, 21, 10});
            search_is_exact({kind, distance, 300, 5, 21, 10, Scan::SHADOWS, true});
            search_is_exact({kind, distance, 300, 5, 21, 10, Scan::DIRECT});
            EXPECT(search_is_exact({kind, distance, 400, 5, 21, 10, Scan::PRODUCTS}).multiplied == 2);
        }
    }
}

CHECK(searches_are_exact_at_odd_sizes) {
    for (int dim : {1, 31, 33, 64, 129}) {
        search_is_exact({Kind::GAUSSIAN, Distance::L2, 97, 3, dim, 7});
        search_is_exact({Kind::GAUSSIAN, Distance::IP, 1, 2, dim, 3, Scan::SHADOWS, true});
        search_is_exact({Kind::GAUSSIAN, Distance::L2, 130, 2, dim, 200, Scan::DIRECT});
    }
}

CHECK(searches_are_exact_in_every_shape_of_the_product) {
    search_is_exact({Kind::CLUSTERED, Distance::L2, 200, 65, 40, 5});
    search_is_exact({Kind::CLUSTERED, Distance::IP, 200, 65, 40, 5, Scan::SHADOWS, true});
    search_is_exact({Kind::CLUSTERED, Distance::L2, 140, 65, 130, 5});
    search_is_exact({Kind::CLUSTERED, Distance::IP, 140, 65, 130, 5, Scan::SHADOWS, true});
}

CHECK(searches_honour_masks_and_tiles) {
    for (bool append : {false, true}) {
        search_is_exact({Kind::CLUSTERED, Distance::L2, 400, 4, 18, 9, Scan::SHADOWS, append, true});
        search_is_exact({Kind::WIDE_NORMS, Distance::IP, 400, 4, 18, 9, Scan::SHADOWS, append, true, 128});
    }
    search_is_exact({Kind::CLUSTERED, Distance::L2, 400, 4, 18, 9, Scan::DIRECT, false, true, 256});
    search_is_exact({Kind::CLUSTERED, Distance::L2, 700, 4, 18, 9, Scan::PRODUCTS, false, true, 512});
}

// More candidates than there is room for: nothing may be lost.
CHECK(searches_go_on_in_pieces_when_candidates_overflow) {
    for (bool append : {false, true}) {
        const Route route = search_is_exact({Kind::DUPLICATED, Distance::L2, 700, 6, 6, 5, Scan::SHADOWS, append, false, 1 << 30, 5 + 64});
        EXPECT(route.pieces > 0);
        search_is_exact({Kind::DUPLICATED, Distance::IP, 700, 6, 6, 5, Scan::SHADOWS, append, true, 256, 5 + 64});
    }
}
