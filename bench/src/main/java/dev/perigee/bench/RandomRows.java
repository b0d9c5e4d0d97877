package dev.perigee.bench;

import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/** Rows for benchmarks: Gaussian, the same for the same seed. */
public final class RandomRows {
    private RandomRows() {
    }

    /** A matrix [n, dim]. */
    public static Matrix of(int n, int dim, long seed, Arena arena) {
        Matrix rows = Matrix.allocate(arena, n, dim);
        SplittableRandom random = new SplittableRandom(seed);
        float[] row = new float[dim];
        for (int i = 0; i < n; i++) {
            for (int t = 0; t < dim; t++) {
                row[t] = (float) random.nextGaussian();
            }
            rows.set(i, row);
        }
        return rows;
    }
}
