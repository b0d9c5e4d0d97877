package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.rowAt;

import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/** Projects rows on axes, with the bits of {@link dev.perigee.compute.ComputeBackend#project}. */
final class Axes {
    /** Rows that are projected together: packed they stay in the second-level cache. */
    static final int BLOCK = 16 * Tile.QUERIES;
    /** Then the cores are given up for a moment, so that searches need not wait for a build: some 10 ms. */
    private static final long PRODUCTS_PER_TURN = 500_000_000;
    private static final long STEP = Lanes.ROW.length() * 4L;

    private final Matrix mean;
    private final Panels panels;

    /** @param mean [1, dim] of memory that stays open */
    Axes(Matrix mean, Matrix axes) {
        this.mean = mean;
        this.panels = new Panels(axes);
    }

    /** Coordinates of one row: the axes rounded up to {@link Tile#STRIP}. */
    int columns() {
        return panels.columns();
    }

    long bytes() {
        return panels.bytes();
    }

    /** Bytes that {@link #coordinates} needs for {@code count} rows, a multiple of 64. */
    long scratchBytes(int count) {
        return (Matrix.bytes(count, mean.dim()) + panels.scratchBytes(count) + 63) / 64 * 64;
    }

    /**
     * Coordinates of the rows {@code numbers[from]} to {@code numbers[to - 1]} to {@code into}, rows of {@link #columns}
     * without gaps.
     */
    void coordinates(Matrix rows, int[] numbers, int from, int to, long scratch, long into) {
        long stride = rows.stride();
        for (int i = from; i < to; i++) {
            centre(rows.address(numbers[i]), mean.address(0), scratch + (i - from) * stride, stride);
        }
        panels.multiply(scratch, stride, to - from, scratch + (to - from) * stride, into, columns() * 4L);
    }

    private static void centre(long row, long mean, long to, long bytes) {
        long end = row + bytes;
        while (row != end) {
            rowAt(row & MASK).sub(rowAt(mean & MASK)).intoMemorySegment(ALL, to & MASK, ByteOrder.LITTLE_ENDIAN);
            row += STEP;
            mean += STEP;
            to += STEP;
        }
    }

    /** Projects all rows, over the cores in turns. */
    void project(Matrix rows, Matrix into, Workers workers, Scratch.Pool pool) {
        int tasks = (rows.rows() + BLOCK - 1) / BLOCK;
        long products = (long) BLOCK * rows.dim() * into.dim();
        int turn = (int) Math.max(workers.threads(), PRODUCTS_PER_TURN / products);
        for (int first = 0; first < tasks; first += turn) {
            int begin = first;
            workers.run(Math.min(turn, tasks - first), tasks > 1, (worker, task) -> {
                int from = (begin + task) * BLOCK;
                block(rows, from, Math.min(rows.rows(), from + BLOCK), into, pool);
            });
        }
    }

    private void block(Matrix rows, int from, int to, Matrix into, Scratch.Pool pool) {
        long wide = columns() * 4L;
        try (Scratch scratch = pool.take(scratchBytes(to - from) + (to - from) * wide)) {
            long out = scratch.address() + scratchBytes(to - from);
            coordinates(rows, IntStream.range(from, to).toArray(), 0, to - from, scratch.address(), out);
            for (int i = from; i < to; i++) {
                MemorySegment.copy(ALL, out + (i - from) * wide, into.segment(), i * into.stride(), into.dim() * 4L);
            }
        }
    }
}
