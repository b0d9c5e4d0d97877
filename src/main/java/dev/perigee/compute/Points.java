package dev.perigee.compute;

import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;

/**
 * Rows that are compared with centroids again and again, as k-means does: where a backend has memory of its own, they are
 * taken there once. For one thread. The same numbers on every backend, to the last bit.
 */
public interface Points extends AutoCloseable {
    /**
     * Finds the nearest centroid of each row, by exact squared L2, ties to the lower number.
     *
     * @return whether any row has another than before; true the first time
     */
    boolean assign(FlatData centroids);

    /** Copies the numbers of the centroids that were found last, one per row. */
    void labels(int[] into);

    /**
     * Moves each centroid to the mean of the rows that were assigned to it last, summed in double in their order and rounded
     * once; one without rows stays.
     *
     * @param centroids [k, dim]
     * @return rows of each centroid
     */
    int[] means(Matrix centroids);

    @Override
    void close();
}
