// What a mutant of the kernels has to get past: one search of each route, small.
#include "searches.h"

using namespace exact;

CHECK(every_route_is_exact) {
    search_is_exact({Kind::CLUSTERED, Distance::L2, 300, 5, 40, 10, true, false, true});
    search_is_exact({Kind::WIDE_NORMS, Distance::IP, 140, 70, 100, 5});
    search_is_exact({Kind::GAUSSIAN, Distance::L2, 200, 3, 30, 70, true, true});
    search_is_exact({Kind::GAUSSIAN, Distance::L2, 100, 3, 20, 5, false});
    for (bool append : {false, true}) {
        search_is_exact({Kind::DUPLICATED, Distance::L2, 700, 3, 6, 5, true, append, false, 1 << 30, 5 + 64});
    }
}
