package dev.perigee.compute;

import dev.perigee.vector.Matrix;

/** Searches the segments it was opened over. Thread-safe. */
public interface Searcher extends AutoCloseable {
    /**
     * Memory [rows, dim] that the device reads, for queries; the lease ends with its {@code close}.
     */
    Queries queries(int rows);

    /** A lease of query memory; the matrix is zeroed where the caller does not write (padding). */
    interface Queries extends AutoCloseable {
        Matrix matrix();

        @Override
        void close();
    }

    /**
     * Finds the neighbours of every query of the batch and merges them into {@code into}, which may hold some already.
     * Blocks until done; several threads may call.
     */
    void search(SearchBatch batch, TopK into);

    /** What searches, for callers that were given a choice of backends. */
    ComputeBackend backend();

    /** How many calls of {@link #search} to keep in flight. */
    int slots();

    /** Bytes of memory that it made of the segments so far and holds beside them; shared with other searchers over the same data. */
    default long bytes() {
        return 0;
    }

    @Override
    void close();
}
