package dev.perigee.compute;

import static dev.perigee.PerigeeException.check;

import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.util.Arrays;
import java.util.List;

/**
 * Queries that are searched together. Which queries share a batch never changes an answer.
 *
 * @param queries [q, dim], finite; unit rows for cosine
 * @param k       neighbours wanted, per query
 * @param params  how to search, per query
 * @param masks   which rows may be returned, one per segment (null = all of that segment), or an empty list = all rows
 */
public record SearchBatch(Matrix queries, int[] k, SearchParams[] params, List<RowMask> masks) {
    public SearchBatch {
        check(k.length == queries.rows() && params.length == queries.rows(),
                "batch: %d k and %d params (expected %d)", k.length, params.length, queries.rows());
    }

    /** All queries with one k and one way to search, no mask. */
    public static SearchBatch of(Matrix queries, int k, SearchParams params) {
        return of(queries, k, params, List.of());
    }

    /** All queries with one k and one way to search. */
    public static SearchBatch of(Matrix queries, int k, SearchParams params, List<RowMask> masks) {
        int[] ks = new int[queries.rows()];
        SearchParams[] all = new SearchParams[queries.rows()];
        Arrays.fill(ks, k);
        Arrays.fill(all, params);
        return new SearchBatch(queries, ks, all, masks);
    }

    public int count() {
        return queries.rows();
    }

    /** The mask of a segment, or null where all its rows may be returned. */
    public RowMask mask(int segment) {
        return masks.isEmpty() ? null : masks.get(segment);
    }
}
