package dev.perigee.compute.simd;

import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;

/** Makes exact answers of candidates: re-scores them in double and proves that nothing nearer was let go. */
final class Rescorer {
    /** Rows that one step of an exhaustive search looks at. */
    private static final int CHUNK = 512;

    private Rescorer() {
    }

    /** How far a key of a query can be from the true distance; grows with the key. */
    interface Bound {
        double at(int query, float key);
    }

    /** Candidates to keep for the k nearest: a few more, so that the proof nearly always succeeds. */
    static int keep(int k) {
        return k + Math.max(12, k / 4);
    }

    /**
     * The threshold of a pass whose answer is merged into {@code into}: no row with a larger key can enter.
     *
     * @param bound at the k-th distance so far
     */
    static float limit(TopK into, int query, double bound) {
        double limit = into.threshold(query) + bound;
        return limit < Float.MAX_VALUE ? Math.nextUp((float) limit) : Float.MAX_VALUE;
    }

    /**
     * Offers to {@code into} every row that belongs there, given what a pass kept.
     *
     * @param q     the query's number among the candidates and for {@code bound}
     * @param query its row in {@code queries}, and its number in {@code into}
     * @param ranges the ranges of slots that were scanned, should they have to be searched again
     * @return whether the candidates sufficed; else the ranges were searched again exhaustively
     */
    static boolean finish(Candidates candidates, int q, Bound bound, Slots slots, int[] ranges, Matrix queries, int query,
            TopK into) {
        boolean proven = rescore(candidates, q, bound, slots, queries, query, into);
        if (!proven) {
            for (int range : ranges) {
                exhaust(slots, slots.begin(range), slots.begin(range) + slots.size(range), queries, query, into);
            }
        }
        return proven;
    }

    private static boolean rescore(Candidates candidates, int q, Bound bound, Slots slots, Matrix queries, int query,
            TopK into) {
        int count = candidates.finish(q);
        FlatData data = slots.data();
        for (int i = 0; i < count; i++) {
            float key = candidates.key(q, i);
            if (key - bound.at(q, key) > into.threshold(query)) {
                return true; // so is every later key, and every row that was let go
            }
            int slot = candidates.row(q, i);
            into.offer(query, ExactKernel.between(data.distance(), queries, query, data.rows(), slot),
                    TopK.at(slots.segment(), slots.row(slot)));
        }
        float threshold = candidates.threshold(q);
        double most = bound.at(q, threshold);
        return most < Double.POSITIVE_INFINITY && (!candidates.dropped(q) || threshold - most > into.threshold(query));
    }

    /** Offers every row of some slots that is not provably too far, each compared in double. */
    private static void exhaust(Slots slots, int from, int to, Matrix queries, int query, TopK into) {
        FlatData data = slots.data();
        double length = length(queries, query);
        float[] keys = new float[CHUNK];
        for (int begin = from; begin < to; begin += CHUNK) {
            int count = Math.min(CHUNK, to - begin);
            FloatPass.direct(data, queries.address(query), begin, count, keys);
            for (int i = 0; i < count; i++) {
                // written so that a NaN or an infinite bound means "compare"
                if (!(keys[i] - data.directBound(length, keys[i]) > into.threshold(query)) && slots.allows(begin + i)) {
                    into.offer(query, ExactKernel.between(data.distance(), queries, query, data.rows(), begin + i),
                            TopK.at(slots.segment(), slots.row(begin + i)));
                }
            }
        }
    }

    /** At least |query|. */
    static double length(Matrix queries, int query) {
        double square = -ExactKernel.between(Distance.INNER_PRODUCT, queries, query, queries, query);
        return Math.sqrt(square) * (1 + 1e-9);
    }
}
