package dev.perigee.bench.peers;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one round says of one setting; the passes of the round are one.
 *
 * @param cpuQps queries per second of processor time, where an engine tells it, which does not suffer from what else runs; else
 *               as {@code qps}
 */
record Sample(double recall, double qps, double p50Micros, double p99Micros, double cpuQps) {
    static double median(List<Sample> samples, ToDoubleFunction<Sample> field) {
        return median(samples.stream().mapToDouble(field).toArray());
    }

    /** The middle one, or the mean of the two in the middle; NaN of none. */
    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        return n == 0 ? Double.NaN : n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }
}
