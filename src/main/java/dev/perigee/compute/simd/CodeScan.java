package dev.perigee.compute.simd;

import dev.perigee.vector.Matrix;

/**
 * Finds the best codes of a query. The key of a code is the row's term, plus the look-ups in the order of {@link CodeKernel},
 * plus its list's constant, all in float. Belongs to one worker.
 */
interface CodeScan extends AutoCloseable {
    /**
     * The {@code keep} best of the codes that may be returned, by (key, row).
     *
     * @param lists     to search, the most promising first
     * @param constants of those lists
     */
    Candidates search(Matrix queries, int query, int keep, int[] lists, float[] constants);

    @Override
    default void close() {
    }
}
