package dev.perigee.testing;

import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/** Seeded rows of the kinds that break searches. The memory lives until it is unreachable. */
public enum Rows {
    GAUSSIAN, CLUSTERED, SHIFTED, DUPLICATED, WIDE_NORMS, ZEROS, TINY;

    /** Rows [n, dim] for a distance: unit rows for cosine. */
    public Matrix make(Distance distance, int n, int dim, long seed) {
        Matrix rows = Matrix.allocate(Arena.ofAuto(), n, dim);
        SplittableRandom random = new SplittableRandom(seed);
        float[][] centres = new float[Math.max(1, n / 20)][dim];
        SplittableRandom fixed = new SplittableRandom(ordinal()); // queries and rows share their clusters
        for (float[] centre : centres) {
            for (int t = 0; t < dim; t++) {
                centre[t] = (float) fixed.nextGaussian();
            }
        }
        for (int i = 0; i < n; i++) {
            float[] centre = centres[random.nextInt(Math.min(centres.length, 7))];
            double norm = Math.exp(3 * random.nextGaussian());
            for (int t = 0; t < dim; t++) {
                double g = random.nextGaussian();
                rows.set(i, t, (float) switch (this) {
                    case GAUSSIAN -> g;
                    case CLUSTERED -> centre[t] + 0.1 * g;
                    case SHIFTED -> 1e3 + centre[t] + 0.1 * g;
                    case DUPLICATED -> centre[t];
                    case WIDE_NORMS -> norm * g;
                    case ZEROS -> i % 3 == 0 ? 0 : g;
                    case TINY -> g * 1e-22;
                });
            }
        }
        if (distance == Distance.COSINE) {
            UnitRows.copy(rows, rows);
        }
        return rows;
    }
}
