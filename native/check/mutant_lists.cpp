// What a mutant of the kernels for inverted lists has to get past: one search of each way to scan, small.
#include "sq.h"

using namespace exact;

// k is small, so that most groups must be left out, and rightly.
CHECK(every_way_is_exact) {
    for (Way way : {Way::ROWS, Way::ROWS_NARROW, Way::ROWS_DIRECT, Way::TABLES, Way::FRAGMENTS, Way::FRAGMENTS_NARROW}) {
        lists_are_exact({way, Kind::GAUSSIAN, Distance::L2, 700, 5, 24, 6, 3, 1, 4, 4, 8, true});
    }
    lists_are_exact({Way::TABLES, Kind::GAUSSIAN, Distance::IP, 700, 5, 40, 600, 60, 40});
    lists_are_exact({Way::FRAGMENTS, Kind::GAUSSIAN, Distance::L2, 3000, 4, 24, 3, 3, 1});
    lists_are_exact({Way::FRAGMENTS, Kind::GAUSSIAN, Distance::IP, 300, 70, 16, 2, 2, 1, 0, 8});
    lists_are_exact({Way::FRAGMENTS, Kind::GAUSSIAN, Distance::L2, 300, 3, 10, 2, 2, 1, 0, 2});
    sq_is_exact({Kind::GAUSSIAN, Distance::L2, 700, 11, 24, 24, 6, 6, 3, 4, 40, true, false});
    sq_is_exact({Kind::GAUSSIAN, Distance::L2, 700, 3, 24, 24, 5, 6, 3, 4, 8});
}
