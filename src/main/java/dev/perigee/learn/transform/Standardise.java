package dev.perigee.learn.transform;

import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Features brought to one scale, {@code (x - shift) / spread} each, with the statistics of the rows [n, dim] given. A feature
 * without spread becomes 0 and is told of, never infinite.
 */
public final class Standardise {
    private Standardise() {
    }

    /** Mean 0 and standard deviation 1 (divisor n). */
    public static Fit zScore(Matrix rows) {
        Features features = Features.of(rows);
        return fit("standardise", features, features.mean(), features.std());
    }

    /** From 0 to 1. */
    public static Fit minMax(Matrix rows) {
        Features features = Features.of(rows);
        double[] range = IntStream.range(0, features.dim()).mapToDouble(t -> features.max()[t] - features.min()[t]).toArray();
        return fit("minmax", features, features.min(), range);
    }

    /**
     * Median 0 and interquartile range 1, which a few wild values do not move; quantiles are interpolated linearly (type 7 of
     * R. Hyndman, Y. Fan, Sample quantiles in statistical packages, 1996).
     */
    public static Fit robust(Matrix rows) {
        Features features = Features.of(rows);
        double[] median = new double[features.dim()];
        double[] range = new double[features.dim()];
        float[] column = new float[rows.rows()];
        for (int t = 0; t < median.length; t++) {
            for (int i = 0; i < column.length; i++) {
                column[i] = rows.get(i, t);
            }
            Arrays.sort(column);
            median[t] = quantile(column, 0.5);
            range[t] = quantile(column, 0.75) - quantile(column, 0.25);
        }
        return fit("robust", features, median, range);
    }

    private static double quantile(float[] sorted, double part) {
        double at = part * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * ((double) sorted[above] - sorted[below]);
    }

    private static Fit fit(String method, Features features, double[] shift, double[] spread) {
        features.requireVarying();
        IntPredicate constant = t -> features.min()[t] == features.max()[t];
        double[] scale = IntStream.range(0, spread.length).mapToDouble(t -> constant.test(t) || spread[t] == 0 ? 0 : 1 / spread[t]).toArray();
        int[] flat = IntStream.range(0, spread.length).filter(t -> scale[t] == 0 && !constant.test(t)).toArray();
        List<String> warnings = Features.join(List.of(features.constantWarning("which become 0"),
                Features.named("features without interquartile range", flat, spread.length, "which become 0, though they vary")));
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("method", method);
        facts.put("rows", String.valueOf(features.rows()));
        facts.put("constant_features", String.valueOf(features.constant().length));
        return new Fit(Transform.of(new Transform.Scale(shift, scale)), facts, warnings);
    }
}
