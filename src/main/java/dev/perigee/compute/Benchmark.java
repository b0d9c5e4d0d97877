package dev.perigee.compute;

import java.util.List;
import java.util.Map;

/** A measurement by itself: named rows, ceilings included, every answer checked before it is timed. */
public interface Benchmark {
    /** Names of the rows it can give, in order. */
    List<String> rows();

    /** Measures the rows of those names. @throws dev.perigee.PerigeeException INTERNAL if an answer was wrong */
    List<Row> run(List<String> names);

    /**
     * One figure.
     *
     * @param value   NaN where nothing was measured
     * @param goal    the value that is just good enough, NaN where there is no goal
     * @param atMost  whether smaller is better, as with times
     * @param context what it is seen beside
     */
    record Row(String name, double value, String unit, double goal, boolean atMost, Context context) {
        public Row(String name, double value, String unit, double goal, boolean atMost) {
            this(name, value, unit, goal, atMost, Context.NONE);
        }

        /** Larger is better. */
        public Row(String name, double value, String unit, double goal) {
            this(name, value, unit, goal, false);
        }

        public boolean hasGoal() {
            return !Double.isNaN(goal);
        }

        public boolean met() {
            return !hasGoal() || (atMost ? value <= goal : value >= goal);
        }
    }

    /**
     * What a figure is seen beside, in its unit.
     *
     * @param anchor  what others reach, in words: measured, published or predicted, as they say; empty if nobody is known
     * @param limit   what the ceilings of the machine allow, NaN if it is not known
     * @param stretch a goal beyond the goal, NaN if there is none
     * @param recall  part of the exact answers that were found, NaN where nothing was searched
     * @param more    further figures, each with its unit in its name
     */
    record Context(String anchor, double limit, double stretch, double recall, Map<String, Double> more) {
        public static final Context NONE = new Context("", Double.NaN, Double.NaN, Double.NaN, Map.of());

        public Context {
            more = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(more));
        }
    }
}
