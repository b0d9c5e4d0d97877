package dev.perigee.compute.cuda;

import dev.perigee.vector.RowMask;

/**
 * What a chain of launches depends on besides the memory of its slot: two searches with equal keys are one graph. Queries, and
 * how much each asks for, are read from memory.
 *
 * @param tiles   what is searched, by identity
 * @param count   queries
 * @param probes  lists of a query at the most, 0 without lists
 * @param kept    places of a query at the most
 * @param refined whether candidates are refined
 * @param mask    by identity, or null
 */
record ChainKey(DeviceTiles<?> tiles, int segment, int count, int probes, int kept, boolean refined, RowMask mask) {
    /** Batches of up to so many queries are rounded up to a few sizes and recorded; larger ones do not gain by it. */
    static final int MOST_QUERIES = 512;

    /** 1, 8, 32, 128 or 512: the size that a batch is filled up to, with queries that want nothing. */
    static int filled(int count) {
        int size = 1;
        while (size < count) {
            size = size == 1 ? 8 : size * 4;
        }
        return count > MOST_QUERIES ? count : size;
    }

    /** The next power of two, for sizes that would differ from search to search. */
    static int rounded(int size) {
        return size <= 1 ? 1 : Integer.highestOneBit(2 * size - 1);
    }
}
