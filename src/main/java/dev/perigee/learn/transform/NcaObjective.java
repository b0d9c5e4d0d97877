package dev.perigee.learn.transform;

import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * What {@link Nca} maximises, in double: {@code sum of p_i}, the chance that row i picks a row of its class when it picks row j
 * with chance {@code p_ij} proportional to {@code exp(-|A x_i - A x_j|^2)}, j other than i. Rows are taken less their mean.
 *
 * <p>Rows are cut into parts whose sums are joined in order, so that the result does not depend on threads.
 */
final class NcaObjective {
    private static final int PARTS = 16;

    private final Matrix rows;
    private final double[] mean;
    private final int[] classOf;
    private final int dims;

    NcaObjective(Matrix rows, double[] mean, int[] classOf, int dims) {
        this.rows = rows;
        this.mean = mean;
        this.classOf = classOf;
        this.dims = dims;
    }

    /** What one part of the rows adds. */
    private record Part(double sum, double[][] gradient) {
    }

    /** The sum of p_i at A [dims x dim], row-major; writes its gradient. */
    double at(double[] a, double[] gradient) {
        double[][] points = points(a);
        Part[] parts = new Part[PARTS];
        IntStream.range(0, PARTS).parallel().forEach(p -> parts[p] = part(points, start(p), start(p + 1)));
        double sum = 0;
        double[][] byPoint = new double[dims][rows.rows()];
        for (Part part : parts) {
            sum += part.sum;
            for (int o = 0; o < dims; o++) {
                for (int i = 0; i < byPoint[o].length; i++) {
                    byPoint[o][i] += part.gradient[o][i];
                }
            }
        }
        IntStream.range(0, dims).parallel().forEach(o -> {
            int from = o * mean.length;
            Arrays.fill(gradient, from, from + mean.length, 0);
            for (int i = 0; i < rows.rows(); i++) {
                float[] x = rows.get(i);
                double g = byPoint[o][i];
                for (int t = 0; t < x.length; t++) {
                    gradient[from + t] += g * (x[t] - mean[t]);
                }
            }
        });
        return sum;
    }

    private int start(int part) {
        return (int) ((long) rows.rows() * part / PARTS);
    }

    /** {@code A (x - mean)} of all rows, [dims][n]: rows side by side, so that loops over them are vectorised. */
    private double[][] points(double[] a) {
        double[][] points = new double[dims][rows.rows()];
        IntStream.range(0, PARTS).parallel().forEach(p -> {
            for (int i = start(p); i < start(p + 1); i++) {
                float[] x = rows.get(i);
                for (int o = 0; o < dims; o++) {
                    double sum = 0;
                    for (int t = 0; t < x.length; t++) {
                        sum += a[o * x.length + t] * (x[t] - mean[t]);
                    }
                    points[o][i] = sum;
                }
            }
        });
        return points;
    }

    private Part part(double[][] points, int from, int to) {
        int n = rows.rows();
        double[] chances = new double[n];
        double[][] gradient = new double[dims][n];
        double sum = 0;
        for (int i = from; i < to; i++) {
            double own = chances(points, i, chances);
            sum += own;
            // of p_i by |A x_i - A x_j|^2: p_ij (p_i - [same class])
            for (int j = 0; j < n; j++) {
                chances[j] *= own - (classOf[i] == classOf[j] ? 1 : 0);
            }
            for (int o = 0; o < dims; o++) {
                double[] along = points[o];
                double[] into = gradient[o];
                double here = along[i];
                double all = 0;
                for (int j = 0; j < n; j++) {
                    double pull = 2 * chances[j] * (here - along[j]);
                    all += pull;
                    into[j] -= pull;
                }
                into[i] += all;
            }
        }
        return new Part(sum, gradient);
    }

    /** Writes p_ij of all j and returns p_i. */
    private double chances(double[][] points, int i, double[] chances) {
        Arrays.fill(chances, 0);
        for (int o = 0; o < dims; o++) {
            double[] along = points[o];
            double here = along[i];
            for (int j = 0; j < chances.length; j++) {
                double d = here - along[j];
                chances[j] += d * d;
            }
        }
        chances[i] = Double.POSITIVE_INFINITY;
        double nearest = Double.POSITIVE_INFINITY;
        for (double distance : chances) {
            nearest = Math.min(nearest, distance);
        }
        double all = 0;
        for (int j = 0; j < chances.length; j++) {
            chances[j] = Math.exp(nearest - chances[j]);
            all += chances[j];
        }
        double own = 0;
        for (int j = 0; j < chances.length; j++) {
            chances[j] /= all;
            own += classOf[i] == classOf[j] ? chances[j] : 0;
        }
        return own;
    }
}
