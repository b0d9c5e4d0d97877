package dev.perigee.collection;

import dev.perigee.api.SearchRequest;

/** What a search does where the caller does not say. */
public final class Defaults {
    private Defaults() {
    }

    /** One list of eight, at least 8: recall@10 of .99 and more on every data set we measured. */
    public static int probes(int lists) {
        return Math.max(1, Math.max(Math.min(lists, 8), (lists + 7) / 8));
    }

    /** Candidates of IVF-SQ, whose codes are finer: two per neighbour, at least 40. */
    public static int sqRefine(int k) {
        return Math.min(SearchRequest.MAX_K, Math.max(40, Math.multiplyExact(2, k)));
    }

    /** Ten candidates per neighbour, at least 100. */
    public static int refine(int k) {
        return Math.min(SearchRequest.MAX_K, Math.max(100, Math.multiplyExact(10, k)));
    }
}
