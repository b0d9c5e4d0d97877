package dev.perigee.distance;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;

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

    /** The unit rows of {@code rows}, in memory of {@code arena}. */
    public static Matrix of(Matrix rows, Arena arena) {
        Matrix unit = Matrix.allocate(arena, rows.rows(), rows.dim());
        copy(rows, unit);
        return unit;
    }

    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT if a row is neither zero nor of length one, but for rounding */
    public static void require(Matrix rows) {
        for (int i = 0; i < rows.rows(); i++) {
            double square = -Distance.INNER_PRODUCT.between(rows, i, rows, i);
            check(square == 0 || Math.abs(square - 1) < 1e-4, "row %d: length %s (expected 1, or 0: unit rows for cosine)", i,
                    Math.sqrt(square));
        }
    }
}
