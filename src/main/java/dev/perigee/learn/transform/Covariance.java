package dev.perigee.learn.transform;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A covariance of rows, divisor n, in double; the same whatever the threads.
 *
 * @param rows    n
 * @param matrix  [dim][dim], symmetric, not copied
 * @param fourths sum over the rows of |row - mean|^4, which the Ledoit-Wolf weight needs
 */
record Covariance(int rows, double[][] matrix, double fourths) {
    /** Beyond it the eigenvectors take minutes and the matrix 128 MiB. */
    static final int MAX_DIM = 4096;
    /** Centred rows [64, dim] of doubles stay in the caches while every pair of features passes over them. */
    private static final int BLOCK = 64;

    /** About the mean of all rows. */
    static Covariance total(Matrix rows, double[] mean) {
        return about(rows, new double[][] {mean}, new int[rows.rows()]);
    }

    /** About the means [class][dim] of the classes: the within-class covariance. */
    static Covariance within(Matrix rows, double[][] means, Classes classes) {
        return about(rows, means, classes.numbers());
    }

    private static Covariance about(Matrix rows, double[][] centres, int[] centreOf) {
        int dim = rows.dim();
        double[][] sums = new double[dim][dim];
        double[][] block = new double[BLOCK][dim];
        double fourths = 0;
        for (int from = 0; from < rows.rows(); from += BLOCK) {
            for (int r = 0; r < BLOCK; r++) {
                int row = from + r;
                if (row >= rows.rows()) {
                    Arrays.fill(block[r], 0);
                    continue;
                }
                float[] values = rows.get(row);
                double[] centre = centres[centreOf[row]];
                double squares = 0;
                for (int t = 0; t < dim; t++) {
                    double x = values[t] - centre[t];
                    block[r][t] = x;
                    squares += x * x;
                }
                fourths += squares * squares;
            }
            spread(dim, i -> addProducts(block, i, sums[i]));
        }
        for (int i = 0; i < dim; i++) {
            for (int j = i; j < dim; j++) {
                sums[i][j] /= rows.rows();
                sums[j][i] = sums[i][j];
            }
        }
        return new Covariance(rows.rows(), sums, fourths);
    }

    /** {@code sums[j] += sum over the block of x_i x_j} for j from i on; eight rows at a time, so that sums are seldom moved. */
    private static void addProducts(double[][] block, int i, double[] sums) {
        for (int r = 0; r < BLOCK; r += 8) {
            double[] x0 = block[r];
            double[] x1 = block[r + 1];
            double[] x2 = block[r + 2];
            double[] x3 = block[r + 3];
            double[] x4 = block[r + 4];
            double[] x5 = block[r + 5];
            double[] x6 = block[r + 6];
            double[] x7 = block[r + 7];
            double a0 = x0[i];
            double a1 = x1[i];
            double a2 = x2[i];
            double a3 = x3[i];
            double a4 = x4[i];
            double a5 = x5[i];
            double a6 = x6[i];
            double a7 = x7[i];
            for (int j = i; j < sums.length; j++) {
                sums[j] += ((a0 * x0[j] + a1 * x1[j]) + (a2 * x2[j] + a3 * x3[j]))
                        + ((a4 * x4[j] + a5 * x5[j]) + (a6 * x6[j] + a7 * x7[j]));
            }
        }
    }

    private static void spread(int count, java.util.function.IntConsumer work) {
        IntStream range = IntStream.range(0, count);
        // a few features are summed sooner than threads are woken
        (count < 64 ? range : range.parallel()).forEach(work);
    }

    static void requireDim(int dim) {
        if (dim > MAX_DIM) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED, "dim: %d (expected at most %d for a covariance)".formatted(dim, MAX_DIM));
        }
    }

    int dim() {
        return matrix.length;
    }

    double trace() {
        double sum = 0;
        for (int i = 0; i < dim(); i++) {
            sum += matrix[i][i];
        }
        return sum;
    }

    private double squares() {
        double sum = 0;
        for (double[] row : matrix) {
            for (double value : row) {
                sum += value * value;
            }
        }
        return sum;
    }

    /** In how many directions the rows spread about evenly, {@code (tr S)^2 / tr S^2}: dim for a sphere, 1 for a line; 0 for a point. */
    double spreadDims() {
        double squares = squares();
        return squares > 0 ? trace() * trace() / squares : 0;
    }

    /** The part of features {@code kept} alone. */
    Covariance of(int[] kept) {
        double[][] part = new double[kept.length][kept.length];
        for (int i = 0; i < kept.length; i++) {
            for (int j = 0; j < kept.length; j++) {
                part[i][j] = matrix[kept[i]][kept[j]];
            }
        }
        return new Covariance(rows, part, fourths);
    }

    /** The weight, 0 to 1, that a way of shrinking gives to the sphere. */
    double weight(Shrinkage shrinkage) {
        return switch (shrinkage) {
            case Shrinkage.None none -> 0;
            case Shrinkage.Fixed fixed -> fixed.weight();
            case Shrinkage.LedoitWolf ledoitWolf -> {
                double fromSphere = squares() - trace() * trace() / dim();
                double noise = (fourths / rows - squares()) / rows;
                yield fromSphere > 0 ? Math.clamp(noise / fromSphere, 0, 1) : 1;
            }
            case Shrinkage.Oas oas -> {
                double mean = squares() / dim() / dim();
                double sphere = trace() / dim() * (trace() / dim());
                double denominator = (rows + 1) * (mean - sphere / dim());
                yield denominator > 0 ? Math.min(1, (mean + sphere) / denominator) : 1;
            }
        };
    }

    /** {@code (1 - weight) S + weight (tr S / dim) I}, a new matrix. */
    Covariance shrunk(double weight) {
        double sphere = weight * trace() / dim();
        double[][] mixed = new double[dim()][dim()];
        for (int i = 0; i < dim(); i++) {
            for (int j = 0; j < dim(); j++) {
                mixed[i][j] = (1 - weight) * matrix[i][j] + (i == j ? sphere : 0);
            }
        }
        return new Covariance(rows, mixed, fourths);
    }
}
