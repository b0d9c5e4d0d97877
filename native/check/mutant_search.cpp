// What a mutant of the kernels has to get past: one search of each route, small.
#include "searches.h"

using namespace exact;

// k is small, so that most groups must be left out, and rightly.
CHECK(every_route_is_exact) {
    search_is_exact({Kind::CLUSTERED, Distance::L2, 300, 9, 40, 1, Scan::SHADOWS, false, true});
    search_is_exact({Kind::GAUSSIAN, Distance::IP, 300, 70, 40, 1});
    search_is_exact({Kind::GAUSSIAN, Distance::L2, 200, 3, 30, 70, Scan::SHADOWS, true});
    search_is_exact({Kind::GAUSSIAN, Distance::L2, 100, 3, 20, 1, Scan::DIRECT});
    search_is_exact({Kind::GAUSSIAN, Distance::L2, 100, 3, 20, 1, Scan::PRODUCTS, false, true});
    for (bool append : {false, true}) {
        search_is_exact({Kind::DUPLICATED, Distance::L2, 700, 3, 6, 5, Scan::SHADOWS, append, false, 1 << 30, 5 + 64});
    }
}
