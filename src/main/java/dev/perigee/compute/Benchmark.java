package dev.perigee.compute;

import java.util.List;

/** A measurement of a backend by itself: named rows, ceilings included, every answer checked before it is timed. */
public interface Benchmark {
    /** Names of the rows it can give, in order. */
    List<String> rows();

    /** Measures the rows of those names. @throws dev.perigee.PerigeeException INTERNAL if an answer was wrong */
    List<Row> run(List<String> names);

    /**
     * One figure.
     *
     * @param goal the least value that is good enough, NaN where there is no goal
     */
    record Row(String name, double value, String unit, double goal) {
        public boolean met() {
            return Double.isNaN(goal) || value >= goal;
        }
    }
}
