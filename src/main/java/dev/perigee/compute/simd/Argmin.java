package dev.perigee.compute.simd;

import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.util.Arrays;

/**
 * The nearest centroid of each of many rows, by exact distance, ties to the lower number: the inner loop of k-means and of
 * encoding. Keeps the best and the second best key only; where they are nearer than twice the error bound, the row is
 * compared with every centroid in double.
 */
final class Argmin {
    /** Rows of one task. */
    private static final int TASK = 64 * Tile.QUERIES;
    private static final int SHORT_TASK = 256;
    /** Then the cores are given up for a moment, so that searches need not wait for a build: some 10 ms. */
    private static final long PRODUCTS_PER_TURN = 500_000_000;

    private final Workers workers;
    private final Scratch.Pool pool;

    Argmin(Workers workers, Scratch.Pool pool) {
        this.workers = workers;
        this.pool = pool;
    }

    /** @param into rows.rows() numbers of centroids */
    void find(Matrix rows, FlatData centroids, int[] into) {
        if (rows.dim() <= ShortKernel.MAX_DIM) {
            findShort(rows, centroids, into);
        } else {
            findLong(rows, centroids, into);
        }
    }

    private void findShort(Matrix rows, FlatData centroids, int[] into) {
        ShortKernel kernel = new ShortKernel(centroids);
        int tasks = (rows.rows() + SHORT_TASK - 1) / SHORT_TASK;
        workers.run(tasks, tasks > 1, (worker, task) -> {
            ShortKernel.Row row = kernel.new Row();
            for (int i = task * SHORT_TASK; i < Math.min(rows.rows(), (task + 1) * SHORT_TASK); i++) {
                int nearest = row.nearest(rows.address(i));
                into[i] = nearest >= 0 ? nearest : exact(rows, i, centroids);
            }
        });
    }

    private void findLong(Matrix rows, FlatData centroids, int[] into) {
        int dim = rows.dim();
        int strips = (centroids.count() + Tile.STRIP - 1) / Tile.STRIP;
        long stripBytes = Tile.stripBytes(dim);
        try (Scratch packed = pool.take(strips * stripBytes)) {
            float[][] starts = new float[strips][Tile.STRIP];
            Matrix all = centroids.rows();
            for (int s = 0; s < strips; s++) {
                int first = s * Tile.STRIP;
                int count = Math.min(Tile.STRIP, centroids.count() - first);
                Tile.packRows(all.address(first), all.stride(), count, centroids.mean().address(0), dim,
                        packed.address() + s * stripBytes);
                Arrays.fill(starts[s], Float.POSITIVE_INFINITY);
                for (int i = 0; i < count; i++) {
                    starts[s][i] = Lanes.get(centroids.starts().address() + (first + i) * 4L);
                }
            }
            int tasks = (rows.rows() + TASK - 1) / TASK;
            int turn = (int) Math.max(workers.threads(), PRODUCTS_PER_TURN / ((long) TASK * dim * centroids.count()));
            for (int first = 0; first < tasks; first += turn) {
                int from = first;
                workers.run(Math.min(turn, tasks - first), tasks > 1, (worker, task) -> {
                    int begin = (from + task) * TASK;
                    new Block(rows, begin, Math.min(rows.rows(), begin + TASK), centroids).find(packed.address(), starts, into);
                });
            }
        }
    }

    private final class Block {
        private final Matrix rows;
        private final int from;
        private final int to;
        private final FlatData centroids;
        private final float[] products = new float[Tile.QUERIES * Tile.STRIP];
        private final float[] best;
        private final float[] second;
        private final int[] nearest;

        Block(Matrix rows, int from, int to, FlatData centroids) {
            this.rows = rows;
            this.from = from;
            this.to = to;
            this.centroids = centroids;
            this.best = new float[to - from];
            this.second = new float[to - from];
            this.nearest = new int[to - from];
            Arrays.fill(best, Float.POSITIVE_INFINITY);
            Arrays.fill(second, Float.POSITIVE_INFINITY);
            Arrays.fill(nearest, -1);
        }

        void find(long strips, float[][] starts, int[] into) {
            int dim = rows.dim();
            int count = to - from;
            long groups = (count + Tile.QUERIES - 1) / Tile.QUERIES * Tile.groupBytes(dim);
            try (Scratch memory = pool.take(Weights.bytes(count, dim) + groups)) {
                Weights weights = Weights.of(centroids, rows, from, to, memory.address());
                long packed = memory.address() + Weights.bytes(count, dim);
                FloatPass.pack(weights, FloatPass.all(count), 0, count, dim, packed);
                for (int s = 0; s < starts.length; s++) {
                    long strip = strips + s * Tile.stripBytes(dim);
                    for (int q = 0; q < count; q += Tile.QUERIES) {
                        Tile.multiply(packed + q / Tile.QUERIES * Tile.groupBytes(dim), strip, dim, products);
                        for (int i = 0; i < Math.min(Tile.QUERIES, count - q); i++) {
                            float near = best[q + i] + 2.001f * (float) weights.bounds()[q + i];
                            if (Tile.anyAtMost(products, i * Tile.STRIP, starts[s], near)) {
                                take(q + i, i * Tile.STRIP, starts[s], s * Tile.STRIP);
                            }
                        }
                    }
                }
                for (int q = 0; q < count; q++) {
                    boolean sure = second[q] - best[q] > 2.001 * weights.bounds()[q] && nearest[q] >= 0;
                    into[from + q] = sure ? nearest[q] : exact(rows, from + q, centroids);
                }
            }
        }

        private void take(int q, int o, float[] starts, int first) {
            float least = best[q];
            float next = second[q];
            int row = nearest[q];
            for (int i = 0; i < Tile.STRIP; i++) {
                float key = products[o + i] + starts[i];
                if (key < least) {
                    next = least;
                    least = key;
                    row = first + i;
                } else if (key < next) {
                    next = key;
                }
            }
            best[q] = least;
            second[q] = next;
            nearest[q] = row;
        }
    }

    private static int exact(Matrix rows, int row, FlatData centroids) {
        double least = Double.POSITIVE_INFINITY;
        int number = 0;
        for (int c = 0; c < centroids.count(); c++) {
            double distance = ExactKernel.between(centroids.distance(), rows, row, centroids.rows(), c);
            if (distance < least) {
                least = distance;
                number = c;
            }
        }
        return number;
    }
}
