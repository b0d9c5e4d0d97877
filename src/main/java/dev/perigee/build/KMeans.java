package dev.perigee.build;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Points;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Lloyd's k-means (IEEE Trans. Information Theory 28, 1982) from a sampled start. A list that becomes empty, or much smaller
 * than another is large, gives up its centroid to split the largest list.
 *
 * <p>Reproducible: the assignment is exact, a centroid is the mean of its rows summed in double in their order, and nothing
 * depends on how many threads run.
 */
public final class KMeans {
    /** A list of more than this many times the mean is split. */
    private static final int OVERSIZED = 3;
    private static final float SPLIT = 1f / 1024;

    private final ComputeBackend backend;
    private final int iterations;
    private final long seed;

    public KMeans(ComputeBackend backend, int iterations, long seed) {
        this.backend = backend;
        this.iterations = iterations;
        this.seed = seed;
    }

    /** Hears of each iteration that ended. */
    public interface Listener {
        void iteration(int done);
    }

    /**
     * Centroids of rows; where there are fewer rows than centroids, rows are centroids several times.
     *
     * @param rows [n, dim], at least one
     * @return [k, dim] in memory of {@code arena}
     */
    public Matrix centroids(Matrix rows, int k, Arena arena, Listener listener) {
        Matrix centroids = start(rows, k, arena);
        try (Points points = backend.points(rows, k)) {
            for (int i = 0; i < iterations; i++) {
                boolean changed;
                try (Arena local = Arena.ofShared()) {
                    changed = points.assign(FlatData.of(Distance.L2, centroids, local));
                }
                listener.iteration(i + 1);
                if (!changed) {
                    break;
                }
                int[] sizes = points.means(centroids);
                if (i < iterations - 2 || i == 0) {
                    split(centroids, sizes, rows.rows());
                }
            }
        }
        return centroids;
    }

    /** k different rows, chosen by the seed, in their order; all rows again and again if there are not so many. */
    private Matrix start(Matrix rows, int k, Arena arena) {
        int[] chosen = sample(rows.rows(), Math.min(k, rows.rows()), seed);
        Matrix centroids = Matrix.allocate(arena, k, rows.dim());
        for (int c = 0; c < k; c++) {
            centroids.copy(rows, chosen[c % chosen.length], c, 1);
        }
        return centroids;
    }

    /** {@code count} different numbers below {@code n}, ascending, the same ones for the same seed. */
    public static int[] sample(int n, int count, long seed) {
        if (count >= n) {
            int[] all = new int[n];
            Arrays.setAll(all, i -> i);
            return all;
        }
        SplittableRandom random = new SplittableRandom(seed);
        java.util.BitSet chosen = new java.util.BitSet(n);
        for (int i = n - count; i < n; i++) { // Floyd's sampling: memory for the chosen only
            int candidate = random.nextInt(i + 1);
            chosen.set(chosen.get(candidate) ? i : candidate);
        }
        return chosen.stream().toArray();
    }

    private static void split(Matrix centroids, int[] sizes, int rows) {
        double mean = (double) rows / sizes.length;
        while (true) {
            int smallest = 0;
            int largest = 0;
            for (int c = 1; c < sizes.length; c++) {
                smallest = sizes[c] < sizes[smallest] ? c : smallest;
                largest = sizes[c] > sizes[largest] ? c : largest;
            }
            boolean oversized = sizes[largest] > OVERSIZED * mean && sizes[smallest] < mean / OVERSIZED;
            if (sizes[largest] < 2 || sizes[smallest] > 0 && !oversized) {
                return;
            }
            for (int t = 0; t < centroids.dim(); t++) {
                float x = centroids.get(largest, t);
                float shift = t % 2 == 0 ? SPLIT : -SPLIT;
                centroids.set(smallest, t, x * (1 + shift));
                centroids.set(largest, t, x * (1 - shift));
            }
            // what the smallest held goes elsewhere; the next assignment will tell
            sizes[smallest] = sizes[largest] / 2;
            sizes[largest] -= sizes[smallest];
        }
    }
}
