// What a block that walks along inverted lists works on: an item is some pairs (query, probe) of a list with some of its
// groups; see plan.cu.
#pragma once
#include "panels.cuh"

struct Plan {
    const int* pairs;
    const int* pair_begins;
    const int* item_begins;
    const int* list_groups;
    const int* first_groups; // of each list, in the arrays of the lists' slots
    int lists;
    int item_queries;
    int item_groups;
    int probes;           // pairs of a query: its pair j has the number query * probes + j
    const int* begins;    // [queries, probes + 1]
    float* minima;        // [queries, columns]
    long long columns;
};

struct Item {
    int pair;        // first of its pairs, among all pairs
    int pairs;       // how many
    int begin;       // first of its groups, within the list
    int groups;      // how many
    int first_group; // of the list

    // The item of that number: list l has those from item_begins [l] on. A warp looks at 32 lists at once.
    __device__ __forceinline__ Item(const Plan& plan, int number) {
        int list = 0;
        for (int span = plan.lists; span > 1;) {
            const int step = (span + 31) / 32;
            const int apart = static_cast<int>(threadIdx.x % 32) * step;
            const bool begun = apart < span && plan.item_begins[list + apart] <= number;
            const int last = (__popc(__ballot_sync(~0u, begun)) - 1) * step;
            list += last;
            span = min(step, span - last);
        }
        const int all = plan.list_groups[list];
        const int pieces = (all + plan.item_groups - 1) / plan.item_groups;
        const int local = number - plan.item_begins[list];
        pair = plan.pair_begins[list] + local / pieces * plan.item_queries;
        pairs = min(plan.item_queries, plan.pair_begins[list + 1] - pair);
        begin = local % pieces * plan.item_groups;
        groups = min(plan.item_groups, all - begin);
        first_group = plan.first_groups[list];
    }
};
