package dev.perigee.bench.load;

import dev.perigee.cli.Output;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What was measured at one load.
 *
 * @param offeredQps requests per second that were due
 * @param capacity   answers per second of the closed loop
 * @param seconds    length of the schedule
 * @param open       of the open loop
 * @param waiting    of callers that wait, under the same load
 * @param waited     seconds that those callers went on
 */
record LoadPoint(double offeredQps, double capacity, double seconds, Trace open, Trace waiting, double waited) {
    /** Less than this part of what was offered, and the server falls behind. */
    static final double ACHIEVED = 0.98;

    /** Whether the server cannot do this: it falls behind, refuses, fails, or its p99 is above the bound. */
    boolean isBeyond(double mostP99Millis) {
        return isTooMuch() || open.fromDue().getValueAtPercentile(99) > mostP99Millis * 1e6;
    }

    /** Whether the server falls behind, refuses or fails: more load can only be worse. */
    boolean isTooMuch() {
        return achievedQps() < ACHIEVED * offeredQps || open.answered() < open.requests();
    }

    double achievedQps() {
        return open.achievedQps(seconds);
    }

    double ofCapacity() {
        return offeredQps / capacity;
    }

    /** As a row of the CSV file and of the JSON result. A percentile that no request lies beyond is null. */
    Map<String, Object> fields(double mostP99Millis) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("offered_qps", Output.rounded(offeredQps));
        fields.put("of_capacity", Output.rounded(ofCapacity()));
        fields.put("achieved_qps", Output.rounded(achievedQps()));
        fields.put("beyond_knee", isBeyond(mostP99Millis));
        Histogram latency = open.fromDue();
        put(fields, "", latency);
        fields.put("max_us", micros(latency.getTotalCount() == 0 ? Double.NaN : latency.getMaxValue()));
        fields.put("seconds", Output.rounded(seconds));
        fields.put("requests", open.requests());
        fields.put("answered", open.answered());
        fields.put("overloaded", open.overloaded());
        fields.put("failed", open.failed());
        fields.put("not_sent", open.notSent());
        fields.put("send_late_p99_us", percentile(open.late(), 99));
        fields.put("uncorrected_qps", Output.rounded(waiting.achievedQps(waited)));
        put(fields, "uncorrected_", waiting.fromSent());
        fields.put("uncorrected_overloaded", waiting.overloaded());
        fields.put("uncorrected_failed", waiting.failed());
        fields.put("uncorrected_not_sent", waiting.notSent());
        return fields;
    }

    private static void put(Map<String, Object> fields, String prefix, Histogram latency) {
        fields.put(prefix + "p50_us", percentile(latency, 50));
        fields.put(prefix + "p99_us", percentile(latency, 99));
        fields.put(prefix + "p999_us", percentile(latency, 99.9));
    }

    private static Double percentile(Histogram latency, double percentile) {
        boolean isKnown = latency.getTotalCount() * (100 - percentile) / 100 >= 0.999;
        return micros(isKnown ? latency.getValueAtPercentile(percentile) : Double.NaN);
    }

    private static Double micros(double nanos) {
        return Double.isNaN(nanos) ? null : (Double) Output.rounded(nanos * 1e-3);
    }

    /** For people who wait. */
    String summary() {
        Histogram latency = open.fromDue();
        return String.format(Locale.ROOT, "p50 %.2f ms, p99 %.2f ms; callers that wait saw p99 %.2f ms",
                latency.getValueAtPercentile(50) * 1e-6, latency.getValueAtPercentile(99) * 1e-6,
                waiting.fromSent().getValueAtPercentile(99) * 1e-6);
    }
}
