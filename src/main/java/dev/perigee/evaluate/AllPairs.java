package dev.perigee.evaluate;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Float32 products of some rows with all rows, block by block, looked at on as many cores as the backend may use. Memory is
 * bounded: {@value #BLOCK_BYTES} bytes of products at a time, and one row more for each core.
 */
final class AllPairs {
    private static final long BLOCK_BYTES = 256 << 20;
    private static final int MOST_ROWS = 512;

    private AllPairs() {
    }

    /** Looks at the products of one row. Several threads call, each for other rows. */
    interface Visitor {
        /**
         * @param products of the row with each row, within the bound of {@link ComputeBackend#multiply}; valid during the call
         */
        void row(int row, float[] products);
    }

    /**
     * @param rows [n, dim]
     * @param some the rows whose products are wanted
     * @throws PerigeeException CANCELLED if {@code progress} says so
     */
    static void each(Matrix rows, int[] some, ComputeBackend backend, String stage, Progress progress, Visitor visitor) {
        int threads = Math.max(1, backend.threads());
        long share = BLOCK_BYTES / threads / (rows.rows() * 4L);
        int block = (int) Math.clamp(Math.min(share, (some.length + threads - 1L) / threads), 1, MOST_ROWS);
        int blocks = (some.length + block - 1) / block;
        AtomicInteger next = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        Runnable worker = () -> {
            try (Arena arena = Arena.ofShared()) {
                Matrix queries = Matrix.allocate(arena, block, rows.dim());
                Matrix products = Matrix.allocate(arena, block, rows.rows());
                float[] one = new float[rows.rows()];
                for (int b = next.getAndIncrement(); b < blocks; b = next.getAndIncrement()) {
                    int from = b * block;
                    int count = Math.min(block, some.length - from);
                    for (int i = 0; i < count; i++) {
                        queries.copy(rows, some[from + i], i, 1);
                    }
                    backend.multiply(queries.slice(0, count), rows, products.slice(0, count));
                    for (int i = 0; i < count; i++) {
                        MemorySegment.copy(products.segment(), Matrix.FLOAT, i * products.stride(), one, 0, one.length);
                        visitor.row(some[from + i], one);
                    }
                    tell(done.addAndGet(count), some.length, stage, progress);
                }
            } finally {
                next.set(blocks); // after a failure the others stop after what they are at
            }
        };
        run(worker, Math.min(threads, blocks));
    }

    /** @throws PerigeeException INVALID_ARGUMENT if the distance is cosine and a row is not of length one */
    static void requireUnit(Matrix rows, Distance distance) {
        if (distance == Distance.COSINE) {
            UnitRows.require(rows);
        }
    }

    private static void tell(int done, int total, String stage, Progress progress) {
        synchronized (progress) {
            if (!progress.at(stage, done, total)) {
                throw new PerigeeException(ErrorCode.CANCELLED, "%s: given up after %d of %d rows".formatted(stage, done, total));
            }
        }
    }

    private static void run(Runnable worker, int threads) {
        try (ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, threads))) {
            List<? extends Future<?>> running = Stream.generate(() -> pool.submit(worker)).limit(threads).toList();
            for (Future<?> each : running) {
                each.get();
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case Throwable cause -> throw new IllegalStateException(cause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PerigeeException(ErrorCode.CANCELLED, "interrupted", e);
        }
    }

    /**
     * Rows less their mean, in another order: products of long rows that are close together would cancel.
     *
     * @param order numbers of rows, the first to come first
     */
    static Matrix centred(Matrix rows, int[] order, Arena arena) {
        double[] mean = new double[rows.dim()];
        for (int i = 0; i < rows.rows(); i++) {
            float[] row = rows.get(i);
            for (int t = 0; t < mean.length; t++) {
                mean[t] += row[t];
            }
        }
        float[] centre = new float[mean.length];
        for (int t = 0; t < mean.length; t++) {
            centre[t] = (float) (mean[t] / rows.rows());
        }
        Matrix centred = Matrix.allocate(arena, rows.rows(), rows.dim());
        for (int i = 0; i < order.length; i++) {
            float[] row = rows.get(order[i]);
            for (int t = 0; t < row.length; t++) {
                row[t] -= centre[t];
            }
            centred.set(i, row);
        }
        return centred;
    }

    /** |row|^2 of each row, in double. */
    static double[] squares(Matrix rows) {
        double[] squares = new double[rows.rows()];
        Arrays.setAll(squares, i -> {
            double sum = 0;
            for (float x : rows.get(i)) {
                sum += (double) x * x;
            }
            return sum;
        });
        return squares;
    }

    /**
     * How far |x|^2 + |y|^2 - 2 fl(x . y) of centred rows can be from the true squared distance, as a part of |x|^2 + |y|^2:
     * the bound of {@link ComputeBackend#multiply}, and one rounding of each value where the mean was taken off.
     */
    static double relativeBound(int dim) {
        return 1.02 * (dim + 8) * 0x1p-24;
    }
}
