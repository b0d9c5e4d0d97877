package dev.perigee.compute;

import java.util.List;

/** A measurement by itself: named rows, ceilings included, every answer checked before it is timed. */
public interface Benchmark {
    /** Names of the rows it can give, in order. */
    List<String> rows();

    /** Measures the rows of those names. @throws dev.perigee.PerigeeException INTERNAL if an answer was wrong */
    List<Row> run(List<String> names);

    /**
     * One figure.
     *
     * @param goal   the value that is just good enough, NaN where there is no goal
     * @param atMost whether smaller is better, as with times
     */
    record Row(String name, double value, String unit, double goal, boolean atMost) {
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
}
