package dev.perigee.dataset;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The rows of a vector file as float32, streamed: whatever the file's size, it holds a buffer of 1 MiB and one row.
 * For one thread. Whoever opens it closes it; after an exception only {@link #close} is of use. Values need not be finite.
 */
public final class VectorReader implements AutoCloseable {
    private final RowStream stream;
    private final float[] values;

    private VectorReader(RowStream stream) {
        this.stream = stream;
        this.values = new float[stream.layout().dim()];
    }

    /** Opens a file whose name says its format, see {@link VectorFormat#of}. */
    public static VectorReader open(Path file) {
        return open(file, Optional.empty());
    }

    /**
     * Opens a file and checks its header against the limits and the file's size.
     *
     * @param file   in an npz, {@code name.npz#member}
     * @param format overrides what the name says
     * @throws dev.perigee.PerigeeException NOT_FOUND, INVALID_ARGUMENT, UNSUPPORTED, CORRUPT_FILE or IO, with file and offset
     */
    public static VectorReader open(Path file, Optional<VectorFormat> format) {
        return new VectorReader(RowStream.open(file, format));
    }

    /** Values of a row, 1 to {@link Matrix#MAX_DIM}. */
    public int dim() {
        return stream.layout().dim();
    }

    /** All rows of the file; unknown only for fvecs, ivecs and bvecs inside gzip. */
    public OptionalLong rows() {
        return stream.layout().rows();
    }

    /** Rows read so far: the number of the next row. */
    public long row() {
        return stream.row();
    }

    /**
     * Reads the next rows into rows {@code fromRow} to {@code fromRow + count} of {@code into} (same dim).
     *
     * @return rows read: less than {@code count} only at the end, then 0
     * @throws dev.perigee.PerigeeException CORRUPT_FILE or IO; with the last row also what is wrong after it
     */
    public int read(Matrix into, int fromRow, int count) {
        check(into.dim() == dim(), "dim: %d (expected %d)", into.dim(), dim());
        Objects.checkFromIndexSize(fromRow, count, into.rows());
        for (int i = 0; i < count; i++) {
            int at = stream.next();
            if (at < 0) {
                return i;
            }
            stream.layout().type().floats(stream.values(), at, values);
            into.set(fromRow + i, values);
        }
        return count;
    }

    /** Goes one row on; whether there was none. Only for who has read all rows that it expects. */
    boolean ended() {
        return stream.next() < 0;
    }

    /** Closes the file; a second call does nothing. */
    @Override
    public void close() {
        stream.close();
    }
}
