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
 * The tile in the Vector API, which multiplies 16-bit lanes: a lane holds two dims of a row, which are taken apart by a mask
 * and a shift. {@link Sums5} and {@link Sums6} make the sums of up to three queries with two vectors of rows; a group of
 * more is scanned in two parts, which costs a tenth and spares a kernel for every count.
 */
final class JavaSqTile implements SqTile {
    static final VectorSpecies<Integer> INT = VectorSpecies.of(int.class, Lanes.FLOAT.vectorShape());
    static final VectorSpecies<Short> SHORT = VectorSpecies.of(short.class, Lanes.FLOAT.vectorShape());
    /** The lower byte of a lane. */
    static final short LOW = 255;
    /** Bytes of a vector. */
    static final long VECTOR = INT.vectorByteSize();
    /** Bytes of four dims of a block's 16 rows. */
    static final long LINE = 64;
    /** Bytes of four dims of a packed query: its dims 0 and 2, then 1 and 3, as 16-bit integers. */
    static final long WORDS = 8;

    private static final ValueLayout.OfInt INT32 = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong INT64 = ValueLayout.JAVA_LONG;
    /** What the first sums are added to. */
    private static final long ZEROS = Arena.global().allocate(SUM_BYTES, 64).address();
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

    /** Queries of the first of a group's two parts. */
    private static int first(int count) {
        return count <= 3 ? count : (count + 1) / 2;
    }

    @Override
    public void pack(long group, int i, int count, int dims, long v) {
        int first = first(count);
        int part = i < first ? first : count - first;
        long to = queries(group) + (i < first ? i * WORDS : first * 2L * dims + (i - first) * WORDS);
        for (int j = 0; j < dims; j += 4) {
            int four = ALL.get(ValueLayout.JAVA_INT_UNALIGNED, (v & MASK) + j);
            ALL.set(INT64, to & MASK, lane(four, 0) | lane(four, 2) << 16 | lane(four, 1) << 32 | lane(four, 3) << 48);
            to += part * WORDS;
        }
    }

    private static long lane(int four, int j) {
        return (byte) (four >> 8 * j) & 0xffffL;
    }

    private static long sums(long group) {
        return group + PACKED;
    }

    private static long queries(long group) {
        return group + PACKED + SUM_BYTES;
    }

    @Override
    public int scan(long group, int count, int dims, long codes, long terms, long rows, long allowed, int from, int to) {
        int first = first(count);
        for (int block = from; block < to; block++) {
            if (SqTile.full(group, count)) {
                return block;
            }
            int mask = allowed == 0 ? -1 : ALL.get(INT32, (allowed & MASK) + block * 4L);
            if (mask == 0) {
                continue;
            }
            long block32 = codes + (long) block * SLOTS * dims;
            multiply(queries(group), first, block32, dims, sums(group));
            if (first != count) {
                multiply(queries(group) + first * 2L * dims, count - first, block32, dims, sums(group) + first * SLOTS * 4L);
            }
            long slot = block * (SLOTS * 4L);
            for (int i = 0; i < count; i++) {
                int passing = passing(group, i, terms + slot) & mask;
                if (passing != 0) {
                    append(group, i, passing, terms + slot, rows + slot);
                }
            }
        }
        return to;
    }

    /** Sums of up to three queries with 32 slots, two vectors of rows at a time, to {@code sums} [count, 32]. */
    private void multiply(long queries, int count, long codes, int dims, long sums) {
        for (long c = 0; c < SLOTS * 4L; c += 2 * VECTOR) {
            long x = codes + c / LINE * LINE / 4 * dims + c % LINE;
            long y = codes + (c + VECTOR) / LINE * LINE / 4 * dims + (c + VECTOR) % LINE;
            if (bits == 5) {
                Sums5.add(queries, count, x, y, dims, ZEROS, sums + c);
            } else {
                Sums6.add(queries, count, x, y, dims, sums + c);
            }
        }
    }

    /** Which of 32 slots have keys up to the threshold of query i. */
    private static int passing(long group, int i, long terms) {
        float scale = get(group + SCALE + i * 4L);
        float add = get(group + ADD + i * 4L);
        float threshold = get(group + THRESHOLD + i * 4L);
        long sums = sums(group) + i * SLOTS * 4L;
        long mask = 0;
        for (int j = 0; j < SLOTS; j += Lanes.COUNT) {
            FloatVector sum = floats((sums & MASK) + j * 4L);
            FloatVector key = sum.fma(FloatVector.broadcast(Lanes.FLOAT, scale), Lanes.at((terms & MASK) + j * 4L).add(add));
            mask |= key.compare(VectorOperators.LE, threshold).toLong() << j;
        }
        return (int) mask;
    }

    private static FloatVector floats(long address) {
        return (FloatVector) ints(address).convert(VectorOperators.I2F, 0);
    }

    static IntVector ints(long address) {
        return IntVector.fromMemorySegment(INT, ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    static ShortVector at(long address) {
        return ShortVector.fromMemorySegment(SHORT, ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    /** Two dims of a query in every lane of 32 bits. */
    static ShortVector query(long address) {
        return IntVector.broadcast(INT, ALL.get(ValueLayout.JAVA_INT, address)).reinterpretAsShorts();
    }

    /** Both halves of each lane of 32 bits added. */
    static IntVector wide(ShortVector sums) {
        IntVector both = sums.reinterpretAsInts();
        return both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16)
                .add(both.lanewise(VectorOperators.ASHR, 16));
    }

    static void store(IntVector vector, long address) {
        vector.intoMemorySegment(ALL, address, ByteOrder.LITTLE_ENDIAN);
    }

    private static void append(long group, int i, int passing, long terms, long rows) {
        long g = group & MASK;
        int size = ALL.get(INT32, g + SIZE + i * 4L);
        long buffer = ALL.get(INT64, g + BUFFER + i * 8L);
        float scale = get(group + SCALE + i * 4L);
        float add = get(group + ADD + i * 4L);
        for (int bits = passing; bits != 0; bits &= bits - 1) {
            int j = Integer.numberOfTrailingZeros(bits);
            float sum = ALL.get(INT32, (sums(group) & MASK) + (i * SLOTS + j) * 4L);
            float key = Math.fma(scale, sum, get(terms + j * 4L) + add);
            ALL.set(INT64, (buffer & MASK) + size++ * 8L, Candidates.entry(key, ALL.get(INT32, (rows & MASK) + j * 4L)));
        }
        ALL.set(INT32, g + SIZE + i * 4L, size);
    }
}
