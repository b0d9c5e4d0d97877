package dev.perigee.distance;

import dev.perigee.vector.Matrix;

/** Rows of length one, for cosine: divided by their norm in double and rounded once; a zero row stays zero. */
public final class UnitRows {
    private UnitRows() {
    }

    /** Writes the unit rows of {@code from} to {@code to} (same shape; may be the same matrix). */
    public static void copy(Matrix from, Matrix to) {
        for (int i = 0; i < from.rows(); i++) {
            double norm = Math.sqrt(-Distance.INNER_PRODUCT.between(from, i, from, i));
            for (int t = 0; t < from.dim(); t++) {
                to.set(i, t, norm == 0 ? 0f : (float) (from.get(i, t) / norm));
            }
        }
    }
}
