package dev.perigee.compute;

import dev.perigee.distance.Distance;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfParts;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.function.IntToLongFunction;

/** Index files of another library: a user brings an index, and takes it away. */
public interface IndexFiles {
    /**
     * Opens a file.
     *
     * @throws dev.perigee.PerigeeException NOT_FOUND; UNSUPPORTED if it holds what Perigee has not, with the reason
     */
    Content read(Path file);

    /**
     * Writes an index, its rows and lists with their true dim.
     *
     * @param ids      of the rows
     * @param withRows keep the rows beside the codes of IVF-PQ, for refinement
     */
    void write(Path file, IndexData data, IntToLongFunction ids, boolean withRows);

    /** What a file holds. Rows are numbered anew: by ascending id where they lie in lists, else as they lie. */
    interface Content extends AutoCloseable {
        Distance distance();

        int dim();

        int rows();

        /** Whether its rows are those that were added, not decoded from codes. */
        boolean hasRows();

        long id(int row);

        /** Copies rows, from {@code from} on, to {@code into} [n, dim]. */
        void copyRows(int from, Matrix into);

        /** Its lists, in memory of {@code arena}; null for a flat index. */
        IvfParts parts(Arena arena);

        @Override
        void close();
    }
}
