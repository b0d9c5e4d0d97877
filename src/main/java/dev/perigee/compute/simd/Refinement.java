package dev.perigee.compute.simd;

import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;

/**
 * Compares a query with the rows of its candidates, exactly, and merges them into an answer: sorted and all at once. To offer
 * 150 rows one by one for 100 places takes a quarter of the time of comparing them. One thread at a time.
 */
final class Refinement {
    private final ExactRows rows = ExactRows.best();
    private double[] distances = {};
    private double[] sorted = {};
    private long[] positions = {};
    private long[] keys = {};

    /**
     * Merges the rows of some entries (see {@link Candidates#entry}), none of which {@code into} has already.
     *
     * @param query row of {@code queries}, and number in {@code into}
     * @param count of entries, the first of the array
     */
    void merge(FlatData data, int segment, Matrix queries, int query, long[] entries, int count, TopK into) {
        if (distances.length < count) {
            distances = new double[count];
            sorted = new double[count];
            positions = new long[count];
            keys = new long[count];
        }
        rows.between(data.distance(), queries, query, data.rows(), entries, count, distances);
        sort(entries, count, segment);
        into.offerSorted(query, sorted, positions, 0, count);
    }

    /** By the upper bits of the distances first, whose lower ones make room for where they are; hardly any two have the same. */
    private void sort(long[] entries, int count, int segment) {
        long places = (Long.highestOneBit(count) << 1) - 1;
        for (int i = 0; i < count; i++) {
            keys[i] = ordered(distances[i]) & ~places | i;
        }
        Candidates.sort(keys, count);
        for (int i = 0; i < count; i++) {
            int place = (int) (keys[i] & places);
            double distance = distances[place];
            long position = TopK.at(segment, Candidates.row(entries[place]));
            int to = i;
            for (; to > 0 && !TopK.before(sorted[to - 1], positions[to - 1], distance, position); to--) {
                sorted[to] = sorted[to - 1];
                positions[to] = positions[to - 1];
            }
            sorted[to] = distance;
            positions[to] = position;
        }
    }

    /** The bits of a double sort like its value once the negative ones are turned around. */
    private static long ordered(double distance) {
        long bits = Double.doubleToRawLongBits(distance + 0d); // -0 becomes 0: they are equal
        return bits ^ bits >> 63 & Long.MAX_VALUE;
    }
}
