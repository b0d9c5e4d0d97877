package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Recall at k: of the places that could be filled, the fraction that holds a true neighbour. A row returned twice counts
 * once, -1 (no row) never counts. Answers are [queries, k] in one array, 0 to 1 comes back; with no place to fill, 1.
 */
public final class Recall {
    private Recall() {
    }

    /**
     * Recall by identity: an answer is right if it is among the first k of the truth. Where rows tie at the k-th place the
     * truth holds only some of them, and a right answer may count as wrong; {@link #byDistance} has no such fault.
     *
     * @param found [queries, k] ids
     * @param truth per query at least k true ids, nearest first, -1 where there are fewer rows
     */
    public static double byIds(long[] found, int[][] truth, int k) {
        checkShape(found, truth.length, k);
        long right = 0;
        long places = 0;
        for (int q = 0; q < truth.length; q++) {
            check(truth[q].length >= k, "truth of query %d: %d ids (expected at least k = %d)", q, truth[q].length, k);
            int[] wanted = Arrays.copyOf(truth[q], k);
            Arrays.sort(wanted);
            long[] distinct = distinct(found, q, k);
            places += Arrays.stream(wanted).filter(id -> id != -1).count();
            for (long id : distinct) {
                if (id == (int) id && Arrays.binarySearch(wanted, (int) id) >= 0) {
                    right++;
                }
            }
        }
        return places == 0 ? 1 : (double) right / places;
    }

    /**
     * Recall by distance: an answer is right if its exact distance is at most that of the k-th true neighbour, so that ties
     * at the k-th place count whichever of them was returned.
     *
     * @param found     [queries, k] ids
     * @param distances [queries, k] exact distance of each (inside sense: smaller is nearer)
     * @param kthTrue   per query that of the min(k, rows)-th true neighbour
     * @param rows      how many rows there are to find
     */
    public static double byDistance(long[] found, double[] distances, double[] kthTrue, int k, long rows) {
        checkShape(found, kthTrue.length, k);
        check(distances.length == found.length, "distances: %d (expected %d)", distances.length, found.length);
        long right = 0;
        Set<Long> seen = new HashSet<>();
        for (int q = 0; q < kthTrue.length; q++) {
            seen.clear();
            for (int i = q * k; i < (q + 1) * k; i++) {
                if (found[i] != -1 && seen.add(found[i]) && distances[i] <= kthTrue[q]) {
                    right++;
                }
            }
        }
        long places = kthTrue.length * Math.min(k, rows);
        return places == 0 ? 1 : (double) right / places;
    }

    private static void checkShape(long[] found, int queries, int k) {
        check(k >= 1, "k: %d (expected 1 or more)", k);
        check(found.length == (long) queries * k, "found: %d (expected %d queries x k = %d)", found.length, queries, k);
    }

    /** The distinct answers of one query, without -1. */
    private static long[] distinct(long[] found, int query, int k) {
        return Arrays.stream(found, query * k, (query + 1) * k).filter(id -> id != -1).distinct().toArray();
    }
}
