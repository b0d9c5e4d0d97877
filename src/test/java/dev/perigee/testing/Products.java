package dev.perigee.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.vector.Matrix;

/** What a product may be off by, as {@code ComputeBackend.multiply} promises. */
public final class Products {
    private Products() {
    }

    /** Compares {@code into} [n, m] with rows [n, dim] x weights [m, dim]^T in double, and its padding with zero. */
    public static void assertWithinBound(Matrix rows, Matrix weights, Matrix into, String as) {
        int dim = rows.dim();
        double[] norms = norms(weights);
        double[] lengths = norms(rows);
        double[][] columns = new double[weights.rows()][];
        for (int j = 0; j < columns.length; j++) {
            columns[j] = doubles(weights, j);
        }
        for (int i = 0; i < rows.rows(); i++) {
            double[] row = doubles(rows, i);
            for (int j = 0; j < columns.length; j++) {
                double exact = dot(row, columns[j]);
                double bound = 1.01 * dim * 0x1p-24 * lengths[i] * norms[j] + dim * 0x1p-126;
                if (!(Math.abs(into.get(i, j) - exact) <= bound)) {
                    throw new AssertionError("%s: %d x %d x %d, element %d, %d: %s (expected %s, at most %s off)".formatted(
                            as, rows.rows(), weights.rows(), dim, i, j, into.get(i, j), exact, bound));
                }
            }
            for (long at = into.dim() * 4L; at < into.stride(); at += 4) {
                assertThat(into.segment().get(Matrix.FLOAT, i * into.stride() + at)).as("%s: padding of row %d", as, i).isZero();
            }
        }
    }

    private static double[] doubles(Matrix rows, int row) {
        double[] values = new double[rows.dim()];
        for (int t = 0; t < values.length; t++) {
            values[t] = rows.get(row, t);
        }
        return values;
    }

    private static double[] norms(Matrix rows) {
        double[] norms = new double[rows.rows()];
        for (int i = 0; i < norms.length; i++) {
            double[] row = doubles(rows, i);
            norms[i] = Math.sqrt(dot(row, row));
        }
        return norms;
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int t = 0; t < x.length; t++) {
            sum += x[t] * y[t];
        }
        return sum;
    }
}
