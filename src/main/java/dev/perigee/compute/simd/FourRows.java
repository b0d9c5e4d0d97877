package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Distance#between} of a query with four rows at a time: rows that lie anywhere are waited for together, and four sums
 * hide what each step waits for the one before. The eight partial sums are one vector of eight doubles; where vectors are
 * shorter, the rows are read again for the next of them. One thread at a time.
 */
final class FourRows {
    private static final VectorSpecies<Double> DOUBLE = VectorSpecies.of(double.class, Lanes.FLOAT.vectorShape());
    private static final VectorSpecies<Float> HALF =
            VectorSpecies.of(float.class, VectorShape.forBitSize(Lanes.FLOAT.vectorBitSize() / 2));
    /** Terms that go to different partial sums. */
    private static final int TERMS = 8;
    /** Bytes of those terms; a step takes two of them, a whole cache line. */
    private static final long STEP = TERMS * 4L;

    private final double[] sums = new double[4 * TERMS];
    private final double[] distances = new double[4];

    /** The distances, in order, valid until the next call. */
    double[] between(Distance distance, Matrix queries, int query, Matrix rows, int r0, int r1, int r2, int r3) {
        if (rows.stride() % (2 * STEP) != 0) {
            return shortRows(distance, queries, query, rows, r0, r1, r2, r3);
        }
        long x = queries.address(query);
        long end = x + rows.stride();
        for (int part = 0; part < TERMS; part += DOUBLE.length()) {
            long o = part * 4L;
            if (distance == Distance.L2) {
                l2(x + o, end + o, rows.address(r0) + o, rows.address(r1) + o, rows.address(r2) + o, rows.address(r3) + o, sums,
                        part);
            } else {
                dot(x + o, end + o, rows.address(r0) + o, rows.address(r1) + o, rows.address(r2) + o, rows.address(r3) + o, sums,
                        part);
            }
        }
        for (int i = 0; i < 4; i++) {
            double sum = sum(i * TERMS);
            distances[i] = distance == Distance.L2 ? sum : -sum;
        }
        return distances;
    }

    /** Rows of less than a step. */
    private double[] shortRows(Distance distance, Matrix queries, int query, Matrix rows, int r0, int r1, int r2, int r3) {
        distances[0] = ExactKernel.between(distance, queries, query, rows, r0);
        distances[1] = ExactKernel.between(distance, queries, query, rows, r1);
        distances[2] = ExactKernel.between(distance, queries, query, rows, r2);
        distances[3] = ExactKernel.between(distance, queries, query, rows, r3);
        return distances;
    }

    private double sum(int o) {
        return ((sums[o] + sums[o + 4]) + (sums[o + 2] + sums[o + 6])) + ((sums[o + 1] + sums[o + 5]) + (sums[o + 3] + sums[o + 7]));
    }

    private static DoubleVector at(long address) {
        return (DoubleVector) FloatVector.fromMemorySegment(HALF, ALL, address, ByteOrder.LITTLE_ENDIAN)
                .convertShape(VectorOperators.F2D, DOUBLE, 0);
    }

    private static void l2(long x, long end, long a, long b, long c, long d, double[] out, int o) {
        DoubleVector s0 = DoubleVector.zero(DOUBLE);
        DoubleVector s1 = DoubleVector.zero(DOUBLE);
        DoubleVector s2 = DoubleVector.zero(DOUBLE);
        DoubleVector s3 = DoubleVector.zero(DOUBLE);
        DoubleVector q;
        DoubleVector t;
        while (x != end) {
            long p = x & MASK;
            long p0 = a & MASK;
            long p1 = b & MASK;
            long p2 = c & MASK;
            long p3 = d & MASK;
            q = at(p);
            t = q.sub(at(p0));
            s0 = s0.add(t.mul(t));
            t = q.sub(at(p1));
            s1 = s1.add(t.mul(t));
            t = q.sub(at(p2));
            s2 = s2.add(t.mul(t));
            t = q.sub(at(p3));
            s3 = s3.add(t.mul(t));
            q = at(p + STEP);
            t = q.sub(at(p0 + STEP));
            s0 = s0.add(t.mul(t));
            t = q.sub(at(p1 + STEP));
            s1 = s1.add(t.mul(t));
            t = q.sub(at(p2 + STEP));
            s2 = s2.add(t.mul(t));
            t = q.sub(at(p3 + STEP));
            s3 = s3.add(t.mul(t));
            x += 2 * STEP;
            a += 2 * STEP;
            b += 2 * STEP;
            c += 2 * STEP;
            d += 2 * STEP;
        }
        s0.intoArray(out, o);
        s1.intoArray(out, o + TERMS);
        s2.intoArray(out, o + 2 * TERMS);
        s3.intoArray(out, o + 3 * TERMS);
    }

    private static void dot(long x, long end, long a, long b, long c, long d, double[] out, int o) {
        DoubleVector s0 = DoubleVector.zero(DOUBLE);
        DoubleVector s1 = DoubleVector.zero(DOUBLE);
        DoubleVector s2 = DoubleVector.zero(DOUBLE);
        DoubleVector s3 = DoubleVector.zero(DOUBLE);
        DoubleVector q;
        while (x != end) {
            long p = x & MASK;
            long p0 = a & MASK;
            long p1 = b & MASK;
            long p2 = c & MASK;
            long p3 = d & MASK;
            q = at(p);
            s0 = s0.add(q.mul(at(p0)));
            s1 = s1.add(q.mul(at(p1)));
            s2 = s2.add(q.mul(at(p2)));
            s3 = s3.add(q.mul(at(p3)));
            q = at(p + STEP);
            s0 = s0.add(q.mul(at(p0 + STEP)));
            s1 = s1.add(q.mul(at(p1 + STEP)));
            s2 = s2.add(q.mul(at(p2 + STEP)));
            s3 = s3.add(q.mul(at(p3 + STEP)));
            x += 2 * STEP;
            a += 2 * STEP;
            b += 2 * STEP;
            c += 2 * STEP;
            d += 2 * STEP;
        }
        s0.intoArray(out, o);
        s1.intoArray(out, o + TERMS);
        s2.intoArray(out, o + 2 * TERMS);
        s3.intoArray(out, o + 3 * TERMS);
    }
}
