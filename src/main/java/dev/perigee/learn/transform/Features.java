package dev.perigee.learn.transform;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What each feature (column) of rows is like: arrays [dim]; {@code std} with divisor n. */
record Features(int rows, double[] mean, double[] std, double[] min, double[] max) {
    private static final double MOST_SCALE_RATIO = 100;
    private static final double ROUNDING = 0x1p-24;
    private static final int NAMED = 10;

    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT for fewer than two rows, or one that is not finite */
    static Features of(Matrix rows) {
        check(rows.rows() >= 2, "rows: %d (expected 2 or more)", rows.rows());
        int bad = rows.firstNotFinite();
        check(bad < 0, "row %d: not finite (expected numbers)", bad);
        int dim = rows.dim();
        double[] mean = new double[dim];
        double[] min = new double[dim];
        double[] max = new double[dim];
        Arrays.fill(min, Double.POSITIVE_INFINITY);
        Arrays.fill(max, Double.NEGATIVE_INFINITY);
        for (int i = 0; i < rows.rows(); i++) {
            float[] values = rows.get(i);
            for (int t = 0; t < dim; t++) {
                mean[t] += values[t];
                min[t] = Math.min(min[t], values[t]);
                max[t] = Math.max(max[t], values[t]);
            }
        }
        for (int t = 0; t < dim; t++) {
            // sums of equal values are rounded, their mean must not be
            mean[t] = min[t] == max[t] ? min[t] : mean[t] / rows.rows();
        }
        double[] squares = new double[dim];
        for (int i = 0; i < rows.rows(); i++) {
            float[] values = rows.get(i);
            for (int t = 0; t < dim; t++) {
                double x = values[t] - mean[t];
                squares[t] += x * x;
            }
        }
        double[] std = Arrays.stream(squares).map(sum -> Math.sqrt(sum / rows.rows())).toArray();
        return new Features(rows.rows(), mean, std, min, max);
    }

    int dim() {
        return mean.length;
    }

    int[] constant() {
        return IntStream.range(0, dim()).filter(t -> min[t] == max[t]).toArray();
    }

    int[] varying() {
        return IntStream.range(0, dim()).filter(t -> min[t] < max[t]).toArray();
    }

    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT if no feature varies: there is nothing to learn from */
    void requireVarying() {
        check(varying().length > 0, "rows: all %d are equal (expected some that differ)", rows);
    }

    /** "constant features: 2 of 64 (3, 17), <what becomes of them>", if there are any. */
    List<String> constantWarning(String fate) {
        return named("constant features", constant(), dim(), fate);
    }

    static List<String> named(String what, int[] features, int dim, String fate) {
        if (features.length == 0) {
            return List.of();
        }
        String names = Arrays.stream(features).limit(NAMED).mapToObj(String::valueOf).collect(Collectors.joining(", "));
        return List.of("%s: %d of %d (numbers %s%s), %s".formatted(what, features.length, dim, names,
                features.length > NAMED ? " ..." : "", fate));
    }

    /** A word about features of very different scales, of which the largest alone would say what is near. */
    List<String> scaleWarning() {
        double largest = Arrays.stream(std).max().orElse(0);
        // what varies less than a rounding of float32 beside the largest is a constant that was computed
        int[] varying = Arrays.stream(varying()).filter(t -> std[t] > ROUNDING * largest).toArray();
        if (varying.length < 2) {
            return List.of();
        }
        int least = IntStream.of(varying).boxed().min((a, b) -> Double.compare(std[a], std[b])).orElseThrow();
        int most = IntStream.of(varying).boxed().max((a, b) -> Double.compare(std[a], std[b])).orElseThrow();
        if (std[most] <= MOST_SCALE_RATIO * std[least]) {
            return List.of();
        }
        return List.of(String.format(Locale.ROOT,
                "scales: feature %d has standard deviation %.4g, feature %d %.4g; by distance only the larger counts, so standardise first",
                most, std[most], least, std[least]));
    }

    static List<String> join(List<List<String>> lists) {
        List<String> all = new ArrayList<>();
        lists.forEach(all::addAll);
        return all;
    }
}
