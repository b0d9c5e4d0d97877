package dev.perigee.compute;

import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.vector.Matrix;
import java.util.List;
import java.util.Optional;

/** A way to search and to compare many rows. Thread-safe; close it after its searchers. */
public interface ComputeBackend extends AutoCloseable {
    /** One word: scalar, simd. */
    String name();

    /** What it runs on, in words. */
    String device();

    /**
     * A searcher over the segments of one space, in order: rows of a later segment count as inserted later. All segments
     * have one dim and distance, and those with lists one model. The data must stay open as long as the searcher is used.
     */
    Searcher open(List<IndexData> segments);

    /**
     * The nearest centroid of each row, by exact distance, ties to the lower number: the same on every backend.
     *
     * @param rows [n, dim]
     * @param into n numbers of rows of {@code centroids}
     */
    void nearest(Matrix rows, FlatData centroids, int[] into);

    /** The rows of {@code bench kernels} that this backend measures itself; none if it has no kernels of its own. */
    default List<Benchmark> benchmarks() {
        return List.of();
    }

    /** Checks of this backend on this machine; none if it has none of its own. */
    default Optional<Verification> verification() {
        return Optional.empty();
    }

    @Override
    void close();
}
