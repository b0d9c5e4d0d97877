package dev.perigee.bench.load;

import java.util.Arrays;
import java.util.SplittableRandom;

/** How requests follow one another. */
enum Arrivals {
    /** As if from many callers who know nothing of each other. */
    POISSON,
    /** At equal distances. */
    CONSTANT;

    /**
     * When the requests of {@code seconds} are due, in nanoseconds from the start, ascending. Exactly {@code rate x seconds} of
     * them: a Poisson process of which the count is known is that many uniform times in order, and without a count that differs
     * by chance the achieved rate can be compared with the offered one.
     */
    long[] schedule(double rate, double seconds, SplittableRandom random) {
        int count = Math.max(1, Math.toIntExact(Math.round(rate * seconds)));
        long[] due = new long[count];
        Arrays.setAll(due, i -> (long) ((this == CONSTANT ? (double) i / count : random.nextDouble()) * seconds * 1e9));
        Arrays.sort(due);
        return due;
    }
}
