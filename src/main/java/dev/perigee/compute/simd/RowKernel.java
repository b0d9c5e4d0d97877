package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.ROW;
import static dev.perigee.compute.simd.Lanes.rowAt;
import static jdk.incubator.vector.VectorOperators.ADD;

import jdk.incubator.vector.FloatVector;

/**
 * The kernels of single queries: one query against rows in order. One row at a time with four accumulators; several rows at
 * a time read memory at half the speed for short rows.
 *
 * <p>A step is 32 bytes, a multiple of which every stride is; rows are read in blocks of four steps and then by single ones.
 */
final class RowKernel {
    private static final long VECTOR = ROW.length() * 4L;
    private static final long STEP = 4 * VECTOR;

    private RowKernel() {
    }

    /** Squared L2 of the query to {@code count} rows from {@code rows} on, {@code stride} bytes each, to {@code out}. */
    static void l2(long query, long rows, int count, long stride, float[] out) {
        long blocks = stride / STEP * STEP;
        for (int i = 0; i < count; i++) {
            long x = query;
            long y = rows;
            long end = query + blocks;
            FloatVector a0 = FloatVector.zero(ROW);
            FloatVector a1 = FloatVector.zero(ROW);
            FloatVector a2 = FloatVector.zero(ROW);
            FloatVector a3 = FloatVector.zero(ROW);
            FloatVector t;
            while (x != end) {
                long q = x & MASK;
                long p = y & MASK;
                t = rowAt(q).sub(rowAt(p));
                a0 = t.fma(t, a0);
                t = rowAt(q + VECTOR).sub(rowAt(p + VECTOR));
                a1 = t.fma(t, a1);
                t = rowAt(q + 2 * VECTOR).sub(rowAt(p + 2 * VECTOR));
                a2 = t.fma(t, a2);
                t = rowAt(q + 3 * VECTOR).sub(rowAt(p + 3 * VECTOR));
                a3 = t.fma(t, a3);
                x += STEP;
                y += STEP;
            }
            end = query + stride;
            while (x != end) {
                t = rowAt(x & MASK).sub(rowAt(y & MASK));
                a0 = t.fma(t, a0);
                x += VECTOR;
                y += VECTOR;
            }
            out[i] = a0.add(a1).add(a2.add(a3)).reduceLanes(ADD);
            rows += stride;
        }
    }

    /** Negated inner product of the query with {@code count} rows, to {@code out}. */
    static void negatedDot(long query, long rows, int count, long stride, float[] out) {
        long blocks = stride / STEP * STEP;
        for (int i = 0; i < count; i++) {
            long x = query;
            long y = rows;
            long end = query + blocks;
            FloatVector a0 = FloatVector.zero(ROW);
            FloatVector a1 = FloatVector.zero(ROW);
            FloatVector a2 = FloatVector.zero(ROW);
            FloatVector a3 = FloatVector.zero(ROW);
            while (x != end) {
                long q = x & MASK;
                long p = y & MASK;
                a0 = rowAt(q).fma(rowAt(p), a0);
                a1 = rowAt(q + VECTOR).fma(rowAt(p + VECTOR), a1);
                a2 = rowAt(q + 2 * VECTOR).fma(rowAt(p + 2 * VECTOR), a2);
                a3 = rowAt(q + 3 * VECTOR).fma(rowAt(p + 3 * VECTOR), a3);
                x += STEP;
                y += STEP;
            }
            end = query + stride;
            while (x != end) {
                a0 = rowAt(x & MASK).fma(rowAt(y & MASK), a0);
                x += VECTOR;
                y += VECTOR;
            }
            out[i] = -a0.add(a1).add(a2.add(a3)).reduceLanes(ADD);
            rows += stride;
        }
    }

    /**
     * Inner product of the query with {@code count} rows, to {@code out}: the same ones whenever it is called. The order in which
     * {@code reduceLanes} sums is not, it changes when the compiler takes over; here halves are added, then lanes.
     */
    static void dot(long query, long rows, int count, long stride, float[] out) {
        long blocks = stride / STEP * STEP;
        for (int i = 0; i < count; i++) {
            long x = query;
            long y = rows;
            long end = query + blocks;
            FloatVector a0 = FloatVector.zero(ROW);
            FloatVector a1 = FloatVector.zero(ROW);
            FloatVector a2 = FloatVector.zero(ROW);
            FloatVector a3 = FloatVector.zero(ROW);
            while (x != end) {
                long q = x & MASK;
                long p = y & MASK;
                a0 = rowAt(q).fma(rowAt(p), a0);
                a1 = rowAt(q + VECTOR).fma(rowAt(p + VECTOR), a1);
                a2 = rowAt(q + 2 * VECTOR).fma(rowAt(p + 2 * VECTOR), a2);
                a3 = rowAt(q + 3 * VECTOR).fma(rowAt(p + 3 * VECTOR), a3);
                x += STEP;
                y += STEP;
            }
            end = query + stride;
            while (x != end) {
                a0 = rowAt(x & MASK).fma(rowAt(y & MASK), a0);
                x += VECTOR;
                y += VECTOR;
            }
            FloatVector sums = a0.add(a1).add(a2.add(a3));
            FloatVector half = sums.length() == 4 ? sums : ((FloatVector) sums.reinterpretShape(FloatVector.SPECIES_128, 0))
                    .add(sums.reinterpretShape(FloatVector.SPECIES_128, 1));
            out[i] = (half.lane(0) + half.lane(2)) + (half.lane(1) + half.lane(3));
            rows += stride;
        }
    }
}
