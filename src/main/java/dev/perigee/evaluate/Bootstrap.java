package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Intervals by resampling queries, 1,000 times, with replacement: the middle 95 % of what comes out (percentile bootstrap; B.
 * Efron, R. Tibshirani, An introduction to the bootstrap, 1993, chapter 13). The same seed draws the same queries, so intervals
 * repeat to the last bit.
 */
public final class Bootstrap {
    private static final int RESAMPLES = 1_000;

    private Bootstrap() {
    }

    /** The mean of values, one per query. */
    public static Interval mean(double[] values, long seed) {
        double[] ones = new double[values.length];
        Arrays.fill(ones, 1);
        return ratio(values, ones, seed);
    }

    /** A sum over queries divided by another sum over them, as of micro-recall. */
    public static Interval ratio(double[] numerators, double[] denominators, long seed) {
        check(numerators.length == denominators.length, "bootstrap: %d values and %d (expected as many of both)",
                numerators.length, denominators.length);
        int n = numerators.length;
        double value = Arrays.stream(numerators).sum() / Arrays.stream(denominators).sum();
        if (n == 0) {
            return new Interval(Double.NaN, Double.NaN, Double.NaN);
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] drawn = new double[RESAMPLES];
        for (int r = 0; r < RESAMPLES; r++) {
            double numerator = 0;
            double denominator = 0;
            for (int i = 0; i < n; i++) {
                int query = random.nextInt(n);
                numerator += numerators[query];
                denominator += denominators[query];
            }
            drawn[r] = numerator / denominator; // NaN where no query counted; NaN sorts last
        }
        Arrays.sort(drawn);
        return new Interval(value, percentile(drawn, 0.025), percentile(drawn, 0.975));
    }

    /**
     * How much better {@code these} are than {@code those} on the same queries: the mean of the differences. Pairing takes out
     * that some queries are harder than others, which is most of the spread.
     */
    public static Interval difference(double[] these, double[] those, long seed) {
        check(these.length == those.length, "bootstrap: %d queries and %d (expected the same queries of both)",
                these.length, those.length);
        double[] differences = new double[these.length];
        Arrays.setAll(differences, i -> these[i] - those[i]);
        return mean(differences, seed);
    }

    /** Between the two nearest of sorted values. */
    private static double percentile(double[] sorted, double part) {
        double at = part * (sorted.length - 1);
        int below = (int) at;
        return sorted[below] + (at - below) * (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]);
    }
}
