package dev.perigee.api;

/**
 * The neighbours of some queries, nearest first.
 *
 * @param ids    [queries, k] flat: the callers' ids; -1 where there were fewer than k rows
 * @param scores [queries, k] flat: squared L2, inner product or cosine similarity; +infinity (L2) or -infinity where the
 *               id is -1
 * @param spaceVersion of the space that answered, {@link SpaceInfo#version}
 */
public record SearchResult(int queries, int k, long[] ids, float[] scores, int spaceVersion) {
    /** An answer of a collection's first space. */
    public SearchResult(int queries, int k, long[] ids, float[] scores) {
        this(queries, k, ids, scores, 1);
    }

    public SearchResult {
        assert ids.length == queries * k && scores.length == queries * k;
    }

    public long id(int query, int rank) {
        return ids[query * k + rank];
    }

    public float score(int query, int rank) {
        return scores[query * k + rank];
    }
}
