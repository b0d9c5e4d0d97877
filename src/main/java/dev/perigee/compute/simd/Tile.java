package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.at;
import static dev.perigee.compute.simd.Lanes.broadcast;

import dev.perigee.vector.Matrix;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The kernel of batches: products of {@link #QUERIES} queries with a strip of {@link #STRIP} rows, a register-blocked tile
 * of 6 x 2 vectors (12 accumulators, 2 loads and 6 broadcasts for 12 fused operations).
 *
 * <p>Both operands are packed so that the tile reads them in order: queries k-major by six, {@code [dim][6]}; rows k-major in
 * panels of two vectors, {@code [STRIP / PANEL][dim][PANEL]}. dim is rounded up to {@link #depth}.
 */
final class Tile {
    /** Queries per tile. */
    static final int QUERIES = 6;
    /** Rows per strip. */
    static final int STRIP = 32;
    /** Rows per panel: two vectors. */
    static final int PANEL = 2 * Lanes.COUNT;

    private static final long PANEL_STEP = PANEL * 4L;
    private static final long HALF_STEP = PANEL * 2L;
    private static final long QUERY_STEP = QUERIES * 4L;

    private static final ValueLayout.OfLong PAIR = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long LOW = 0xFFFF_FFFFL;
    /** Values of a row that are packed before the next row: where they go to stays in the first-level cache. */
    private static final int PACKED_AT_ONCE = 64;

    private Tile() {
    }

    /** dim rounded up to what packing copies per step; the padding of a row is at least as long. */
    static int depth(int dim) {
        return (dim + 3) / 4 * 4;
    }

    /** Bytes of a packed strip. */
    static long stripBytes(int dim) {
        return STRIP * 4L * depth(dim);
    }

    /** Bytes of a packed group of six queries. */
    static long groupBytes(int dim) {
        return QUERIES * 4L * depth(dim);
    }

    /** Products of a group of queries with a strip of rows to {@code out} [6, STRIP]. */
    static void multiply(long queries, long strip, int dim, float[] out) {
        long panelBytes = PANEL_STEP * depth(dim);
        for (int column = 0; column < STRIP; column += PANEL) {
            panel(queries, strip, strip + panelBytes, out, column);
            strip += panelBytes;
        }
    }

    private static void panel(long a, long b, long end, float[] out, int o) {
        FloatVector zero = FloatVector.zero(FLOAT);
        FloatVector p;
        FloatVector q;
        FloatVector x;
        FloatVector c00 = zero;
        FloatVector c01 = zero;
        FloatVector c10 = zero;
        FloatVector c11 = zero;
        FloatVector c20 = zero;
        FloatVector c21 = zero;
        FloatVector c30 = zero;
        FloatVector c31 = zero;
        FloatVector c40 = zero;
        FloatVector c41 = zero;
        FloatVector c50 = zero;
        FloatVector c51 = zero;
        while (b != end) {
            long rows = b & MASK;
            long queries = a & MASK;
            p = at(rows);
            q = at(rows + HALF_STEP);
            x = broadcast(queries);
            c00 = x.fma(p, c00);
            c01 = x.fma(q, c01);
            x = broadcast(queries + 4);
            c10 = x.fma(p, c10);
            c11 = x.fma(q, c11);
            x = broadcast(queries + 8);
            c20 = x.fma(p, c20);
            c21 = x.fma(q, c21);
            x = broadcast(queries + 12);
            c30 = x.fma(p, c30);
            c31 = x.fma(q, c31);
            x = broadcast(queries + 16);
            c40 = x.fma(p, c40);
            c41 = x.fma(q, c41);
            x = broadcast(queries + 20);
            c50 = x.fma(p, c50);
            c51 = x.fma(q, c51);
            a += QUERY_STEP;
            b += PANEL_STEP;
        }
        int half = o + Lanes.COUNT;
        c00.intoArray(out, o);
        c01.intoArray(out, half);
        c10.intoArray(out, o + STRIP);
        c11.intoArray(out, half + STRIP);
        c20.intoArray(out, o + 2 * STRIP);
        c21.intoArray(out, half + 2 * STRIP);
        c30.intoArray(out, o + 3 * STRIP);
        c31.intoArray(out, half + 3 * STRIP);
        c40.intoArray(out, o + 4 * STRIP);
        c41.intoArray(out, half + 4 * STRIP);
        c50.intoArray(out, o + 5 * STRIP);
        c51.intoArray(out, half + 5 * STRIP);
    }

    /** Whether any of the STRIP values x[o + i] + start[i] is at most {@code threshold}. */
    static boolean anyAtMost(float[] x, int o, float[] start, float threshold) {
        VectorMask<Float> any = FloatVector.fromArray(FLOAT, x, o).add(FloatVector.fromArray(FLOAT, start, 0))
                .compare(jdk.incubator.vector.VectorOperators.LE, threshold);
        for (int i = Lanes.COUNT; i < STRIP; i += Lanes.COUNT) {
            any = any.or(FloatVector.fromArray(FLOAT, x, o + i).add(FloatVector.fromArray(FLOAT, start, i))
                    .compare(jdk.incubator.vector.VectorOperators.LE, threshold));
        }
        return any.anyTrue();
    }

    /** Copies the STRIP values from x[o] on to an address. */
    static void storeStrip(float[] x, int o, long to) {
        for (int i = 0; i < STRIP; i += Lanes.COUNT) {
            FloatVector.fromArray(FLOAT, x, o + i).intoMemorySegment(ALL, (to + i * 4L) & MASK, ByteOrder.LITTLE_ENDIAN);
        }
    }

    /**
     * Packs {@code count} rows (at most STRIP) less {@code mean} to a strip; columns of rows that are not there hold what was
     * there before, their products mean nothing.
     *
     * @param rows address of the first row, rows are {@code stride} bytes apart
     */
    static void packRows(long rows, long stride, int count, long mean, int dim, long strip) {
        long panelBytes = PANEL_STEP * depth(dim);
        for (int r = 0; r < count; r++) {
            packRow(rows + r * stride, mean, depth(dim) * 4L, strip + r / PANEL * panelBytes + r % PANEL * 4L);
        }
    }

    private static void packRow(long row, long mean, long bytes, long to) {
        long end = row + bytes;
        while (row != end) {
            long x = row & MASK;
            long m = mean & MASK;
            long y = to & MASK;
            ALL.set(Matrix.FLOAT, y, ALL.get(Matrix.FLOAT, x) - ALL.get(Matrix.FLOAT, m));
            ALL.set(Matrix.FLOAT, y + PANEL_STEP, ALL.get(Matrix.FLOAT, x + 4) - ALL.get(Matrix.FLOAT, m + 4));
            ALL.set(Matrix.FLOAT, y + 2 * PANEL_STEP, ALL.get(Matrix.FLOAT, x + 8) - ALL.get(Matrix.FLOAT, m + 8));
            ALL.set(Matrix.FLOAT, y + 3 * PANEL_STEP, ALL.get(Matrix.FLOAT, x + 12) - ALL.get(Matrix.FLOAT, m + 12));
            row += 16;
            mean += 16;
            to += 4 * PANEL_STEP;
        }
    }

    /** Packs one row of weights (see {@link Weights}) as member {@code member} (0 to 5) of a group. */
    static void packQuery(long weights, int dim, long group, int member) {
        long end = weights + depth(dim) * 4L;
        long to = group + member * 4L;
        while (weights != end) {
            long x = weights & MASK;
            long y = to & MASK;
            ALL.set(Matrix.FLOAT, y, ALL.get(Matrix.FLOAT, x));
            ALL.set(Matrix.FLOAT, y + QUERY_STEP, ALL.get(Matrix.FLOAT, x + 4));
            ALL.set(Matrix.FLOAT, y + 2 * QUERY_STEP, ALL.get(Matrix.FLOAT, x + 8));
            ALL.set(Matrix.FLOAT, y + 3 * QUERY_STEP, ALL.get(Matrix.FLOAT, x + 12));
            weights += 16;
            to += 4 * QUERY_STEP;
        }
    }

    /**
     * Packs {@code count} rows (at most STRIP) as they are to a strip, of each the first {@code dim} values; columns of rows
     * that are not there hold what was there before.
     */
    static void packStrip(long rows, long stride, int count, int dim, long strip) {
        long panelBytes = PANEL_STEP * depth(dim);
        for (int k = 0; k < dim; k += PACKED_AT_ONCE) {
            long bytes = depth(Math.min(PACKED_AT_ONCE, dim - k)) * 4L;
            for (int r = 0; r < count; r += 2) {
                long row = rows + r * stride + k * 4L;
                long to = strip + r / PANEL * panelBytes + k * PANEL_STEP + r % PANEL * 4L;
                packColumns(row, r + 1 < count ? row + stride : row, bytes, to);
            }
        }
    }

    /** Packs {@code count} rows (at most six) as they are to a group, of each the first {@code dim} values. */
    static void packGroup(long rows, long stride, int count, int dim, long group) {
        for (int r = 0; r < count; r += 2) {
            long row = rows + r * stride;
            packMembers(row, r + 1 < count ? row + stride : row, depth(dim) * 4L, group + r * 4L);
        }
    }

    /** Two rows to two neighbouring columns of a panel. */
    private static void packColumns(long first, long second, long bytes, long to) {
        long end = first + bytes;
        while (first != end) {
            long a = ALL.get(PAIR, first & MASK);
            long b = ALL.get(PAIR, second & MASK);
            long c = ALL.get(PAIR, (first & MASK) + 8);
            long d = ALL.get(PAIR, (second & MASK) + 8);
            long y = to & MASK;
            ALL.set(PAIR, y, a & LOW | b << 32);
            ALL.set(PAIR, y + PANEL_STEP, a >>> 32 | b & ~LOW);
            ALL.set(PAIR, y + 2 * PANEL_STEP, c & LOW | d << 32);
            ALL.set(PAIR, y + 3 * PANEL_STEP, c >>> 32 | d & ~LOW);
            first += 16;
            second += 16;
            to += 4 * PANEL_STEP;
        }
    }

    /** Two rows to two neighbouring members of a group. */
    private static void packMembers(long first, long second, long bytes, long to) {
        long end = first + bytes;
        while (first != end) {
            long a = ALL.get(PAIR, first & MASK);
            long b = ALL.get(PAIR, second & MASK);
            long c = ALL.get(PAIR, (first & MASK) + 8);
            long d = ALL.get(PAIR, (second & MASK) + 8);
            long y = to & MASK;
            ALL.set(PAIR, y, a & LOW | b << 32);
            ALL.set(PAIR, y + QUERY_STEP, a >>> 32 | b & ~LOW);
            ALL.set(PAIR, y + 2 * QUERY_STEP, c & LOW | d << 32);
            ALL.set(PAIR, y + 3 * QUERY_STEP, c >>> 32 | d & ~LOW);
            first += 16;
            second += 16;
            to += 4 * QUERY_STEP;
        }
    }
}
