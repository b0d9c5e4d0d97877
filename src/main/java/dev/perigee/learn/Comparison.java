package dev.perigee.learn;

import dev.perigee.evaluate.Bootstrap;
import dev.perigee.evaluate.Interval;
import java.util.Arrays;
import java.util.Locale;

/**
 * One measure of two ways to answer the same queries.
 *
 * @param name       as reports call it: hit_at_1 ...
 * @param before     mean over the queries
 * @param after      mean over the queries
 * @param difference after less before, paired by query
 */
public record Comparison(String name, double before, double after, Interval difference) {
    /** @param before per query @param after of the same queries */
    static Comparison of(String name, double[] before, double[] after, long seed) {
        return new Comparison(name, mean(before), mean(after), Bootstrap.difference(after, before, seed));
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }

    /** Whether it fell by more than chance explains. */
    boolean isWorse() {
        return difference.high() < 0;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s %.4f, was %.4f (%+.4f, from %+.4f to %+.4f)", name, after, before, difference.value(),
                difference.low(), difference.high());
    }
}
