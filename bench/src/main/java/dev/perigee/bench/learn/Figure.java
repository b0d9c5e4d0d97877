package dev.perigee.bench.learn;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.Benchmark.Context;
import dev.perigee.evaluate.Interval;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a row will say, with what it is seen beside. Immutable.
 *
 * @param goal    NaN for none
 * @param stretch NaN for none
 * @param anchor  what others reach
 */
record Figure(String name, String unit, double goal, double stretch, boolean atMost, String anchor) {
    static Figure of(String name, String unit) {
        return new Figure(name, unit, Double.NaN, Double.NaN, false, "");
    }

    static Figure atLeast(String name, String unit, double goal, double stretch, String anchor) {
        return new Figure(name, unit, goal, stretch, false, anchor);
    }

    static Figure atMost(String name, String unit, double goal, String anchor) {
        return new Figure(name, unit, goal, Double.NaN, true, anchor);
    }

    Figure beside(String other) {
        return new Figure(name, unit, goal, stretch, atMost, other);
    }

    Benchmark.Row row(double value) {
        return row(value, Map.of());
    }

    /** A mean with where it lies with 95 % confidence. */
    Benchmark.Row row(Interval interval) {
        Map<String, Double> more = new LinkedHashMap<>();
        more.put("low", interval.low());
        more.put("high", interval.high());
        return row(interval.value(), more);
    }

    private Benchmark.Row row(double value, Map<String, Double> more) {
        return new Benchmark.Row(name, value, unit, goal, atMost, new Context(anchor, Double.NaN, stretch, Double.NaN, more));
    }

    static List<String> names(Figure... figures) {
        return Arrays.stream(figures).map(Figure::name).toList();
    }
}
