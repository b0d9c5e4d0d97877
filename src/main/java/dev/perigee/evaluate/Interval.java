package dev.perigee.evaluate;

/**
 * A figure and where it lies with 95 % confidence; NaN all three where there is nothing to judge.
 *
 * @param value what was measured
 */
public record Interval(double value, double low, double high) {
    /** Whether zero is outside: a difference that chance does not explain. */
    public boolean excludesZero() {
        return low > 0 || high < 0;
    }

    /**
     * A proportion of independent draws (E. Wilson, Probable inference, the law of succession, and statistical inference, 1927).
     *
     * @param right of {@code trials} draws
     */
    public static Interval wilson(long right, long trials) {
        double z = 1.959963984540054; // 97.5 % of the normal distribution lie below
        double p = (double) right / trials;
        double scale = 1 + z * z / trials;
        double middle = (p + z * z / (2 * trials)) / scale;
        double half = z / scale * Math.sqrt(p * (1 - p) / trials + z * z / (4.0 * trials * trials));
        return new Interval(p, Math.max(0, middle - half), Math.min(1, middle + half));
    }
}
