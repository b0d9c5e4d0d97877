package dev.perigee.compute.simd;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.util.List;
import java.util.stream.Stream;

/** {@link Distance#between} of a query and rows that lie anywhere in memory, to the last bit. One thread at a time. */
interface ExactRows {
    /**
     * The distances to the rows of some entries (see {@link Candidates#entry}).
     *
     * @param entries   the first {@code count} of them, at least one
     * @param distances gets as many
     */
    void between(Distance distance, Matrix queries, int query, Matrix rows, long[] entries, int count, double[] distances);

    /** What it runs on, for people. */
    String name();

    /** The fastest here. */
    static ExactRows best() {
        List<NativeExactRows> all = NativeSqTile.allExactRows(); // each search asks: no list is made for it
        return all.isEmpty() ? new EightRows() : all.getFirst();
    }

    /** All that this machine can run, the fastest first. */
    static List<ExactRows> all() {
        return Stream.concat(NativeSqTile.allExactRows().stream(), Stream.of(new EightRows())).toList();
    }
}
