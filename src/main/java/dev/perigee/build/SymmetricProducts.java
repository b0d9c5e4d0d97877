package dev.perigee.build;

import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/** The sums of the products of the columns of rows: a symmetric matrix in double, summed in the order of the rows. */
final class SymmetricProducts {
    /** Rows of the matrix that are summed together, so that they stay in the cache. */
    static final int STRIP = 64;

    private final double[][] sums;

    private SymmetricProducts(double[][] sums) {
        this.sums = sums;
    }

    /** Of rows [n, size]; {@code progress} hears of each strip. */
    static SymmetricProducts of(Matrix rows, LongConsumer progress) {
        int size = rows.dim();
        double[][] sums = new double[size][size];
        float[] floats = new float[size];
        double[][] four = new double[4][size];
        for (int from = 0; from < size; from += STRIP) {
            int to = Math.min(size, from + STRIP);
            for (int i = 0; i < rows.rows(); i += 4) {
                for (int n = 0; n < 4; n++) {
                    load(rows, i + n, floats, four[n]);
                }
                for (int a = from; a < to; a++) {
                    add(sums[a], a, four[0][a], four[0], four[1][a], four[1], four[2][a], four[2], four[3][a], four[3]);
                }
            }
            progress.accept((from + STRIP) / STRIP);
        }
        for (int a = 0; a < size; a++) {
            for (int b = a + 1; b < size; b++) {
                sums[b][a] = sums[a][b];
            }
        }
        return new SymmetricProducts(sums);
    }

    /** A row in double; zeros behind the last. */
    private static void load(Matrix rows, int row, float[] floats, double[] into) {
        if (row >= rows.rows()) {
            java.util.Arrays.fill(into, 0);
            return;
        }
        MemorySegment.copy(rows.segment(), Matrix.FLOAT, row * rows.stride(), floats, 0, floats.length);
        for (int t = 0; t < floats.length; t++) {
            into[t] = floats[t];
        }
    }

    /** sums += w v + x b + y c + z d, from an index on. */
    private static void add(double[] sums, int from, double w, double[] a, double x, double[] b, double y, double[] c, double z,
            double[] d) {
        for (int t = from; t < sums.length; t++) {
            sums[t] = Math.fma(z, d[t], Math.fma(y, c[t], Math.fma(x, b[t], Math.fma(w, a[t], sums[t]))));
        }
    }

    double trace() {
        double trace = 0;
        for (int a = 0; a < sums.length; a++) {
            trace += sums[a][a];
        }
        return trace;
    }

    /** This matrix times each vector. */
    double[][] times(double[][] vectors) {
        int size = sums.length;
        double[][] products = new double[vectors.length][size];
        int whole = size / 4 * 4;
        for (int a = 0; a < whole; a += 4) {
            for (int v = 0; v < vectors.length; v++) {
                double[] x = vectors[v];
                add(products[v], 0, x[a], sums[a], x[a + 1], sums[a + 1], x[a + 2], sums[a + 2], x[a + 3], sums[a + 3]);
            }
        }
        for (int a = whole; a < size; a++) {
            for (int v = 0; v < vectors.length; v++) {
                Orthogonal.add(products[v], vectors[v][a], sums[a]);
            }
        }
        return products;
    }
}
