package dev.perigee.learn.loss;

import dev.perigee.compute.ComputeBackend;

/** How matrices of doubles are multiplied. */
public interface Products {
    /** Every sum in double, in order: slow, for checks and for little data. */
    Products EXACT = Products::exact;

    /**
     * {@code a b^T} [n, m].
     *
     * @param a [n, dim]
     * @param b [m, dim]
     */
    double[][] multiply(double[][] a, double[][] b);

    /** {@code a b} [n, dim] of a [n, m] and b [m, dim]. */
    default double[][] plain(double[][] a, double[][] b) {
        return multiply(a, transpose(b));
    }

    /** In float32 on a backend; one thread at a time. Close it to free its memory. */
    static FloatProducts on(ComputeBackend backend) {
        return new FloatProducts(backend);
    }

    static double[][] transpose(double[][] a) {
        double[][] t = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < t.length; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    private static double[][] exact(double[][] a, double[][] b) {
        double[][] products = new double[a.length][b.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b.length; j++) {
                products[i][j] = dot(a[i], b[j]);
            }
        }
        return products;
    }

    static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int t = 0; t < x.length; t++) {
            sum += x[t] * y[t];
        }
        return sum;
    }
}
