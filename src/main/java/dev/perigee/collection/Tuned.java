package dev.perigee.collection;

import dev.perigee.api.SearchRequest;

/**
 * How a space is searched where the caller does not say, as a {@link Tuner} chose it.
 *
 * @param lists  that the index had: one with another number of lists goes by {@link Defaults}
 * @param k      neighbours that it was chosen for
 * @param refine for k; 0 where the index has no codes
 * @param recall that was measured
 */
public record Tuned(int lists, int k, int probes, int refine, double recall) {
    /** For another number of neighbours: as many candidates for each. */
    int refine(int neighbours) {
        return (int) Math.clamp(((long) refine * neighbours + k - 1) / k, refine, SearchRequest.MAX_K);
    }
}
