package dev.perigee.cli;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.SearchRequest;
import dev.perigee.collection.Defaults;
import dev.perigee.distance.Distance;
import java.util.ArrayList;
import java.util.List;

/**
 * An index of the demo: how it is built and how it is asked.
 *
 * @param lists   0 for flat
 * @param request of the table; the plot also shows others
 */
record DemoIndex(IndexKind kind, int lists, SearchRequest request) {
    static final int K = 10;

    /** The kinds for {@code rows} rows, with the square root of them in lists; probes are chosen later. */
    static List<DemoIndex> all(int rows) {
        int lists = (int) Math.round(Math.sqrt(rows));
        return List.of(new DemoIndex(IndexKind.FLAT, 0, SearchRequest.nearest(K)),
                new DemoIndex(IndexKind.IVF_SQ, lists, SearchRequest.nearest(K).withRefine(Defaults.sqRefine(K))),
                new DemoIndex(IndexKind.IVF_FLAT, lists, SearchRequest.nearest(K)),
                new DemoIndex(IndexKind.IVF_PQ, lists, SearchRequest.nearest(K).withRefine(4 * K)));
    }

    DemoIndex with(SearchRequest other) {
        return new DemoIndex(kind, lists, other);
    }

    String name() {
        return kind.label();
    }

    String describe() {
        return switch (kind) {
            case FLAT -> "flat: compares every row, exact";
            case IVF_FLAT -> "ivf_flat: %d lists of rows, of which a query probes the nearest".formatted(lists);
            case IVF_PQ -> "ivf_pq: %d lists of short codes, whose best %d are compared as rows".formatted(
                    lists, request.refine().orElse(0));
            case IVF_SQ -> "ivf_sq: %d lists of leading principal components in bytes, whose best %d are compared as rows".formatted(
                    lists, request.refine().orElse(0));
        };
    }

    CollectionSpec spec(int dim) {
        return new CollectionSpec(name(), dim, Distance.L2, switch (kind) {
            case FLAT -> IndexSpec.FLAT;
            case IVF_FLAT -> IndexSpec.ivfFlat(lists);
            case IVF_PQ -> IndexSpec.ivfPq(lists, parts(dim));
            case IVF_SQ -> IndexSpec.ivfSq(lists, 0);
        });
    }

    /** Parts of up to 16 values, twice those of a build's own choice: a faster scan, and what it confuses is refined. */
    private static int parts(int dim) {
        int parts = (dim + 15) / 16;
        while (dim % parts != 0) {
            parts++;
        }
        return parts;
    }

    /** The requests of the plot: 1, 2, 3, 4, 6, 8, 12 ... lists probed, up to all; for flat the one there is. */
    List<SearchRequest> sweep() {
        if (lists == 0) {
            return List.of(request);
        }
        List<SearchRequest> requests = new ArrayList<>();
        for (int power = 1; power < lists; power *= 2) {
            requests.add(request.withProbes(power));
            if (power > 1 && power / 2 * 3 < lists) {
                requests.add(request.withProbes(power / 2 * 3));
            }
        }
        requests.add(request.withProbes(lists));
        return requests;
    }
}
