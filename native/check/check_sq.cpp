// Whole searches of scalar-quantised lists: every kind of data, both widths of codes, any number of dims, lists and queries.
#include "sq.h"

using namespace exact;

CHECK(quantised_lists_have_the_keys_of_the_definition) {
    for (Kind kind : KINDS) {
        for (int bits : {5, 6}) {
            if (kind != Kind::HUGE) { // whose products float cannot hold
                sq_is_exact({kind, Distance::L2, 300, 6, 21, 16, bits, 9, 4, 5, 20, false, false});
            }
        }
    }
}

CHECK(quantised_lists_are_refined_from_rows) {
    for (Distance distance : {Distance::L2, Distance::IP}) {
        sq_is_exact({Kind::GAUSSIAN, distance, 300, 6, 21, 16, 6, 9, 4, 5, 20});
    }
}

CHECK(quantised_codes_have_any_multiple_of_8_dims) {
    for (int dims : {8, 24, 40, 136}) {
        for (int dim : {1, 7, 33}) {
            sq_is_exact({Kind::CLUSTERED, Distance::L2, 200, 3, dim, dims, 5 + dim % 2, 4, 2, 4, 12, false, false});
        }
    }
}

CHECK(quantised_items_hold_more_queries_than_one_block_takes) {
    sq_is_exact({Kind::CLUSTERED, Distance::L2, 260, 41, 20, 24, 5, 3, 2, 3, 6, false, false});
}

CHECK(quantised_lists_may_be_more_than_a_block_of_threads) {
    sq_is_exact({Kind::GAUSSIAN, Distance::L2, 1500, 3, 8, 8, 6, 1200, 40, 3, 9});
    sq_is_exact({Kind::GAUSSIAN, Distance::L2, 300, 3, 8, 8, 6, 5, 5, 3, 300}); // all lists, all rows
}

CHECK(quantised_lists_honour_masks_and_tiles) {
    sq_is_exact({Kind::CLUSTERED, Distance::L2, 600, 6, 16, 16, 5, 9, 4, 5, 20, true, false});
    sq_is_exact({Kind::GAUSSIAN, Distance::L2, 600, 6, 16, 16, 6, 9, 4, 5, 20, true, false, 3});
}

CHECK(quantised_lists_go_on_in_pieces_when_candidates_overflow) {
    EXPECT(sq_is_exact({Kind::DUPLICATED, Distance::L2, 900, 6, 8, 8, 5, 5, 5, 5, 40, false, true, 1, 40 + 64}).pieces > 0);
}

CHECK(most_groups_of_quantised_lists_are_left_out) {
    const SqSearch search = sq_is_exact({Kind::GAUSSIAN, Distance::L2, 5000, 2, 32, 32, 6, 8, 8, 2, 4});
    if (search.listed * 5 > search.probed) {
        check::wrong("%d of %d groups", search.listed, search.probed);
    }
}

CHECK(empty_quantised_searches_find_nothing) {
    sq_is_exact({Kind::GAUSSIAN, Distance::L2, 3, 2, 8, 8, 6, 9, 1, 4, 4});
}
