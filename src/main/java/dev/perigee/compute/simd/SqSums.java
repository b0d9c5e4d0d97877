package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Kernels of {@link JavaSqTile}: sums of products of codes with series of small numbers. A 16-bit lane holds two dims of a row,
 * taken apart by a mask and a shift; the products of 64 dims, 32 to a lane, add up in 16 bits before they are widened.
 *
 * <p>They call the JDK alone and are too long to be inlined. Past 18,000 nodes (NodeCountInliningCutoff) the compiler goes on
 * to inline methods that demand it, as those of vectors do, but calls ours: then each vector that passes is boxed, which had
 * halved the speed.
 */
final class SqSums {
    static final VectorSpecies<Integer> INT = VectorSpecies.of(int.class, Lanes.FLOAT.vectorShape());
    private static final VectorSpecies<Short> SHORT = VectorSpecies.of(short.class, Lanes.FLOAT.vectorShape());
    private static final ValueLayout.OfInt INT32 = ValueLayout.JAVA_INT;

    /** Bytes of a vector. */
    static final long VECTOR = INT.vectorByteSize();
    /** Bytes of four dims of the 16 rows of a block of codes. */
    static final long LINE = 64;
    private static final long BYTES_AT_ONCE = 16 * LINE;
    /** Where a series has its dims 1, 3, 5 ...; 1,024 dims are the most, and what follows shall not share their cache sets. */
    static final long ODD = 1024 + 64;
    /** Bytes of a series: a constant, so that one pointer leads to all. */
    static final long SERIES = 2 * ODD;
    private static final short LOW_BYTE = 255;
    /** Bytes of the sums of a series, 32 slots. */
    static final long SUMS = SqTile.SLOTS * 4L;
    /** Sums before the first dims. */
    private static final long ZEROS = Arena.global().allocate(3 * SUMS, 64).address();

    private SqSums() {
    }

    /** Sums of one series with two vectors of rows, whose codes begin at x and y. */
    static void one(long series, long x, long y, long end, long sums) {
        ShortVector zero = ShortVector.zero(SHORT);
        long from = ZEROS;
        while (x != end) {
            ShortVector a0 = zero;
            ShortVector b0 = zero;
            long stop = Math.min(x + BYTES_AT_ONCE, end);
            while (x != stop) {
                long s = series & MASK;
                ShortVector p = ShortVector.fromMemorySegment(SHORT, ALL, x & MASK, LITTLE_ENDIAN);
                ShortVector q = ShortVector.fromMemorySegment(SHORT, ALL, y & MASK, LITTLE_ENDIAN);
                ShortVector u = p.and(LOW_BYTE);
                ShortVector w = q.and(LOW_BYTE);
                ShortVector v = IntVector.broadcast(INT, ALL.get(INT32, s)).reinterpretAsShorts();
                a0 = a0.add(u.mul(v));
                b0 = b0.add(w.mul(v));
                u = p.lanewise(LSHR, 8);
                w = q.lanewise(LSHR, 8);
                v = IntVector.broadcast(INT, ALL.get(INT32, s + ODD)).reinterpretAsShorts();
                a0 = a0.add(u.mul(v));
                b0 = b0.add(w.mul(v));
                series += 4;
                x += LINE;
                y += LINE;
            }
            long f = from & MASK;
            long t = sums & MASK;
            IntVector h = a0.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t, LITTLE_ENDIAN);
            h = b0.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f + VECTOR, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t + VECTOR, LITTLE_ENDIAN);
            from = sums;
        }
    }

    /** The same of two. */
    static void two(long series, long x, long y, long end, long sums) {
        ShortVector zero = ShortVector.zero(SHORT);
        long from = ZEROS;
        while (x != end) {
            ShortVector a0 = zero;
            ShortVector b0 = zero;
            ShortVector a1 = zero;
            ShortVector b1 = zero;
            long stop = Math.min(x + BYTES_AT_ONCE, end);
            while (x != stop) {
                long s = series & MASK;
                ShortVector p = ShortVector.fromMemorySegment(SHORT, ALL, x & MASK, LITTLE_ENDIAN);
                ShortVector q = ShortVector.fromMemorySegment(SHORT, ALL, y & MASK, LITTLE_ENDIAN);
                ShortVector u = p.and(LOW_BYTE);
                ShortVector w = q.and(LOW_BYTE);
                ShortVector v = IntVector.broadcast(INT, ALL.get(INT32, s)).reinterpretAsShorts();
                a0 = a0.add(u.mul(v));
                b0 = b0.add(w.mul(v));
                v = IntVector.broadcast(INT, ALL.get(INT32, s + SERIES)).reinterpretAsShorts();
                a1 = a1.add(u.mul(v));
                b1 = b1.add(w.mul(v));
                u = p.lanewise(LSHR, 8);
                w = q.lanewise(LSHR, 8);
                v = IntVector.broadcast(INT, ALL.get(INT32, s + ODD)).reinterpretAsShorts();
                a0 = a0.add(u.mul(v));
                b0 = b0.add(w.mul(v));
                v = IntVector.broadcast(INT, ALL.get(INT32, s + SERIES + ODD)).reinterpretAsShorts();
                a1 = a1.add(u.mul(v));
                b1 = b1.add(w.mul(v));
                series += 4;
                x += LINE;
                y += LINE;
            }
            long f = from & MASK;
            long t = sums & MASK;
            IntVector h = a0.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t, LITTLE_ENDIAN);
            h = b0.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f + VECTOR, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t + VECTOR, LITTLE_ENDIAN);
            h = a1.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f + SUMS, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t + SUMS, LITTLE_ENDIAN);
            h = b1.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f + SUMS + VECTOR, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t + SUMS + VECTOR, LITTLE_ENDIAN);
            from = sums;
        }
    }

    /** The same of three: more sums would not fit in the registers of all processors. */
    static void three(long series, long x, long y, long end, long sums) {
        ShortVector zero = ShortVector.zero(SHORT);
        long from = ZEROS;
        while (x != end) {
            ShortVector a0 = zero;
            ShortVector b0 = zero;
            ShortVector a1 = zero;
            ShortVector b1 = zero;
            ShortVector a2 = zero;
            ShortVector b2 = zero;
            long stop = Math.min(x + BYTES_AT_ONCE, end);
            while (x != stop) {
                long s = series & MASK;
                ShortVector p = ShortVector.fromMemorySegment(SHORT, ALL, x & MASK, LITTLE_ENDIAN);
                ShortVector q = ShortVector.fromMemorySegment(SHORT, ALL, y & MASK, LITTLE_ENDIAN);
                ShortVector u = p.and(LOW_BYTE);
                ShortVector w = q.and(LOW_BYTE);
                ShortVector v = IntVector.broadcast(INT, ALL.get(INT32, s)).reinterpretAsShorts();
                a0 = a0.add(u.mul(v));
                b0 = b0.add(w.mul(v));
                v = IntVector.broadcast(INT, ALL.get(INT32, s + SERIES)).reinterpretAsShorts();
                a1 = a1.add(u.mul(v));
                b1 = b1.add(w.mul(v));
                v = IntVector.broadcast(INT, ALL.get(INT32, s + 2 * SERIES)).reinterpretAsShorts();
                a2 = a2.add(u.mul(v));
                b2 = b2.add(w.mul(v));
                u = p.lanewise(LSHR, 8);
                w = q.lanewise(LSHR, 8);
                v = IntVector.broadcast(INT, ALL.get(INT32, s + ODD)).reinterpretAsShorts();
                a0 = a0.add(u.mul(v));
                b0 = b0.add(w.mul(v));
                v = IntVector.broadcast(INT, ALL.get(INT32, s + SERIES + ODD)).reinterpretAsShorts();
                a1 = a1.add(u.mul(v));
                b1 = b1.add(w.mul(v));
                v = IntVector.broadcast(INT, ALL.get(INT32, s + 2 * SERIES + ODD)).reinterpretAsShorts();
                a2 = a2.add(u.mul(v));
                b2 = b2.add(w.mul(v));
                series += 4;
                x += LINE;
                y += LINE;
            }
            long f = from & MASK;
            long t = sums & MASK;
            IntVector h = a0.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t, LITTLE_ENDIAN);
            h = b0.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f + VECTOR, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t + VECTOR, LITTLE_ENDIAN);
            h = a1.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f + SUMS, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t + SUMS, LITTLE_ENDIAN);
            h = b1.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f + SUMS + VECTOR, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t + SUMS + VECTOR, LITTLE_ENDIAN);
            h = a2.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f + 2 * SUMS, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t + 2 * SUMS, LITTLE_ENDIAN);
            h = b2.reinterpretAsInts();
            IntVector.fromMemorySegment(INT, ALL, f + 2 * SUMS + VECTOR, LITTLE_ENDIAN).add(h.lanewise(ASHR, 16))
                    .add(h.lanewise(LSHL, 16).lanewise(ASHR, 16)).intoMemorySegment(ALL, t + 2 * SUMS + VECTOR, LITTLE_ENDIAN);
            from = sums;
        }
    }
}
