package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.at;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.ValueLayout;
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
    private static final VectorSpecies<Integer> INT = VectorSpecies.of(int.class, Lanes.FLOAT.vectorShape());
    private static final long STEP = Lanes.BYTES;

    private SqKernel() {
    }

    /** y - c to {@code s}, {@code bytes} of each, and the largest of its magnitudes. */
    static float residual(long y, long c, long s, long bytes) {
        IntVector most = FloatVector.zero(FLOAT).reinterpretAsInts(); // magnitudes sort like their bits
        long end = y + bytes;
        while (y != end) {
            FloatVector x = at(y & MASK).sub(at(c & MASK));
            x.intoMemorySegment(ALL, s & MASK, ByteOrder.LITTLE_ENDIAN);
            most = most.max(x.abs().reinterpretAsInts());
            y += STEP;
            c += STEP;
            s += STEP;
        }
        return Float.intBitsToFloat(most.reduceLanes(MAX));
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

    /**
     * Keys of lists, <em>start - 2 product</em>, as integers in the same order (see {@link Candidates#order}), and per lane the
     * least of them.
     *
     * @param end where the products end
     * @return whether all are finite
     */
    static boolean keys(long products, long end, long starts, long keys, long least) {
        FloatVector zero = FloatVector.zero(FLOAT);
        FloatVector zeros = zero;
        IntVector smallest = zero.reinterpretAsInts().not().lanewise(LSHR, 1);
        FloatVector key;
        IntVector bits;
        while (products != end) {
            key = at(products & MASK).lanewise(FMA, -2f, at(starts & MASK)).add(zero);
            zeros = zeros.add(key.sub(key)); // infinity - infinity is not a number
            bits = key.reinterpretAsInts();
            bits = bits.lanewise(XOR, bits.lanewise(ASHR, 31).lanewise(LSHR, 1));
            bits.intoMemorySegment(ALL, keys & MASK, ByteOrder.LITTLE_ENDIAN);
            smallest = smallest.min(bits);
            products += STEP;
            starts += STEP;
            keys += STEP;
        }
        smallest.intoMemorySegment(ALL, least & MASK, ByteOrder.LITTLE_ENDIAN);
        return zeros.compare(EQ, zero).allTrue();
    }

    private static IntVector ints(long address) {
        return IntVector.fromMemorySegment(INT, ALL, address & MASK, ByteOrder.LITTLE_ENDIAN);
    }

    static int least(long keys, long end) {
        IntVector least = ints(keys);
        for (long at = keys; at != end; at += STEP) {
            least = least.min(ints(at));
        }
        return least.reduceLanes(MIN);
    }

    static int largest(long keys, long end) {
        IntVector largest = ints(keys);
        for (long at = keys; at != end; at += STEP) {
            largest = largest.max(ints(at));
        }
        return largest.reduceLanes(MAX);
    }

    /** How many keys are at most {@code most}. */
    static int countAtMost(long keys, long end, int most) {
        int count = 0;
        while (keys != end) {
            count += ints(keys).compare(LE, most).trueCount();
            keys += STEP;
        }
        return count;
    }

    /**
     * Writes entries (see {@link Candidates#entry}) of the keys at most {@code most}, as many as there is room for; returns how
     * many such keys there are.
     */
    static int collect(long keys, long end, int most, long[] entries) {
        int count = 0;
        int list = 0;
        while (keys != end) {
            long bits = ints(keys).compare(LE, most).toLong();
            for (; bits != 0; bits &= bits - 1) {
                int lane = Long.numberOfTrailingZeros(bits);
                if (count < entries.length) {
                    entries[count] = (long) ALL.get(ValueLayout.JAVA_INT, (keys & MASK) + lane * 4L) << 32 | list + lane;
                }
                count++;
            }
            keys += STEP;
            list += Lanes.COUNT;
        }
        return count;
    }
}
