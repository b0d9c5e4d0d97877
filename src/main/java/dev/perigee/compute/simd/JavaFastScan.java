package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.index.InvertedLists;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** {@link FastScan} of 4 bits a part with the Vector API. Shuffles stay in 128 bits: wider ones cross lanes, which AVX2 has to emulate. */
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
    public int scan(long queries, float[][][] tables, int count, Codes codes, int from, int to) {
        Waiting[] waiting = new Waiting[count];
        Arrays.setAll(waiting, i -> new Waiting(queries + i * QUERY_BYTES, codes));
        short[] sums = new short[BLOCK];
        int block = from;
        while (block < to && Arrays.stream(waiting).noneMatch(Waiting::full)) {
            int bits = codes.allowed() == 0 ? -1 : ALL.get(InvertedLists.INT, codes.allowed() + block * 4L & MASK);
            for (int i = 0; i < count && bits != 0; i++) {
                waiting[i].add(block, bits & mark(queries + i * QUERY_BYTES, codes, block, sums));
            }
            block++;
        }
        for (Waiting one : waiting) {
            one.offer();
        }
        return block;
    }

    /** Codes of one query that are to be summed in float. */
    private static final class Waiting {
        private final long query;
        private final Codes codes;
        private final int[] slots = new int[2 * BLOCK];
        private final float[] sums = new float[2 * BLOCK];
        private final float[] table = new float[CodeKernel.SHORT_TABLE];
        private int count;

        Waiting(long query, Codes codes) {
            this.query = query;
            this.codes = codes;
        }

        boolean full() {
            return FastScan.full(query, count + BLOCK);
        }

        void add(int block, int bits) {
            for (; bits != 0; bits &= bits - 1) {
                slots[count++] = block * BLOCK + Integer.numberOfTrailingZeros(bits);
            }
            if (count >= BLOCK) {
                offer();
            }
        }

        void offer() {
            for (int i = 0; i < count; i++) {
                sums[i] = Lanes.get(codes.terms() + slots[i] * 4L);
            }
            for (int g = 0; g < codes.stride() / CodeKernel.GROUP && count > 0; g++) {
                // look-ups in an array need no checks of bounds, which pays for the copy
                MemorySegment.copy(ALL, ValueLayout.JAVA_FLOAT, FastScan.address(query, FLOATS) + g * (table.length * 4L), table, 0,
                        table.length);
                long parts = codes.blocks() + g * 2L * CodeKernel.GROUP * PART;
                CodeKernel.addShort(parts, (long) codes.parts() * PART, slots, count, table, sums);
            }
            float constant = Lanes.get(query + CONSTANT);
            for (int i = 0; i < count; i++) {
                FastScan.offer(query, sums[i] + constant, ALL.get(InvertedLists.INT, codes.rows() + slots[i] * 4L & MASK));
            }
            count = 0;
        }
    }

    private static int mark(long query, Codes codes, int block, short[] sums) {
        long bytes = (long) codes.parts() * PART;
        long table = FastScan.address(query, BYTES);
        sum(codes.blocks() + block * bytes, table, table + bytes, sums);
        return mark(sums, codes.terms() + block * (BLOCK * 4L), Lanes.get(query + SCALE), Lanes.get(query + ADD),
                Lanes.get(query + THRESHOLD));
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

    private static int mark(short[] sums, long terms, float scale, float add, float threshold) {
        FloatVector factor = FloatVector.broadcast(FLOAT, scale);
        long marks = 0;
        for (int i = 0; i < BLOCK; i += Lanes.COUNT) {
            FloatVector sum = (FloatVector) ShortVector.fromArray(SUMS, sums, i).castShape(FLOAT, 0);
            FloatVector bound = sum.fma(factor, Lanes.at(terms + i * 4L & MASK).add(add));
            marks |= bound.compare(VectorOperators.LE, threshold).toLong() << i;
        }
        return (int) marks;
    }
}
