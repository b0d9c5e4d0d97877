package dev.perigee.api;

import static dev.perigee.PerigeeException.check;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;

/**
 * The index that a collection is built with.
 *
 * @param lists  inverted lists of IVF_FLAT and IVF_PQ; 0 = chosen from the number of rows
 * @param pqM    sub-quantisers of IVF_PQ, must divide dim; 0 = chosen from dim
 * @param pqBits bits of one code of IVF_PQ: 8 or 4
 * @param seed   of sampling and k-means: the same rows and seed give the same index
 */
public record IndexSpec(IndexKind kind, int lists, int pqM, int pqBits, long seed) {
    /** Most lists that an index may have. */
    public static final int MAX_LISTS = 1 << 20;

    public static final IndexSpec FLAT = new IndexSpec(IndexKind.FLAT, 0, 0, 8, 0);

    public IndexSpec {
        check(lists >= 0 && lists <= MAX_LISTS, "lists: %d (expected 0 to %d)", lists, MAX_LISTS);
        check(pqM >= 0, "pq-m: %d (expected 0 or more)", pqM);
        check(pqBits == 8 || pqBits == 4, "pq-bits: %d (expected 8 or 4)", pqBits);
    }

    /** Refuses rows of a dim that this index cannot take. */
    public void requireFits(int dim, Distance distance) {
        check(distance != Distance.INNER_PRODUCT || kind == IndexKind.FLAT || dim < Matrix.MAX_DIM,
                "dim: %d (expected at most %d for lists by inner product, which take one more)", dim, Matrix.MAX_DIM - 1);
        check(kind != IndexKind.IVF_PQ || pqM == 0 || dim % pqM == 0, "pq-m: %d (expected a divisor of dim %d)", pqM, dim);
    }

    /** An IVF-Flat index of {@code lists} lists (0 = chosen). */
    public static IndexSpec ivfFlat(int lists) {
        return new IndexSpec(IndexKind.IVF_FLAT, lists, 0, 8, 0);
    }

    /** An IVF-PQ index of {@code lists} lists (0 = chosen) and {@code m} sub-quantisers of 8 bits (0 = chosen). */
    public static IndexSpec ivfPq(int lists, int m) {
        return new IndexSpec(IndexKind.IVF_PQ, lists, m, 8, 0);
    }
}
