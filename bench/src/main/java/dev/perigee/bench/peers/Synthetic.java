package dev.perigee.bench.peers;

import static dev.perigee.PerigeeException.check;

import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Clustered rows, made up: each a random one of the centres, which are normal, plus normal noise. The same numbers give the same
 * rows.
 *
 * @param noise   its deviation, as a part of that of the centres
 * @param decay   0 = the centres have deviation 1 in every dimension; else deviation j^-decay in the j-th of some other
 *                directions, as rows from the world do, centres and noise alike
 * @param queries rows of the same kind that are not in the base
 */
record Synthetic(int rows, int dim, int clusters, double noise, double decay, int queries, int seed) {
    Synthetic {
        check(rows >= 1 && dim >= 1 && clusters >= 1 && queries >= 1 && noise >= 0 && decay >= 0,
                "synthetic: %d x %d, %d clusters, noise %s, decay %s, %d queries (expected at least 1, the two 0 or more)",
                rows, dim, clusters, noise, decay, queries);
    }

    /** Hands the rows of the base and then the queries to their consumers, in an array that is used again. */
    void make(Consumer<float[]> base, Consumer<float[]> asked) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] centres = new float[clusters][dim];
        for (float[] centre : centres) {
            for (int j = 0; j < dim; j++) {
                centre[j] = (float) random.nextGaussian();
            }
        }
        float[] row = new float[dim];
        float[] turned = new float[dim];
        float[][] directions = decay == 0 ? null : directions(random);
        for (int i = 0; i < rows + queries; i++) {
            float[] centre = centres[random.nextInt(clusters)];
            for (int j = 0; j < dim; j++) {
                row[j] = centre[j] + (float) (noise * random.nextGaussian());
            }
            if (directions != null) {
                turn(row, directions, turned);
            }
            (i < rows ? base : asked).accept(directions == null ? row : turned);
        }
    }

    /** [dim, dim]: rows at right angles, of falling length (Gram and Schmidt, of normal rows). */
    private float[][] directions(SplittableRandom random) {
        double[][] made = new double[dim][dim];
        float[][] all = new float[dim][dim];
        for (int i = 0; i < dim; i++) {
            double[] one = made[i];
            for (int j = 0; j < dim; j++) {
                one[j] = random.nextGaussian();
            }
            for (int before = 0; before < i; before++) {
                add(one, -product(one, made[before]), made[before]);
            }
            double scale = 1 / Math.sqrt(product(one, one));
            double length = Math.pow(i + 1, -decay);
            for (int j = 0; j < dim; j++) {
                one[j] *= scale;
                all[i][j] = (float) (one[j] * length);
            }
        }
        return all;
    }

    private static double product(double[] a, double[] b) {
        double sum = 0;
        for (int j = 0; j < a.length; j++) {
            sum += a[j] * b[j];
        }
        return sum;
    }

    private static void add(double[] to, double factor, double[] what) {
        for (int j = 0; j < to.length; j++) {
            to[j] += factor * what[j];
        }
    }

    private static void turn(float[] row, float[][] directions, float[] turned) {
        java.util.Arrays.fill(turned, 0);
        for (int i = 0; i < row.length; i++) {
            for (int j = 0; j < turned.length; j++) {
                turned[j] += row[i] * directions[i][j];
            }
        }
    }
}
