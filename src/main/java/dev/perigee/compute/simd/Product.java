package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.at;

import dev.perigee.vector.Matrix;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * The general product {@code into = rows x weights^T}, blocked as in K. Goto, R. van de Geijn, Anatomy of high-performance
 * matrix multiplication, 2008: the weights of a block are packed once for all cores in slices of {@link #DEPTH} values, then
 * each task packs slices of its own rows and multiplies them tile by tile. Where one side has few rows, the rows of the other
 * are read as they lie.
 */
final class Product {
    /** Rows of the smaller side from which on packing pays, with vectors of 256 and of 512 bits. */
    private static final int TILE_FROM = 16;
    /**
     * Values of a row that are multiplied at a time: a strip of weights stays in the second-level cache. With 256 the panel
     * stays in the first, but sums are read and written again more often; both are equally fast.
     */
    private static final int DEPTH = 512;
    /** Most rows of one task: their packed slice stays in the second-level cache. */
    private static final int TASK = 32 * Tile.QUERIES;
    /** Least rows of one task, where several cores share few rows. */
    private static final int LEAST_TASK = 8 * Tile.QUERIES;
    /** Packed weights of one block stay in the last-level cache, where so many pay for packing the rows. */
    private static final long BLOCK_BYTES = 8 << 20;
    private static final int LEAST_BLOCK = 8 * Tile.STRIP;
    /** Rows of one task without packing stay in the second-level cache. */
    private static final int SHORT_TASK_BYTES = 256 << 10;
    /** Fewer products than this are not worth waking another core for. */
    private static final long SPREAD_FROM = 1 << 20;
    /** Then the cores are given up for a moment, so that searches need not wait for a build: some 10 ms. */
    private static final long PRODUCTS_PER_TURN = 500_000_000;

    private final Workers workers;
    private final Scratch.Pool pool;

    Product(Workers workers, Scratch.Pool pool) {
        this.workers = workers;
        this.pool = pool;
    }

    /** The shapes have been checked. */
    void multiply(Matrix rows, Matrix weights, Matrix into) {
        if (rows.rows() == 0) {
            return;
        }
        if (rows.rows() < TILE_FROM) {
            dots(rows, weights, (row, weight, x) -> set(into, row, weight, x));
        } else if (weights.rows() < TILE_FROM) {
            dots(weights, rows, (weight, row, x) -> set(into, row, weight, x));
        } else {
            tiles(rows, weights, into);
        }
    }

    private static void set(Matrix into, int row, int column, float x) {
        Lanes.set(into.address(row) + column * 4L, x);
    }

    private interface Element {
        void is(int few, int many, float x);
    }

    /** Each of few rows with each of many, which are read once. */
    private void dots(Matrix few, Matrix many, Element element) {
        int most = (int) Math.max(1, SHORT_TASK_BYTES / many.stride());
        int tasks = (many.rows() + most - 1) / most;
        run(tasks, (long) most * few.rows() * few.dim(), (worker, task) -> {
            int from = task * most;
            int count = Math.min(most, many.rows() - from);
            float[] products = new float[count];
            for (int i = 0; i < few.rows(); i++) {
                RowKernel.dot(few.address(i), many.address(from), count, many.stride(), products);
                for (int j = 0; j < count; j++) {
                    element.is(i, from + j, products[j]);
                }
            }
        });
    }

    private void tiles(Matrix rows, Matrix weights, Matrix into) {
        int dim = rows.dim();
        long most = Math.max(LEAST_BLOCK, BLOCK_BYTES / Matrix.stride(dim) / Tile.STRIP * Tile.STRIP);
        int block = (int) Math.min(most, weights.rows());
        int strips = (block + Tile.STRIP - 1) / Tile.STRIP;
        int share = Math.clamp(rows.rows() / (4 * workers.threads()) / Tile.QUERIES * Tile.QUERIES, LEAST_TASK, TASK);
        try (Scratch packed = pool.take(strips * Tile.stripBytes(dim))) {
            for (int from = 0; from < weights.rows(); from += block) {
                Matrix some = weights.slice(from, Math.min(weights.rows(), from + block));
                long column = from * 4L;
                int count = (some.rows() + Tile.STRIP - 1) / Tile.STRIP;
                run(count, (long) Tile.STRIP * dim * 4, (worker, strip) -> packStrip(some, strip, count, packed.address()));
                int tasks = (rows.rows() + share - 1) / share;
                run(tasks, (long) share * dim * some.rows(), (worker, task) -> {
                    int begin = task * share;
                    int end = Math.min(rows.rows(), begin + share);
                    block(rows.slice(begin, end), some, packed.address(), into.address(begin) + column, into.stride());
                });
            }
        }
    }

    /** Runs tasks of that many products each, in turns. */
    private void run(int tasks, long products, Workers.Body body) {
        int turn = (int) Math.min(tasks, Math.max(workers.threads(), PRODUCTS_PER_TURN / products));
        for (int first = 0; first < tasks; first += turn) {
            int from = first;
            workers.run(Math.min(turn, tasks - first), tasks * products >= SPREAD_FROM,
                    (worker, task) -> body.run(worker, from + task));
        }
    }

    /** Packs a strip of weights: slice after slice, in each strip after strip. */
    private static void packStrip(Matrix weights, int strip, int strips, long packed) {
        int first = strip * Tile.STRIP;
        int count = Math.min(Tile.STRIP, weights.rows() - first);
        for (int k = 0; k < weights.dim(); k += DEPTH) {
            int depth = Math.min(DEPTH, weights.dim() - k);
            long to = packed + strips * Tile.stripBytes(k) + strip * Tile.stripBytes(depth);
            Tile.packStrip(weights.address(first) + k * 4L, weights.stride(), count, depth, to);
        }
    }

    /** Rows of one task with a block of packed weights, to {@code into}, whose rows are {@code stride} bytes apart. */
    private void block(Matrix rows, Matrix weights, long packed, long into, long stride) {
        int groups = (rows.rows() + Tile.QUERIES - 1) / Tile.QUERIES;
        int strips = (weights.rows() + Tile.STRIP - 1) / Tile.STRIP;
        float[] products = new float[Tile.QUERIES * Tile.STRIP];
        try (Scratch scratch = pool.take(groups * Tile.groupBytes(DEPTH))) {
            for (int k = 0; k < rows.dim(); k += DEPTH) {
                int depth = Math.min(DEPTH, rows.dim() - k);
                for (int g = 0; g < groups; g++) {
                    int count = Math.min(Tile.QUERIES, rows.rows() - g * Tile.QUERIES);
                    Tile.packGroup(rows.address(g * Tile.QUERIES) + k * 4L, rows.stride(), count, depth,
                            scratch.address() + g * Tile.groupBytes(depth));
                }
                if (k == 0) {
                    first(scratch.address(), packed, depth, rows.rows(), weights.rows(), into, stride, products);
                } else {
                    further(scratch.address(), packed, depth, rows.rows(), weights.rows(), into, stride, products);
                }
                packed += strips * Tile.stripBytes(depth);
            }
        }
    }

    private static void first(long a, long b, int depth, int rows, int columns, long into, long stride, float[] products) {
        for (int column = 0; column < columns; column += Tile.STRIP) {
            int width = Math.min(Tile.STRIP, columns - column);
            long group = a;
            for (int row = 0; row < rows; row += Tile.QUERIES) {
                Tile.multiply(group, b, depth, products);
                store(products, Math.min(Tile.QUERIES, rows - row), width, into + row * stride + column * 4L, stride);
                group += Tile.groupBytes(depth);
            }
            b += Tile.stripBytes(depth);
        }
    }

    private static void further(long a, long b, int depth, int rows, int columns, long into, long stride, float[] products) {
        for (int column = 0; column < columns; column += Tile.STRIP) {
            int width = Math.min(Tile.STRIP, columns - column);
            long group = a;
            for (int row = 0; row < rows; row += Tile.QUERIES) {
                Tile.multiply(group, b, depth, products);
                add(products, Math.min(Tile.QUERIES, rows - row), width, into + row * stride + column * 4L, stride);
                group += Tile.groupBytes(depth);
            }
            b += Tile.stripBytes(depth);
        }
    }

    private static void store(float[] products, int count, int columns, long to, long stride) {
        for (int i = 0; i < count; i++) {
            if (columns == Tile.STRIP) {
                Tile.storeStrip(products, i * Tile.STRIP, to + i * stride);
            } else {
                for (int j = 0; j < columns; j++) {
                    Lanes.set(to + i * stride + j * 4L, products[i * Tile.STRIP + j]);
                }
            }
        }
    }

    private static void add(float[] products, int count, int columns, long to, long stride) {
        for (int i = 0; i < count; i++) {
            if (columns == Tile.STRIP) {
                addStrip(products, i * Tile.STRIP, to + i * stride);
            } else {
                for (int j = 0; j < columns; j++) {
                    long at = to + i * stride + j * 4L;
                    Lanes.set(at, Lanes.get(at) + products[i * Tile.STRIP + j]);
                }
            }
        }
    }

    private static void addStrip(float[] products, int o, long to) {
        for (int j = 0; j < Tile.STRIP; j += Lanes.COUNT) {
            long at = (to + j * 4L) & MASK;
            at(at).add(FloatVector.fromArray(FLOAT, products, o + j)).intoMemorySegment(ALL, at, ByteOrder.LITTLE_ENDIAN);
        }
    }
}
