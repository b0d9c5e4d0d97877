package dev.perigee.compute.simd;

import dev.perigee.vector.Matrix;

/** Offers the codes of lists to the candidates of a query. Belongs to one worker, and holds the query's tables. */
interface CodeScan extends AutoCloseable {
    /** Makes the tables of a query. */
    void query(Matrix queries, int query);

    /**
     * Offers every allowed code of a list whose key is at most the candidates' threshold. A key is the row's term, plus the
     * look-ups of its code in the order of {@link CodeKernel}, plus {@code constant}, all in float.
     *
     * @param constant what the list's sums lack to a distance
     */
    void list(Candidates candidates, int list, float constant);

    @Override
    default void close() {
    }
}
