package dev.perigee.distance;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Rows of length one, for cosine: divided by their norm in double and rounded once; a zero row stays zero. */
public final class UnitRows {
    private UnitRows() {
    }

    /** Writes the unit rows of {@code from} to {@code to} (same shape; may be the same matrix). */
    public static void copy(Matrix from, Matrix to) {
        float[] row = new float[(int) (from.stride() / Float.BYTES)]; // padded with zeros to whole eights
        for (int i = 0; i < from.rows(); i++) {
            MemorySegment.copy(from.segment(), Matrix.FLOAT, i * from.stride(), row, 0, row.length);
            double norm = Math.sqrt(square(row));
            if (norm == 0) {
                Arrays.fill(row, 0f); // -0 too
            } else {
                divide(row, norm);
            }
            MemorySegment.copy(row, 0, to.segment(), Matrix.FLOAT, i * to.stride(), row.length);
        }
    }

    /** A row's product with itself, the bits of {@link Distance#between}: eight sums that do not wait for each other. */
    private static double square(float[] x) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        for (int t = 0; t < x.length; t += 8) {
            s0 += (double) x[t] * x[t];
            s1 += (double) x[t + 1] * x[t + 1];
            s2 += (double) x[t + 2] * x[t + 2];
            s3 += (double) x[t + 3] * x[t + 3];
            s4 += (double) x[t + 4] * x[t + 4];
            s5 += (double) x[t + 5] * x[t + 5];
            s6 += (double) x[t + 6] * x[t + 6];
            s7 += (double) x[t + 7] * x[t + 7];
        }
        return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
    }

    private static void divide(float[] x, double by) {
        for (int t = 0; t < x.length; t++) {
            x[t] = (float) (x[t] / by);
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
