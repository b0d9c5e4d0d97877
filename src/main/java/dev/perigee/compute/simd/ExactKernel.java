package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link Distance#between} with vectors: the eight partial sums are two vectors of four doubles, so the same sums are made in
 * the same order and the result has the same bits. Needs 256-bit vectors; where lanes are fewer, the reference itself runs.
 */
final class ExactKernel {
    private ExactKernel() {
    }

    static double between(Distance distance, Matrix a, int i, Matrix b, int j) {
        if (Lanes.COUNT < 8) {
            return distance.between(a, i, b, j);
        }
        long steps = (a.dim() + 7) / 8 * 32L;
        return distance == Distance.L2 ? l2(a.address(i), b.address(j), steps) : -dot(a.address(i), b.address(j), steps);
    }

    private static DoubleVector at(long address) {
        return (DoubleVector) FloatVector.fromMemorySegment(FloatVector.SPECIES_128, ALL, address, ByteOrder.LITTLE_ENDIAN)
                .convertShape(VectorOperators.F2D, DoubleVector.SPECIES_256, 0);
    }

    private static double l2(long x, long y, long bytes) {
        DoubleVector low = DoubleVector.zero(DoubleVector.SPECIES_256);
        DoubleVector high = DoubleVector.zero(DoubleVector.SPECIES_256);
        DoubleVector t;
        long end = x + bytes;
        while (x != end) {
            long p = x & MASK;
            long q = y & MASK;
            t = at(p).sub(at(q));
            low = low.add(t.mul(t));
            t = at(p + 16).sub(at(q + 16));
            high = high.add(t.mul(t));
            x += 32;
            y += 32;
        }
        low = low.add(high);
        return (low.lane(0) + low.lane(2)) + (low.lane(1) + low.lane(3));
    }

    private static double dot(long x, long y, long bytes) {
        DoubleVector low = DoubleVector.zero(DoubleVector.SPECIES_256);
        DoubleVector high = DoubleVector.zero(DoubleVector.SPECIES_256);
        long end = x + bytes;
        while (x != end) {
            long p = x & MASK;
            long q = y & MASK;
            low = low.add(at(p).mul(at(q)));
            high = high.add(at(p + 16).mul(at(q + 16)));
            x += 32;
            y += 32;
        }
        low = low.add(high);
        return (low.lane(0) + low.lane(2)) + (low.lane(1) + low.lane(3));
    }
}
