package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * For each query of a chunk the {@code keep} least entries of a scan of codes, in memory that {@link SqTile} appends to.
 * Entries are those of {@link Candidates}: key and row in one, so that their order is that of (key, row).
 */
final class SqEntries {
    private final long address;
    private final int capacity;
    private final int[] keep;
    private final int[] sizes;
    private final float[] thresholds;
    private final long[] entries;

    /** Entries of one query, a multiple of eight: what is kept, twice that until it is cut, and room for two blocks. */
    static long capacity(int keep) {
        return (3L * keep + 2 * SqTile.SLOTS + 7) / 8 * 8;
    }

    /**
     * @param address of {@code keep.length} buffers of {@code capacity} entries
     * @param keep    per query, each at most (capacity - a block of slots)
     */
    SqEntries(long address, int capacity, int[] keep) {
        this.address = address;
        this.capacity = capacity;
        this.keep = keep;
        this.sizes = new int[keep.length];
        this.thresholds = new float[keep.length];
        this.entries = new long[capacity];
        clear();
    }

    void clear() {
        java.util.Arrays.fill(sizes, 0);
        java.util.Arrays.fill(thresholds, Float.MAX_VALUE);
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

    /** Cuts the buffer of a query to what is kept, in no order, if it holds more. */
    void cut(int q) {
        if (sizes[q] > keep[q]) {
            int size = load(q);
            Candidates.select(entries, 0, size, keep[q] - 1);
            thresholds[q] = Candidates.key(entries[keep[q] - 1]);
            sizes[q] = keep[q];
            MemorySegment.copy(entries, 0, ALL, ValueLayout.JAVA_LONG, buffer(q), keep[q]);
        }
    }

    /** The least entries of a query, in no order, valid until the next call; {@link #size} of them. */
    long[] least(int q) {
        cut(q);
        load(q);
        return entries;
    }

    private int load(int q) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_LONG, buffer(q), entries, 0, sizes[q]);
        return sizes[q];
    }
}
