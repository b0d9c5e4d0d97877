package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.index.InvertedLists;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** {@link FastScan} with the Vector API. Shuffles stay in 128 bits: wider ones cross lanes, which AVX2 has to emulate. */
final class JavaFastScan implements FastScan {
    static final JavaFastScan ONLY = new JavaFastScan();

    private static final VectorSpecies<Byte> BYTE = ByteVector.SPECIES_128;
    private static final VectorSpecies<Short> SHORT = ShortVector.SPECIES_128;
    /** As many sums as there are floats in a vector. */
    private static final VectorSpecies<Short> SUMS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(FLOAT.vectorBitSize() / 2));

    private JavaFastScan() {
    }

    @Override
    public String name() {
        return "java, 128 bit";
    }

    @Override
    public void scan(long codes, int blocks, int parts, long tables, long terms, float scale, float add, float threshold,
            long bounds, long marks) {
        short[] sums = new short[BLOCK];
        long end = tables + (long) parts * PART;
        for (int b = 0; b < blocks; b++) {
            sum(codes, tables, end, sums);
            int bits = bound(sums, terms, scale, add, threshold, bounds);
            ALL.set(InvertedLists.INT, marks + b * 4L & MASK, bits);
            codes += (long) parts * PART;
            terms += BLOCK * 4L;
            bounds += BLOCK * 4L;
        }
    }

    /**
     * Sums of the look-ups of a block, less 32,768. As shorts are summed whole ones, whose lower byte belongs to an even place,
     * and their upper bytes alone, which are taken out of the others at the end.
     */
    private static void sum(long codes, long table, long end, short[] sums) {
        ShortVector a = ShortVector.zero(SHORT);
        ShortVector b = a;
        ShortVector c = a;
        ShortVector d = a;
        while (table != end) {
            ByteVector x = at(codes & MASK);
            ByteVector t = at(table & MASK);
            ShortVector low = x.selectFrom(t).reinterpretAsShorts();
            ShortVector high = high(x).selectFrom(t).reinterpretAsShorts();
            a = a.add(low);
            b = b.add(low.lanewise(VectorOperators.LSHR, 8));
            c = c.add(high);
            d = d.add(high.lanewise(VectorOperators.LSHR, 8));
            x = at((codes & MASK) + PART);
            t = at((table & MASK) + PART);
            low = x.selectFrom(t).reinterpretAsShorts();
            high = high(x).selectFrom(t).reinterpretAsShorts();
            a = a.add(low);
            b = b.add(low.lanewise(VectorOperators.LSHR, 8));
            c = c.add(high);
            d = d.add(high.lanewise(VectorOperators.LSHR, 8));
            codes += 2 * PART;
            table += 2 * PART;
        }
        a.sub(b.lanewise(VectorOperators.LSHL, 8)).add(Short.MIN_VALUE).intoArray(sums, 0);
        b.add(Short.MIN_VALUE).intoArray(sums, 8);
        c.sub(d.lanewise(VectorOperators.LSHL, 8)).add(Short.MIN_VALUE).intoArray(sums, 16);
        d.add(Short.MIN_VALUE).intoArray(sums, 24);
    }

    private static ByteVector at(long address) {
        return ByteVector.fromMemorySegment(BYTE, ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    /** The upper halves of all bytes in the lower ones; what is above is ignored by a look-up. */
    private static ByteVector high(ByteVector x) {
        return x.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4).reinterpretAsBytes();
    }

    private static int bound(short[] sums, long terms, float scale, float add, float threshold, long bounds) {
        FloatVector factor = FloatVector.broadcast(FLOAT, scale);
        long marks = 0;
        for (int i = 0; i < BLOCK; i += Lanes.COUNT) {
            FloatVector sum = (FloatVector) ShortVector.fromArray(SUMS, sums, i).castShape(FLOAT, 0);
            FloatVector bound = sum.fma(factor, Lanes.at(terms + i * 4L & MASK).add(add));
            bound.intoMemorySegment(ALL, bounds + i * 4L & MASK, ByteOrder.LITTLE_ENDIAN);
            marks |= bound.compare(VectorOperators.LE, threshold).toLong() << i;
        }
        return (int) marks;
    }
}
