package dev.perigee.vector;

import java.util.BitSet;

/**
 * Which rows of one segment may be returned. Immutable, so that a backend may cache its own form of it by identity.
 * A searcher that is given no mask returns any row.
 */
public final class RowMask {
    private final long[] words;
    private final int rows;
    private final int cardinality;

    private RowMask(long[] words, int rows) {
        this.words = words;
        this.rows = rows;
        int ones = 0;
        for (long word : words) {
            ones += Long.bitCount(word);
        }
        this.cardinality = ones;
    }

    /** The rows whose bit is set, of a segment of {@code rows} rows; bits past the end are ignored. */
    public static RowMask of(BitSet allowed, int rows) {
        BitSet inside = (BitSet) allowed.clone();
        inside.clear(rows, Math.max(rows, inside.length()));
        return new RowMask(java.util.Arrays.copyOf(inside.toLongArray(), (rows + 63) / 64), rows);
    }

    public boolean allows(int row) {
        return (words[row >> 6] >>> row & 1) != 0;
    }

    /** Bits of rows 32 {@code group} to 32 {@code group} + 31, the first in the lowest bit; rows past the end are not allowed. */
    public int bits(int group) {
        return group / 2 < words.length ? (int) (words[group / 2] >>> group % 2 * 32) : 0;
    }

    /** Rows of the segment that it speaks of. */
    public int rows() {
        return rows;
    }

    /** How many rows it allows. */
    public int cardinality() {
        return cardinality;
    }
}
