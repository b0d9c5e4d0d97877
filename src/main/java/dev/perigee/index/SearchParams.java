package dev.perigee.index;

/** How one query searches an index; segments that are flat are searched exactly whatever it says. */
public sealed interface SearchParams {
    /** Lists to scan, 1 or more; more than there are = all. */
    int probes();

    /** Every row. */
    record Flat() implements SearchParams {
        @Override
        public int probes() {
            return Integer.MAX_VALUE;
        }
    }

    /** Whole rows of the probed lists. */
    record IvfFlat(int probes) implements SearchParams {
    }

    /**
     * @param refine best candidates to re-score from the rows, at least k; 0 = answer from the codes alone
     */
    record IvfPq(int probes, int refine) implements SearchParams {
    }

    /**
     * @param refine best candidates of the codes to re-score from the rows; fewer than k count as k
     */
    record IvfSq(int probes, int refine) implements SearchParams {
    }
}
