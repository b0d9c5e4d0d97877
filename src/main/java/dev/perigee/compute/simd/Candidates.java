package dev.perigee.compute.simd;

import java.util.Arrays;

/**
 * For each query of a block, the {@code keep} smallest of the keys offered, in order of (key, row): the same set in
 * whatever order they came. A buffer of several times {@code keep} is filled and then cut by selection, which costs less per
 * offer than a heap once {@code keep} is large, and lets one code serve every k. One thread at a time.
 */
final class Candidates {
    private static final int FEW = 40;

    private final int[] keep;
    private final int[] sizes;
    private final float[] thresholds;
    private final int capacity;
    private final long[] entries;
    private final boolean[] dropped;

    /** @param keep how many to keep, per query */
    Candidates(int[] keep) {
        this.keep = keep;
        this.sizes = new int[keep.length];
        this.thresholds = new float[keep.length];
        this.dropped = new boolean[keep.length];
        this.capacity = capacity(Arrays.stream(keep).max().orElse(0));
        this.entries = new long[Math.multiplyExact(keep.length, capacity)];
        Arrays.fill(thresholds, Float.MAX_VALUE); // an infinite key marks a row that may not be returned
    }

    private static int capacity(int keep) {
        return Math.max(32, 3 * keep);
    }

    /** Bytes that one query takes. */
    static long bytes(int keep) {
        return capacity(keep) * 8L + 16;
    }

    /** A key above this cannot enter. */
    float threshold(int query) {
        return thresholds[query];
    }

    /** Lets nothing above {@code threshold} in; what is refused so does not count as dropped. */
    void limit(int query, float threshold) {
        thresholds[query] = Math.min(thresholds[query], threshold);
    }

    void offer(int query, float key, int row) {
        if (!(key <= thresholds[query])) {
            return; // NaN too
        }
        int size = sizes[query];
        entries[query * capacity + size] = entry(key, row);
        sizes[query] = ++size;
        if (size == capacity) {
            cut(query);
        }
    }

    /** Offers everything that {@code other} kept of a query. */
    void offerAll(int query, Candidates other, int otherQuery) {
        limitDropped(query, other, otherQuery);
        for (int i = 0; i < other.sizes[otherQuery]; i++) {
            long entry = other.entries[otherQuery * other.capacity + i];
            offer(query, key(entry), row(entry));
        }
    }

    private void limitDropped(int query, Candidates other, int otherQuery) {
        if (other.dropped[otherQuery]) {
            // what the other dropped is above its threshold, so it says nothing about keys up to there
            dropped[query] = true;
            thresholds[query] = Math.min(thresholds[query], other.thresholds[otherQuery]);
        }
    }

    /** Cuts the buffer of a query to the smallest and sorts them; returns how many there are. */
    int finish(int query) {
        if (sizes[query] > keep[query]) {
            cut(query);
        }
        int begin = query * capacity;
        Arrays.sort(entries, begin, begin + sizes[query]);
        return sizes[query];
    }

    /** The key at a rank, after {@link #finish}. */
    float key(int query, int rank) {
        return key(entries[query * capacity + rank]);
    }

    /** The row at a rank, after {@link #finish}. */
    int row(int query, int rank) {
        return row(entries[query * capacity + rank]);
    }

    /** Whether rows at or above the threshold were let go that would have entered had more been kept. */
    boolean dropped(int query) {
        return dropped[query];
    }

    /** Lowers the threshold to the largest of the {@code keep} smallest keys, if there are so many. */
    void tighten(int query) {
        if (sizes[query] >= keep[query]) {
            cut(query);
        }
    }

    private void cut(int query) {
        int begin = query * capacity;
        int size = keep[query];
        dropped[query] |= sizes[query] > size;
        select(entries, begin, begin + sizes[query], begin + size - 1);
        sizes[query] = size;
        thresholds[query] = key(entries[begin + size - 1]);
    }

    /** Reorders [from, to) so that the entry at {@code nth} is the one that sorting would put there, none before it larger. */
    static void select(long[] a, int from, int to, int nth) {
        while (to - from > 16) {
            long pivot = median(a[from], a[(from + to) >>> 1], a[to - 1]);
            int i = from - 1;
            int j = to;
            while (true) { // Hoare: entries are distinct, for rows are
                do {
                    i++;
                } while (a[i] < pivot);
                do {
                    j--;
                } while (a[j] > pivot);
                if (i >= j) {
                    break;
                }
                long swap = a[i];
                a[i] = a[j];
                a[j] = swap;
            }
            if (nth <= j) {
                to = j + 1;
            } else {
                from = j + 1;
            }
        }
        Arrays.sort(a, from, to);
    }

    private static long median(long a, long b, long c) {
        return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    }

    /** Sorts the first of some entries; a few of them faster than a call into the sort of the JDK. */
    static void sort(long[] entries, int count) {
        if (count > FEW) {
            Arrays.sort(entries, 0, count);
            return;
        }
        for (int i = 1; i < count; i++) {
            long entry = entries[i];
            int at = i;
            for (; at > 0 && entries[at - 1] > entry; at--) {
                entries[at] = entries[at - 1];
            }
            entries[at] = entry;
        }
    }

    /** Orders as (key, row): the bits of a float sort like its value once the negative ones are turned around. */
    static long entry(float key, int row) {
        return (long) order(key) << 32 | row & 0xffffffffL;
    }

    /** The upper half of an entry. */
    static int order(float key) {
        int bits = Float.floatToRawIntBits(key + 0f); // -0 becomes 0: they are equal keys
        return bits ^ bits >> 31 & 0x7fffffff;
    }

    static float key(long entry) {
        int bits = (int) (entry >> 32);
        return Float.intBitsToFloat(bits ^ bits >> 31 & 0x7fffffff);
    }

    static int row(long entry) {
        return (int) entry;
    }
}
