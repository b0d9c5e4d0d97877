package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * For each query of a chunk the {@code keep} least entries of a scan of codes, in memory that {@link SqTile} appends to.
 * Entries are those of {@link Candidates}: key and row in one, so that their order is that of (key, row).
 *
 * <p>A full buffer is cut at a key below which enough entries lie, and hardly more: to find one by bisection, counting with
 * vectors, costs a tenth of what a selection does.
 */
final class SqEntries {
    private static final VectorSpecies<Long> LONG = VectorSpecies.of(long.class, Lanes.FLOAT.vectorShape());
    private static final int LANES = LONG.length();
    /** Only then it is one instruction. */
    private static final boolean COMPRESSES = LANES == 8;
    /** Entries beyond those to be kept that a cut may leave. */
    private static final int SPARE = 12;
    /** The low half of an entry is its row. */
    private static final long ROWS = 0xffff_ffffL;

    private final long address;
    private final int capacity;
    private final int[] keep;
    private final int[] sizes;
    private final float[] thresholds;

    /** Entries of one query, a multiple of eight: what is kept, twice that until it is cut, and room for two blocks. */
    static long capacity(int keep) {
        return (3L * keep + 2 * SqTile.SLOTS + 7) / 8 * 8;
    }

    /**
     * @param address of {@code keep.length} buffers of {@code capacity} entries
     * @param keep    per query, each of no more {@link #capacity} than that
     */
    SqEntries(long address, int capacity, int[] keep) {
        this.address = address;
        this.capacity = capacity;
        this.keep = keep;
        this.sizes = new int[keep.length];
        this.thresholds = new float[keep.length];
        clear();
    }

    void clear() {
        Arrays.fill(sizes, 0);
        Arrays.fill(thresholds, Float.MAX_VALUE);
    }

    int capacity() {
        return capacity;
    }

    long buffer(int q) {
        return address + (long) q * capacity * 8;
    }

    int size(int q) {
        return sizes[q];
    }

    /** A key above this is not among the least. */
    float threshold(int q) {
        return thresholds[q];
    }

    /** Notes how many entries the buffer of a query holds now. */
    void filled(int q, int size) {
        sizes[q] = size;
    }

    /** Cuts the buffer of a query to little more than what is kept, if it holds more. */
    void cut(int q) {
        if (sizes[q] <= keep[q] + SPARE) {
            return;
        }
        long buffer = buffer(q);
        int size = sizes[q];
        for (int i = size; i % LANES != 0; i++) {
            ALL.set(ValueLayout.JAVA_LONG, (buffer + i * 8L) & MASK, Long.MAX_VALUE);
        }
        long end = buffer + (size + LANES - 1L) / LANES * LANES * 8;
        // keys as their ordered bits: at most low are fewer than keep, at most high are enough
        long low = (least(buffer, end) >> 32) - 1;
        long high = largest(buffer, keep[q]) >> 32;
        int below = 0;
        int upTo = size;
        for (int round = 0; upTo > keep[q] + SPARE && high - low > 1; round++) {
            long middle = round % 3 == 2 ? (low + high) / 2
                    : low + Math.clamp((high - low) * (keep[q] + SPARE / 2 - below) / (upTo - below), 1, high - low - 1);
            int count = countAtMost(buffer, end, middle << 32 | ROWS);
            if (count < keep[q]) {
                low = middle;
                below = count;
            } else {
                high = middle;
                upTo = count;
            }
        }
        if (upTo > keep[q] + SPARE) {
            select(q, new long[size]); // too many entries have one key
        } else {
            sizes[q] = compact(buffer, size, high << 32 | ROWS);
            thresholds[q] = Candidates.key(high << 32);
        }
    }

    private static long least(long at, long end) {
        LongVector least = LongVector.broadcast(LONG, Long.MAX_VALUE);
        while (at != end) {
            least = least.min(LongVector.fromMemorySegment(LONG, ALL, at & MASK, ByteOrder.LITTLE_ENDIAN));
            at += LANES * 8;
        }
        return least.reduceLanes(VectorOperators.MIN);
    }

    private static long largest(long at, int count) {
        long largest = Long.MIN_VALUE;
        for (long end = at + count * 8L; at < end; at += 8) {
            largest = Math.max(largest, ALL.get(ValueLayout.JAVA_LONG, at & MASK));
        }
        return largest;
    }

    private static int countAtMost(long at, long end, long most) {
        int count = 0;
        while (at != end) {
            count += LongVector.fromMemorySegment(LONG, ALL, at & MASK, ByteOrder.LITTLE_ENDIAN)
                    .compare(VectorOperators.LE, most).trueCount();
            at += LANES * 8;
        }
        return count;
    }

    /** Moves the entries that are at most {@code most} to the front; returns how many they are. What lies behind them is lost. */
    private static int compact(long buffer, int size, long most) {
        return COMPRESSES ? compress(buffer, size, most) : move(buffer, size, most);
    }

    private static int move(long buffer, int size, long most) {
        long to = buffer;
        for (long at = buffer; at < buffer + size * 8L; at += 8) {
            long entry = ALL.get(ValueLayout.JAVA_LONG, at & MASK);
            ALL.set(ValueLayout.JAVA_LONG, to & MASK, entry);
            to += entry <= most ? 8 : 0; // no branch: nobody could foretell it
        }
        return (int) (to - buffer >> 3);
    }

    private static int compress(long buffer, int size, long most) {
        long to = buffer;
        long end = buffer + (size + LANES - 1L) / LANES * LANES * 8;
        for (long at = buffer; at != end; at += LANES * 8) {
            LongVector some = LongVector.fromMemorySegment(LONG, ALL, at & MASK, ByteOrder.LITTLE_ENDIAN);
            VectorMask<Long> staying = some.compare(VectorOperators.LE, most);
            some.compress(staying).intoMemorySegment(ALL, to & MASK, ByteOrder.LITTLE_ENDIAN);
            to += staying.trueCount() * 8L;
        }
        return (int) (to - buffer >> 3);
    }

    private void select(int q, long[] entries) {
        load(q, entries);
        Candidates.select(entries, 0, sizes[q], keep[q] - 1);
        thresholds[q] = Candidates.key(entries[keep[q] - 1]);
        sizes[q] = keep[q];
        MemorySegment.copy(entries, 0, ALL, ValueLayout.JAVA_LONG, buffer(q), keep[q]);
    }

    /** The least entries of a query in order, {@link #size} of them, to an array of {@link #capacity}. */
    void least(int q, long[] into) {
        cut(q);
        load(q, into);
        Candidates.sort(into, sizes[q]);
        sizes[q] = Math.min(sizes[q], keep[q]);
    }

    private void load(int q, long[] into) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_LONG, buffer(q), into, 0, sizes[q]);
    }
}
