package dev.perigee.compute.simd;

import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;

/**
 * The lists that queries probe: the nearest centroids of each by exact distance, ties to the lower number. Unlike a search it needs the set only, so
 * candidates are re-scored in double only where the float keys leave open which of them belong to it.
 */
final class Probes {
    private final RowSearch search;

    Probes(RowSearch search) {
        this.search = search;
    }

    /** Hears the set of one row, in no particular order. */
    interface Consumer {
        void set(int row, int[] centroids);
    }

    /** The {@code counts[row - from]} nearest centroids of each row from {@code from} to {@code to}. */
    void sets(Matrix rows, int from, int to, FlatData centroids, int[] counts, Consumer consumer) {
        Slots slots = new Slots(centroids, null, null, 0);
        int most = 1;
        for (int count : counts) {
            most = Math.max(most, count);
        }
        int block = search.block(Math.min(centroids.count(), Rescorer.keep(most)), rows.dim(), true);
        for (int begin = from; begin < to; begin += block) {
            int first = begin;
            int end = Math.min(to, begin + block);
            int[] keep = new int[end - begin];
            for (int q = 0; q < keep.length; q++) {
                keep[q] = Math.min(centroids.count(), Rescorer.keep(counts[begin - from + q]));
            }
            search.pass(slots, rows, begin, end, keep, null, (candidates, q, row, bound) ->
                    consumer.set(row, set(slots, candidates, q, rows, row, counts[first - from + q], bound)));
        }
    }

    private static int[] set(Slots slots, Candidates candidates, int q, Matrix rows, int row, int count, Rescorer.Bound bound) {
        int[] set = new int[Math.min(count, slots.data().count())];
        int kept = candidates.finish(q);
        if (kept > 0) {
            double margin = 2 * bound.at(q, candidates.key(q, kept - 1));
            float edge = candidates.key(q, Math.min(set.length, kept) - 1);
            if (kept == set.length ? !candidates.dropped(q) && kept == slots.data().count()
                    : candidates.key(q, set.length) - edge > margin) {
                for (int i = 0; i < set.length; i++) {
                    set[i] = candidates.row(q, i);
                }
                return set;
            }
        }
        TopK top = new TopK(new int[] {set.length});
        Matrix one = rows.slice(row, row + 1);
        Rescorer.finish(candidates, q, bound, slots, new int[] {0}, one, 0, top);
        for (int i = 0; i < set.length; i++) {
            set[i] = (int) top.position(0, i);
        }
        return set;
    }
}
