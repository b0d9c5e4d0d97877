package dev.perigee.learn.transform;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * Eigenvalues of a symmetric matrix, the largest first, and their unit eigenvectors as rows [dim][dim]. Of an eigenvector and
 * its negative, the one is given whose largest value is positive.
 */
record Eigen(double[] values, double[][] vectors) {
    private static final double EPSILON = Math.ulp(1.0);

    static Eigen of(double[][] symmetric) {
        int dim = symmetric.length;
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(dim, true, true);
        if (!eigen.decompose(new DMatrixRMaj(symmetric))) {
            throw new PerigeeException(ErrorCode.INTERNAL, "eigenvectors: of a matrix %d x %d not found".formatted(dim, dim));
        }
        int[] order = IntStream.range(0, dim).boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> eigen.getEigenvalue(i).getReal()).reversed())
                .mapToInt(Integer::intValue).toArray();
        double[] values = new double[dim];
        double[][] vectors = new double[dim][];
        for (int i = 0; i < dim; i++) {
            values[i] = eigen.getEigenvalue(order[i]).getReal();
            vectors[i] = oriented(eigen.getEigenVector(order[i]).data);
        }
        return new Eigen(values, vectors);
    }

    /**
     * Those of {@code M^T M} for rows M [n][dim], as many as n or dim, whichever is less: of few rows by way of {@code M M^T}, whose
     * eigenvalues are the same. A vector of eigenvalue 0 is then 0.
     */
    static Eigen ofProduct(double[][] m) {
        double[][] turned = turned(m);
        if (m.length >= turned.length) {
            return of(Linear.product(turned, m));
        }
        Eigen small = of(Linear.product(m, turned));
        double[][] vectors = Linear.product(small.vectors, m);
        for (int i = 0; i < vectors.length; i++) {
            double length = Math.sqrt(Arrays.stream(vectors[i]).map(x -> x * x).sum());
            vectors[i] = oriented(length == 0 ? vectors[i] : Arrays.stream(vectors[i]).map(x -> x / length).toArray());
        }
        return new Eigen(small.values, vectors);
    }

    private static double[][] turned(double[][] m) {
        double[][] t = new double[m[0].length][m.length];
        for (int i = 0; i < m.length; i++) {
            for (int j = 0; j < t.length; j++) {
                t[j][i] = m[i][j];
            }
        }
        return t;
    }

    private static double[] oriented(double[] vector) {
        double largest = 0;
        for (double value : vector) {
            // within rounding the first of equals counts
            largest = Math.abs(value) > Math.abs(largest) * (1 + 1e-9) ? value : largest;
        }
        double sign = Math.signum(largest);
        return IntStream.range(0, vector.length).mapToDouble(i -> sign * vector[i]).toArray();
    }

    /**
     * How many eigenvalues stand out of rounding, that is exceed {@code eps x the largest x max(n, dim)}. The null directions of
     * a covariance come out as values like -2e-19, whose root is no number.
     */
    int rank(int rows) {
        double least = EPSILON * Math.max(values[0], 0) * Math.max(rows, values.length);
        return (int) IntStream.range(0, values.length).filter(i -> values[i] > least).count();
    }

    /** The map to a space where the covariance is a sphere of radius 1: the first {@code rank} eigenvectors / sqrt(eigenvalue), [rank][dim]. */
    double[][] whitening(int rank) {
        double[][] rows = new double[rank][];
        for (int i = 0; i < rank; i++) {
            double scale = 1 / Math.sqrt(values[i]);
            double[] vector = vectors[i];
            rows[i] = IntStream.range(0, vector.length).mapToDouble(t -> vector[t] * scale).toArray();
        }
        return rows;
    }
}
