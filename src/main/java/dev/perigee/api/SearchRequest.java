package dev.perigee.api;

import static dev.perigee.PerigeeException.check;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is asked of the queries of one search; the queries themselves travel beside it, as a matrix [rows, dim].
 *
 * @param k      neighbours per query
 * @param probes lists to scan per query (IVF); absent = the collection's default; more than there are = all
 * @param refine best candidates to re-score exactly (IVF-PQ); 0 = none; absent = the collection's default. A value between
 *               1 and k counts as k
 * @param filter which ids may be returned; absent = all
 */
public record SearchRequest(int k, OptionalInt probes, OptionalInt refine, Optional<Filter> filter) {
    /** The largest k and the largest refine. */
    public static final int MAX_K = 16_384;

    public SearchRequest {
        check(k >= 1 && k <= MAX_K, "k: %d (expected 1 to %d)", k, MAX_K);
        check(probes.isEmpty() || probes.getAsInt() >= 1, "probes: %d (expected 1 or more)", probes.orElse(0));
        check(refine.isEmpty() || refine.getAsInt() >= 0 && refine.getAsInt() <= MAX_K,
                "refine: %d (expected 0 to %d)", refine.orElse(0), MAX_K);
    }

    /** The k nearest, with the collection's defaults. */
    public static SearchRequest nearest(int k) {
        return new SearchRequest(k, OptionalInt.empty(), OptionalInt.empty(), Optional.empty());
    }

    public SearchRequest withProbes(int probes) {
        return new SearchRequest(k, OptionalInt.of(probes), refine, filter);
    }

    public SearchRequest withRefine(int refine) {
        return new SearchRequest(k, probes, OptionalInt.of(refine), filter);
    }

    public SearchRequest withFilter(Filter filter) {
        return new SearchRequest(k, probes, refine, Optional.of(filter));
    }
}
