package dev.perigee.bench.peers;

import static dev.perigee.PerigeeException.check;

import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Clustered rows, made up: each a random one of the centres, which are normal with deviation 1, plus normal noise. The same
 * numbers give the same rows.
 *
 * @param noise   its deviation
 * @param queries rows of the same kind that are not in the base
 */
record Synthetic(int rows, int dim, int clusters, double noise, int queries, int seed) {
    Synthetic {
        check(rows >= 1 && dim >= 1 && clusters >= 1 && queries >= 1 && noise >= 0,
                "synthetic: %d x %d, %d clusters, noise %s, %d queries (expected at least 1, noise 0 or more)", rows, dim,
                clusters, noise, queries);
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
        for (int i = 0; i < rows + queries; i++) {
            float[] centre = centres[random.nextInt(clusters)];
            for (int j = 0; j < dim; j++) {
                row[j] = centre[j] + (float) (noise * random.nextGaussian());
            }
            (i < rows ? base : asked).accept(row);
        }
    }
}
