package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.get;
import static dev.perigee.compute.simd.SqSums.INT;
import static dev.perigee.compute.simd.SqSums.LINE;
import static dev.perigee.compute.simd.SqSums.ODD;
import static dev.perigee.compute.simd.SqSums.SERIES;
import static dev.perigee.compute.simd.SqSums.SUMS;
import static dev.perigee.compute.simd.SqSums.VECTOR;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The tile in the Vector API, which has no products of bytes: they are made in 16 bits, with series of small numbers, by
 * {@link SqSums}.
 *
 * <p>Beside codes of 5 bits a series is a query: a product is at most 31 x 31, so 64 dims, 32 to a lane, add up in 16 bits.
 * Beside 6 bits a query is two series, v = 16 high + low with both within -8 and 8, and a product at most 63 x 8.
 */
final class JavaSqTile implements SqTile {
    private static final VectorSpecies<Short> EIGHT_BYTES = ShortVector.SPECIES_64;
    private static final ValueLayout.OfInt INT32 = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong INT64 = ValueLayout.JAVA_LONG;

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
    static long groupBytes() {
        return series(0) + 2 * QUERIES * SERIES;
    }

    /** [series][32] int32; of a query in two series in the end [queries][32]. */
    private static long sums(long group) {
        return group + PACKED;
    }

    private static long series(long group) {
        return sums(group) + 2 * QUERIES * SUMS;
    }

    @Override
    public void pack(long group, int i, int count, int dims, long v) {
        if (bits == 5) {
            pack(v, dims, series(group) + i * SERIES);
        } else {
            packTwo(v, dims, series(group) + 2 * i * SERIES);
        }
    }

    /** Dims 0, 2, 4 ... in 16 bits, and the odd ones. */
    private static void pack(long v, int dims, long to) {
        for (long end = v + dims; v != end; v += 8) {
            ShortVector both = ShortVector.fromMemorySegment(EIGHT_BYTES, ALL, v & MASK, LITTLE_ENDIAN);
            both.lanewise(LSHL, 8).lanewise(ASHR, 8).intoMemorySegment(ALL, to & MASK, LITTLE_ENDIAN);
            both.lanewise(ASHR, 8).intoMemorySegment(ALL, (to & MASK) + ODD, LITTLE_ENDIAN);
            to += 8;
        }
    }

    /** The same in two series. */
    private static void packTwo(long v, int dims, long to) {
        for (long end = v + dims; v != end; v += 8) {
            ShortVector both = ShortVector.fromMemorySegment(EIGHT_BYTES, ALL, v & MASK, LITTLE_ENDIAN);
            ShortVector even = both.lanewise(LSHL, 8).lanewise(ASHR, 8);
            ShortVector high = even.add((short) 8).lanewise(ASHR, 4);
            high.intoMemorySegment(ALL, to & MASK, LITTLE_ENDIAN);
            even.sub(high.lanewise(LSHL, 4)).intoMemorySegment(ALL, (to & MASK) + SERIES, LITTLE_ENDIAN);
            ShortVector odd = both.lanewise(ASHR, 8);
            high = odd.add((short) 8).lanewise(ASHR, 4);
            high.intoMemorySegment(ALL, (to & MASK) + ODD, LITTLE_ENDIAN);
            odd.sub(high.lanewise(LSHL, 4)).intoMemorySegment(ALL, (to & MASK) + SERIES + ODD, LITTLE_ENDIAN);
            to += 8;
        }
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
                multiply(group, bits == 5 ? count : 2 * count, dims, codes + slot / 4 * dims, column);
            }
            if (bits == 6) {
                join(sums(group), count);
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

    /** Sums of all series with two vectors of rows, from one byte of a series' sums on: by threes as far as that goes. */
    private static void multiply(long group, int count, int dims, long codes, long column) {
        long x = codes(codes, dims, column);
        long y = codes(codes, dims, column + VECTOR);
        long end = x + LINE / 4 * dims;
        long series = series(group);
        long sums = sums(group) + column;
        int left = count;
        while (left > 0) {
            int some = left == 4 ? 2 : Math.min(left, 3);
            switch (some) {
                case 1 -> SqSums.one(series, x, y, end, sums);
                case 2 -> SqSums.two(series, x, y, end, sums);
                default -> SqSums.three(series, x, y, end, sums);
            }
            series += some * SERIES;
            sums += some * SUMS;
            left -= some;
        }
    }

    /** Where the codes of the rows whose sums begin at a byte lie. */
    private static long codes(long codes, int dims, long column) {
        return codes + column / LINE * LINE / 4 * dims + column % LINE;
    }

    /** Sums of queries from those of two series each. */
    private static void join(long sums, int count) {
        for (int i = 0; i < count; i++) {
            for (long at = 0; at != SUMS; at += VECTOR) {
                long from = sums + 2 * i * SUMS + at & MASK;
                IntVector.fromMemorySegment(INT, ALL, from, LITTLE_ENDIAN).lanewise(LSHL, 4)
                        .add(IntVector.fromMemorySegment(INT, ALL, from + SUMS, LITTLE_ENDIAN))
                        .intoMemorySegment(ALL, sums + i * SUMS + at & MASK, LITTLE_ENDIAN);
            }
        }
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
            FloatVector sum = (FloatVector) IntVector.fromMemorySegment(INT, ALL, s + j * 4L, LITTLE_ENDIAN).convert(I2F, 0);
            FloatVector term = FloatVector.fromMemorySegment(Lanes.FLOAT, ALL, t + j * 4L, LITTLE_ENDIAN);
            FloatVector key = sum.fma(FloatVector.broadcast(Lanes.FLOAT, scale), term.add(add));
            mask |= key.compare(LE, threshold).toLong() << j;
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
