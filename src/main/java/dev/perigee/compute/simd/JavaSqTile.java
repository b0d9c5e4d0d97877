package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.get;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tile in the Vector API, which has no products of bytes: 16-bit lanes hold two dims of a row each, taken apart by a mask
 * and a shift, and multiply by one or two series of small numbers.
 *
 * <p>Beside codes of 5 bits a series is a query: a product is at most 31 x 31, so 64 dims, 32 to a lane, add up in 16 bits.
 * Beside 6 bits a query is two series, v = 16 high + low with both within -8 and 8, and a product at most 63 x 8.
 */
final class JavaSqTile implements SqTile {
    private static final VectorSpecies<Integer> INT = VectorSpecies.of(int.class, Lanes.FLOAT.vectorShape());
    private static final VectorSpecies<Short> SHORT = VectorSpecies.of(short.class, Lanes.FLOAT.vectorShape());
    private static final ValueLayout.OfInt INT32 = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong INT64 = ValueLayout.JAVA_LONG;

    /** Bytes of a vector. */
    private static final long VECTOR = INT.vectorByteSize();
    /** Bytes of four dims of the 16 rows of a block of codes. */
    private static final long LINE = 64;
    /** 64 dims: all that add up in 16 bits. */
    private static final long BYTES_AT_ONCE = 16 * LINE;
    /** Bytes of four dims of a series: dims 0 and 2, then 1 and 3, in 16 bits. */
    private static final long WORDS = 8;
    private static final short LOW_BYTE = 255;
    /** Bytes of a query's sums. */
    private static final long SUMS = SLOTS * 4L;
    /** Sums before the first dims. */
    private static final long ZEROS = Arena.global().allocate(SUMS, 64).address();

    private static final JavaSqTile FIVE = new JavaSqTile(5);
    private static final JavaSqTile SIX = new JavaSqTile(6);

    private final int bits;

    private JavaSqTile(int bits) {
        this.bits = bits;
    }

    static SqTile of(int bits) {
        return bits == 5 ? FIVE : SIX;
    }

    @Override
    public String name() {
        return "java, %d bit".formatted(INT.vectorBitSize());
    }

    /** Bytes of a group: the other tiles' packed queries are smaller. */
    static long groupBytes(int dims) {
        return series(0) + (QUERIES * 4L * dims + 63) / 64 * 64;
    }

    /** [queries][32] int32 */
    private static long sums(long group) {
        return group + PACKED;
    }

    /** Sums in 16 bits of two series with two vectors of rows. */
    private static long halves(long group) {
        return group + PACKED + QUERIES * SUMS;
    }

    /** Series in pairs, of which the last may be a single one. */
    private static long series(long group) {
        return halves(group) + 4 * 64;
    }

    @Override
    public void pack(long group, int i, int count, int dims, long v) {
        long to = series(group) + (bits == 5 ? i / 2 : i) * 4L * dims;
        boolean single = bits == 5 && i == count - 1 && i % 2 == 0;
        for (int j = 0; j < dims; j += 4) {
            int four = ALL.get(ValueLayout.JAVA_INT_UNALIGNED, (v & MASK) + j);
            byte v0 = (byte) four;
            byte v1 = (byte) (four >> 8);
            byte v2 = (byte) (four >> 16);
            byte v3 = (byte) (four >> 24);
            if (bits == 6) {
                ALL.set(INT64, to & MASK, words(high(v0), high(v1), high(v2), high(v3)));
                ALL.set(INT64, (to & MASK) + WORDS, words(low(v0), low(v1), low(v2), low(v3)));
            } else {
                ALL.set(INT64, (to & MASK) + (single ? 0 : i % 2 * WORDS), words(v0, v1, v2, v3));
            }
            to += single ? WORDS : 2 * WORDS;
        }
    }

    private static int high(int v) {
        return v + 8 >> 4;
    }

    private static int low(int v) {
        return v - (high(v) << 4);
    }

    private static long words(int v0, int v1, int v2, int v3) {
        return v0 & 0xffffL | (v2 & 0xffffL) << 16 | (v1 & 0xffffL) << 32 | (v3 & 0xffffL) << 48;
    }

    @Override
    public int scan(long group, int count, int dims, long codes, long terms, long rows, long allowed, int from, int to) {
        for (int block = from; block < to; block++) {
            if (SqTile.full(group, count)) {
                return block;
            }
            int mask = allowed == 0 ? -1 : ALL.get(INT32, (allowed & MASK) + block * 4L);
            if (mask == 0) {
                continue;
            }
            long slot = block * (SLOTS * 4L);
            for (long column = 0; column < SUMS; column += 2 * VECTOR) {
                multiply(group, count, dims, codes + slot / 4 * dims, column);
            }
            for (int i = 0; i < count; i++) {
                int passing = passing(group, i, terms + slot) & mask;
                if (passing != 0) {
                    append(group, i, passing, terms + slot, rows + slot);
                }
            }
        }
        return to;
    }

    /** Sums of all queries with two vectors of rows, from one byte of a query's sums on. */
    private void multiply(long group, int count, int dims, long codes, long column) {
        long x = codes(codes, dims, column);
        long y = codes(codes, dims, column + VECTOR);
        long sums = sums(group) + column;
        long series = series(group);
        for (int i = 0; i < count; i += bits == 5 ? 2 : 1) {
            if (bits == 6) {
                split(series, x, y, LINE / 4 * dims, halves(group), sums);
            } else if (i == count - 1) {
                single(series, x, y, LINE / 4 * dims, halves(group), sums);
            } else {
                pair(series, x, y, LINE / 4 * dims, halves(group), sums);
            }
            series += 4L * dims;
            sums += bits == 5 ? 2 * SUMS : SUMS;
        }
    }

    private static void single(long series, long x, long y, long bytes, long halves, long sums) {
        for (long done = 0; done < bytes; done += BYTES_AT_ONCE) {
            one(series + done / LINE * WORDS, x + done, y + done, x + Math.min(done + BYTES_AT_ONCE, bytes), halves);
            widen(halves, done == 0 ? ZEROS : sums, sums);
        }
    }

    private static void pair(long series, long x, long y, long bytes, long halves, long sums) {
        for (long done = 0; done < bytes; done += BYTES_AT_ONCE) {
            two(series + done / LINE * 2 * WORDS, x + done, y + done, x + Math.min(done + BYTES_AT_ONCE, bytes), halves);
            widen(halves, done == 0 ? ZEROS : sums, sums);
            widen(halves + 2 * VECTOR, done == 0 ? ZEROS : sums + SUMS, sums + SUMS);
        }
    }

    /** A query in two series. */
    private static void split(long series, long x, long y, long bytes, long halves, long sums) {
        for (long done = 0; done < bytes; done += BYTES_AT_ONCE) {
            two(series + done / LINE * 2 * WORDS, x + done, y + done, x + Math.min(done + BYTES_AT_ONCE, bytes), halves);
            widenBoth(halves, done == 0 ? ZEROS : sums, sums);
        }
    }

    /** Where the codes of the rows whose sums begin at a byte lie. */
    private static long codes(long codes, int dims, long column) {
        return codes + column / LINE * LINE / 4 * dims + column % LINE;
    }

    /** Sums of one series with two vectors of rows. */
    private static void one(long series, long x, long y, long end, long out) {
        ShortVector a = ShortVector.zero(SHORT);
        ShortVector b = ShortVector.zero(SHORT);
        ShortVector v;
        while (x != end) {
            long s = series & MASK;
            ShortVector p = at(x & MASK);
            ShortVector q = at(y & MASK);
            v = words(s);
            a = a.add(p.and(LOW_BYTE).mul(v));
            b = b.add(q.and(LOW_BYTE).mul(v));
            v = words(s + 4);
            a = a.add(p.lanewise(VectorOperators.LSHR, 8).mul(v));
            b = b.add(q.lanewise(VectorOperators.LSHR, 8).mul(v));
            series += WORDS;
            x += LINE;
            y += LINE;
        }
        store(a, out & MASK);
        store(b, (out & MASK) + VECTOR);
    }

    /** Sums of two series with two vectors of rows. A third would make too many nodes for the compiler to inline all. */
    private static void two(long series, long x, long y, long end, long out) {
        ShortVector a0 = ShortVector.zero(SHORT);
        ShortVector b0 = ShortVector.zero(SHORT);
        ShortVector a1 = ShortVector.zero(SHORT);
        ShortVector b1 = ShortVector.zero(SHORT);
        ShortVector u;
        ShortVector w;
        ShortVector v;
        while (x != end) {
            long s = series & MASK;
            ShortVector p = at(x & MASK);
            ShortVector q = at(y & MASK);
            u = p.and(LOW_BYTE);
            w = q.and(LOW_BYTE);
            v = words(s);
            a0 = a0.add(u.mul(v));
            b0 = b0.add(w.mul(v));
            v = words(s + WORDS);
            a1 = a1.add(u.mul(v));
            b1 = b1.add(w.mul(v));
            u = p.lanewise(VectorOperators.LSHR, 8);
            w = q.lanewise(VectorOperators.LSHR, 8);
            v = words(s + 4);
            a0 = a0.add(u.mul(v));
            b0 = b0.add(w.mul(v));
            v = words(s + WORDS + 4);
            a1 = a1.add(u.mul(v));
            b1 = b1.add(w.mul(v));
            series += 2 * WORDS;
            x += LINE;
            y += LINE;
        }
        store(a0, out & MASK);
        store(b0, (out & MASK) + VECTOR);
        store(a1, (out & MASK) + 2 * VECTOR);
        store(b1, (out & MASK) + 3 * VECTOR);
    }

    private static ShortVector at(long address) {
        return ShortVector.fromMemorySegment(SHORT, ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    /** Two dims of a series in every lane of 32 bits. */
    private static ShortVector words(long address) {
        return IntVector.broadcast(INT, ALL.get(INT32, address)).reinterpretAsShorts();
    }

    private static void store(ShortVector vector, long address) {
        vector.intoMemorySegment(ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    /** Adds the sums of a series with two vectors of rows to those in {@code from}. */
    private static void widen(long halves, long from, long to) {
        long h = halves & MASK;
        long f = from & MASK;
        long t = to & MASK;
        store(ints(f).add(wide(ints(h))), t);
        store(ints(f + VECTOR).add(wide(ints(h + VECTOR))), t + VECTOR);
    }

    /** The same of a query in two series. */
    private static void widenBoth(long halves, long from, long to) {
        long h = halves & MASK;
        long f = from & MASK;
        long t = to & MASK;
        store(ints(f).add(wide(ints(h)).lanewise(VectorOperators.LSHL, 4)).add(wide(ints(h + 2 * VECTOR))), t);
        store(ints(f + VECTOR).add(wide(ints(h + VECTOR)).lanewise(VectorOperators.LSHL, 4)).add(wide(ints(h + 3 * VECTOR))),
                t + VECTOR);
    }

    private static IntVector ints(long address) {
        return IntVector.fromMemorySegment(INT, ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    private static void store(IntVector vector, long address) {
        vector.intoMemorySegment(ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    /** Both halves of each lane added. */
    private static IntVector wide(IntVector halves) {
        return halves.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16)
                .add(halves.lanewise(VectorOperators.ASHR, 16));
    }

    /** Which of 32 slots have keys up to the threshold of query i. */
    private static int passing(long group, int i, long terms) {
        float scale = get(group + SCALE + i * 4L);
        float add = get(group + ADD + i * 4L);
        float threshold = get(group + THRESHOLD + i * 4L);
        long s = sums(group) + i * SUMS & MASK;
        long t = terms & MASK;
        long mask = 0;
        for (int j = 0; j < SLOTS; j += Lanes.COUNT) {
            FloatVector sum = (FloatVector) ints(s + j * 4L).convert(VectorOperators.I2F, 0);
            FloatVector key = sum.fma(FloatVector.broadcast(Lanes.FLOAT, scale), Lanes.at(t + j * 4L).add(add));
            mask |= key.compare(VectorOperators.LE, threshold).toLong() << j;
        }
        return (int) mask;
    }

    private static void append(long group, int i, int passing, long terms, long rows) {
        long g = group & MASK;
        int size = ALL.get(INT32, g + SIZE + i * 4L);
        long buffer = ALL.get(INT64, g + BUFFER + i * 8L);
        float scale = get(group + SCALE + i * 4L);
        float add = get(group + ADD + i * 4L);
        for (int bits = passing; bits != 0; bits &= bits - 1) {
            int j = Integer.numberOfTrailingZeros(bits);
            float sum = ALL.get(INT32, (sums(group) + i * SUMS & MASK) + j * 4L);
            float key = Math.fma(scale, sum, get(terms + j * 4L) + add);
            ALL.set(INT64, (buffer & MASK) + size++ * 8L, Candidates.entry(key, ALL.get(INT32, (rows & MASK) + j * 4L)));
        }
        ALL.set(INT32, g + SIZE + i * 4L, size);
    }
}
