// Whole searches of inverted lists: every kind of data, distance, width of codes and way to scan.
#include "lists.h"

using namespace exact;

CHECK(lists_of_rows_are_exact_on_every_kind_of_data) {
    for (Kind kind : KINDS) {
        for (Distance distance : {Distance::L2, Distance::IP}) {
            for (Way way : {Way::ROWS, Way::ROWS_NARROW, Way::ROWS_DIRECT}) {
                lists_are_exact({way, kind, distance, 300, 5, 21, 9, 4, 7});
            }
        }
    }
}

CHECK(codes_in_lists_have_the_keys_of_the_cpu) {
    for (Kind kind : KINDS) {
        for (Distance distance : {Distance::L2, Distance::IP}) {
            for (Way way : {Way::TABLES, Way::FRAGMENTS, Way::FRAGMENTS_NARROW}) {
                lists_are_exact({way, kind, distance, 300, 5, 20, 9, 4, 7});
            }
        }
    }
}

CHECK(codes_of_every_width_are_decoded) {
    for (Distance distance : {Distance::L2, Distance::IP}) {
        for (Way way : {Way::FRAGMENTS, Way::FRAGMENTS_NARROW, Way::TABLES}) {
            for (int dsub : {2, 4, 8}) {
                for (int dim : {8, 40, 72}) {
                    lists_are_exact({way, Kind::GAUSSIAN, distance, 200, 3, dim, 4, 2, 4, 12, dsub});
                }
            }
        }
        for (int dsub : {1, 3, 5}) {
            lists_are_exact({Way::TABLES, Kind::GAUSSIAN, distance, 300, 5, 15, 6, 3, 4, 12, dsub});
            lists_are_exact({Way::TABLES, Kind::GAUSSIAN, distance, 300, 5, 15, 6, 3, 4, 12, dsub, 4});
        }
    }
}

CHECK(items_hold_more_queries_than_one_block_takes) {
    for (Way way : {Way::ROWS, Way::ROWS_NARROW, Way::ROWS_DIRECT, Way::TABLES, Way::FRAGMENTS, Way::FRAGMENTS_NARROW}) {
        lists_are_exact({way, Kind::CLUSTERED, Distance::L2, 150, way == Way::TABLES ? 9 : 140, 20, 3, 2, 3});
    }
}

CHECK(lists_may_be_more_than_a_block_of_threads) {
    for (Way way : {Way::ROWS, Way::TABLES}) {
        lists_are_exact({way, Kind::GAUSSIAN, Distance::L2, 1500, 3, 8, 1200, 40, 3});
    }
}

CHECK(lists_honour_masks_and_tiles) {
    for (Way way : {Way::ROWS, Way::ROWS_NARROW, Way::ROWS_DIRECT, Way::TABLES, Way::FRAGMENTS, Way::FRAGMENTS_NARROW}) {
        for (Distance distance : {Distance::L2, Distance::IP}) {
            lists_are_exact({way, Kind::CLUSTERED, distance, 600, 5, 16, 9, 4, 5, 20, 4, 8, true});
            lists_are_exact({way, Kind::GAUSSIAN, distance, 600, 5, 16, 9, 4, 5, 20, 4, 8, true, 3});
        }
    }
}

CHECK(lists_go_on_in_pieces_when_candidates_overflow) {
    for (Way way : {Way::ROWS, Way::TABLES, Way::FRAGMENTS}) {
        EXPECT(lists_are_exact({way, Kind::DUPLICATED, Distance::L2, 900, 6, 8, 5, 5, 5, 0, 4, 8, false, 1, 5 + 64}).pieces > 0);
    }
}

// The bounds must not be so wide that everything is computed again.
CHECK(most_groups_are_left_out) {
    for (Way way : {Way::ROWS, Way::TABLES, Way::FRAGMENTS}) {
        const ListSearch search = lists_are_exact({way, Kind::GAUSSIAN, Distance::L2, 5000, 2, 32, 8, 8, 2});
        if (search.listed * 5 > search.probed) {
            check::wrong("way %d: %d of %d groups", int(way), search.listed, search.probed);
        }
    }
}

CHECK(empty_searches_find_nothing) {
    for (Way way : {Way::ROWS, Way::TABLES, Way::FRAGMENTS}) {
        lists_are_exact({way, Kind::GAUSSIAN, Distance::L2, 3, 2, 8, 9, 1, 4});
    }
}
