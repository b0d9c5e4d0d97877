package dev.perigee.compute;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Checks of a backend on the machine at hand: its answers, and the kernels behind them. */
public interface Verification {
    /** How much is checked. */
    enum Scope {
        /** For a tool that makes everything slower, or a device that is none. */
        SMALL,
        FULL
    }

    /**
     * Runs all checks, also after one that failed.
     *
     * @param each told of each check when it is done
     */
    List<Check> run(Scope scope, Consumer<Check> each);

    /**
     * One check.
     *
     * @param detail  what was checked, or what was wrong
     * @param figures what was measured by the way, each with its unit in its name
     */
    record Check(String name, Outcome outcome, String detail, Map<String, Double> figures) {
        public enum Outcome {
            PASSED, FAILED, SKIPPED
        }
    }
}
