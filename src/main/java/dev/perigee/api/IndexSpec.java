package dev.perigee.api;

import static dev.perigee.PerigeeException.check;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;

/**
 * The index that a collection is built with.
 *
 * @param lists     inverted lists, where the kind has them; 0 = chosen from the number of rows
 * @param codeWidth numbers in the code of a row: the sub-quantisers of IVF_PQ, which must divide dim, or the leading dimensions
 *                  of IVF_SQ, a multiple of 8; 0 = chosen from the rows
 * @param codeBits  bits of each of them: 8 or 4 for IVF_PQ, 5 or 6 for IVF_SQ
 * @param seed      of sampling and k-means: the same rows and seed give the same index
 */
public record IndexSpec(IndexKind kind, int lists, int codeWidth, int codeBits, long seed) {
    /** Most lists that an index may have. */
    public static final int MAX_LISTS = 1 << 20;
    /** Most leading dimensions that the codes of IVF_SQ may have: their sums stay exact in float. */
    public static final int MAX_SQ_DIMS = 1024;

    public static final IndexSpec FLAT = new IndexSpec(IndexKind.FLAT, 0, 0, 8, 0);

    public IndexSpec {
        check(lists >= 0 && lists <= MAX_LISTS, "lists: %d (expected 0 to %d)", lists, MAX_LISTS);
        if (kind == IndexKind.IVF_SQ) {
            check(codeWidth >= 0 && codeWidth <= MAX_SQ_DIMS && codeWidth % 8 == 0, "dims: %d (expected a multiple of 8 up to %d)",
                    codeWidth, MAX_SQ_DIMS);
            check(codeBits == 5 || codeBits == 6, "sq-bits: %d (expected 5 or 6)", codeBits);
        } else {
            check(codeWidth >= 0, "pq-m: %d (expected 0 or more)", codeWidth);
            check(codeBits == 8 || codeBits == 4, "pq-bits: %d (expected 8 or 4)", codeBits);
        }
    }

    /** Refuses rows of a dim that this index cannot take. */
    public void requireFits(int dim, Distance distance) {
        check(distance != Distance.INNER_PRODUCT || kind == IndexKind.FLAT || dim < Matrix.MAX_DIM,
                "dim: %d (expected at most %d for lists by inner product, which take one more)", dim, Matrix.MAX_DIM - 1);
        check(kind != IndexKind.IVF_PQ || codeWidth == 0 || dim % codeWidth == 0, "pq-m: %d (expected a divisor of dim %d)",
                codeWidth, dim);
        check(kind != IndexKind.IVF_SQ || codeWidth < dim + 8, "dims: %d (expected at most %d, dim %d rounded up to 8)", codeWidth,
                (dim + 7) / 8 * 8, dim);
    }

    /** An IVF-Flat index of {@code lists} lists (0 = chosen). */
    public static IndexSpec ivfFlat(int lists) {
        return new IndexSpec(IndexKind.IVF_FLAT, lists, 0, 8, 0);
    }

    /** An IVF-PQ index of {@code lists} lists (0 = chosen) and {@code m} sub-quantisers of 8 bits (0 = chosen). */
    public static IndexSpec ivfPq(int lists, int m) {
        return new IndexSpec(IndexKind.IVF_PQ, lists, m, 8, 0);
    }

    /** An IVF-SQ index of {@code lists} lists and {@code dims} leading dimensions in codes of 5 bits (0 = chosen). */
    public static IndexSpec ivfSq(int lists, int dims) {
        return new IndexSpec(IndexKind.IVF_SQ, lists, dims, 5, 0);
    }
}
