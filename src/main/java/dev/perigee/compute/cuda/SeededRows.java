package dev.perigee.compute.cuda;

import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Made-up rows, by all cores: each row depends on the seed and its number alone. Queries and rows share their clusters. */
enum SeededRows {
    CLUSTERED, GAUSSIAN, DUPLICATED, WIDE_NORMS, FAR_OFF, DENORMAL, ONE_GIANT, HUGE, ZEROS;

    private static final int CLUSTERS = 1000;
    private static final int FEW = 7;
    private static final long CLUSTER_SEED = 0x5EED;

    /** Rows [count, dim]; unit rows for cosine. */
    Matrix make(Arena arena, Distance distance, int count, int dim, long seed) {
        int clusters = this == CLUSTERED ? CLUSTERS : FEW;
        Matrix centres = Matrix.allocate(arena, clusters, dim);
        Matrix rows = Matrix.allocate(arena, count, dim);
        IntStream.range(0, clusters).parallel().forEach(c -> {
            SplittableRandom random = new SplittableRandom(CLUSTER_SEED + c);
            for (int t = 0; t < dim; t++) {
                centres.set(c, t, (float) random.nextGaussian());
            }
        });
        IntStream.range(0, count).parallel().forEach(i -> {
            SplittableRandom random = new SplittableRandom((seed << 32) + i);
            int cluster = random.nextInt(clusters);
            double norm = Math.exp(3 * random.nextGaussian());
            for (int t = 0; t < dim; t++) {
                rows.set(i, t, (float) value(i, centres.get(cluster, t), norm, random.nextGaussian()));
            }
        });
        if (distance == Distance.COSINE) {
            UnitRows.copy(rows, rows);
        }
        return rows;
    }

    private double value(int row, double centre, double norm, double gaussian) {
        return switch (this) {
            case CLUSTERED -> centre + 0.5 * gaussian;
            case GAUSSIAN -> gaussian;
            case DUPLICATED -> centre;
            case WIDE_NORMS -> norm * gaussian;
            case FAR_OFF -> 1e3 + centre + 0.1 * gaussian;
            case DENORMAL -> 1e-40 * gaussian;
            case ONE_GIANT -> row == 3 ? 1e12 * gaussian : gaussian;
            case HUGE -> 1e30 * gaussian;
            case ZEROS -> row % 3 == 0 ? 0 : gaussian;
        };
    }
}
