package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.at;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;

import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Kernels around the tile of IVF-SQ: a query within a list as integers, and which lists have the least keys. */
final class SqKernel {
    /** A float of this size has no room for fractions: adding it rounds half to even, the low bits are the integer. */
    private static final float ROUND = 0x1.8p23f;
    private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, Lanes.FLOAT.vectorBitSize() / 4)));
    private static final long STEP = Lanes.COUNT * 4L;

    private SqKernel() {
    }

    /** y - c to {@code s}, {@code bytes} of each, and the largest of its magnitudes. */
    static float residual(long y, long c, long s, long bytes) {
        FloatVector most = FloatVector.zero(FLOAT);
        long end = y + bytes;
        while (y != end) {
            FloatVector x = at(y & MASK).sub(at(c & MASK));
            x.intoMemorySegment(ALL, s & MASK, ByteOrder.LITTLE_ENDIAN);
            most = most.max(x.abs());
            y += STEP;
            c += STEP;
            s += STEP;
        }
        return most.reduceLanes(MAX);
    }

    /** The integers nearest to s w, half to even, a byte each to {@code v}; returns their sum. */
    static int quantise(long s, long bytes, float w, long v) {
        FloatVector times = FloatVector.broadcast(FLOAT, w);
        IntVector sums = FloatVector.zero(FLOAT).reinterpretAsInts();
        long end = s + bytes;
        while (s != end) {
            IntVector x = at(s & MASK).mul(times).add(ROUND).reinterpretAsInts();
            sums = sums.add(x.sub(ROUND_BITS));
            ((ByteVector) x.convertShape(I2B, BYTES, 0)).intoMemorySegment(ALL, v & MASK, ByteOrder.LITTLE_ENDIAN);
            s += STEP;
            v += Lanes.COUNT;
        }
        return sums.reduceLanes(ADD);
    }

    /** Keys of lists, <em>start - 2 product</em>; returns the least. */
    static float keys(long products, float[] starts, float[] keys) {
        FloatVector least = FloatVector.broadcast(FLOAT, Float.POSITIVE_INFINITY);
        for (int i = 0; i < keys.length; i += Lanes.COUNT) {
            FloatVector key = at((products + i * 4L) & MASK).lanewise(FMA, -2f,
                    FloatVector.fromArray(FLOAT, starts, i));
            key.intoArray(keys, i);
            least = least.min(key);
        }
        return least.reduceLanes(MIN);
    }

    /** How many keys are at most {@code most}. */
    static int countAtMost(float[] keys, float most) {
        int count = 0;
        for (int i = 0; i < keys.length; i += Lanes.COUNT) {
            count += FloatVector.fromArray(FLOAT, keys, i).compare(LE, most).trueCount();
        }
        return count;
    }

    /** Writes entries of the keys at most {@code most} (see {@link Candidates#entry}); returns how many. */
    static int collect(float[] keys, float most, long[] entries) {
        int count = 0;
        for (int i = 0; i < keys.length; i += Lanes.COUNT) {
            long bits = FloatVector.fromArray(FLOAT, keys, i).compare(LE, most).toLong();
            for (; bits != 0; bits &= bits - 1) {
                int at = i + Long.numberOfTrailingZeros(bits);
                entries[count++] = Candidates.entry(keys[at], at);
            }
        }
        return count;
    }
}
