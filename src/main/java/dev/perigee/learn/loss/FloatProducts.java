package dev.perigee.learn.loss;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;

/** Products in float32 by {@link ComputeBackend#multiply}, in memory that is used again. Not thread-safe. */
public final class FloatProducts implements Products, AutoCloseable {
    private final ComputeBackend backend;
    private final Buffer left = new Buffer();
    private final Buffer right = new Buffer();
    private final Buffer into = new Buffer();

    FloatProducts(ComputeBackend backend) {
        this.backend = backend;
    }

    @Override
    public double[][] multiply(double[][] a, double[][] b) {
        Matrix x = left.of(a);
        Matrix y = b == a ? x : right.of(b);
        Matrix product = into.matrix(a.length, b.length);
        backend.multiply(x, y, product);
        return doubles(product);
    }

    /** A copy in double. */
    public static double[][] doubles(Matrix matrix) {
        double[][] values = new double[matrix.rows()][matrix.dim()];
        for (int i = 0; i < values.length; i++) {
            float[] row = matrix.get(i);
            for (int t = 0; t < row.length; t++) {
                values[i][t] = row[t];
            }
        }
        return values;
    }

    /** Writes doubles, rounded, to a matrix of the same shape. */
    public static void copy(double[][] values, Matrix into) {
        float[] row = new float[into.dim()];
        for (int i = 0; i < values.length; i++) {
            for (int t = 0; t < row.length; t++) {
                row[t] = (float) values[i][t];
            }
            into.set(i, row);
        }
    }

    @Override
    public void close() {
        left.arena.close();
        right.arena.close();
        into.arena.close();
    }

    /** Memory for one matrix, of whatever shape comes next. */
    private static final class Buffer {
        private Arena arena = Arena.ofShared();
        private Matrix matrix;

        Matrix matrix(int rows, int dim) {
            if (matrix == null || matrix.dim() != dim || matrix.rows() < rows) {
                arena.close();
                arena = Arena.ofShared();
                matrix = Matrix.allocate(arena, rows, dim);
            }
            return matrix.slice(0, rows);
        }

        Matrix of(double[][] values) {
            Matrix of = matrix(values.length, values[0].length);
            copy(values, of);
            return of;
        }
    }
}
