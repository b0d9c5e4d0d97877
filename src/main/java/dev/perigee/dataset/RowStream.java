package dev.perigee.dataset;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The rows of one file, one after the other, still in the bytes of the file. Whatever ends wrongly - a cut row, another
 * dim, bytes after the last row, a checksum - is thrown with the row it belongs to, the last row included.
 */
final class RowStream implements AutoCloseable {
    private final Input in;
    private final Layout layout;
    private final ByteBuffer prefix;
    private final ByteBuffer values;
    private final long rows;
    private long row;

    private RowStream(Input in, Layout layout) {
        this.in = in;
        this.layout = layout;
        this.prefix = in.view(ByteOrder.LITTLE_ENDIAN);
        this.values = in.view(layout.order());
        this.rows = layout.rows().orElse(-1);
    }

    static RowStream open(Path file, Optional<VectorFormat> format) {
        Location location = Location.of(file, format);
        Input in = Input.open(location);
        try {
            RowStream stream = new RowStream(in, Layout.read(in, location.format()));
            if (stream.rows == 0) {
                stream.checkEnd(0);
            }
            return stream;
        } catch (RuntimeException e) {
            in.close();
            throw e;
        }
    }

    Layout layout() {
        return layout;
    }

    /** Rows read so far. */
    long row() {
        return row;
    }

    /** The buffer that {@link #next} points into, in the byte order of the values. */
    ByteBuffer values() {
        return values;
    }

    /** Goes to the next row and returns the index of its first value in {@link #values}, or -1 after the last. */
    int next() {
        if (row == rows || rows < 0 && !in.has(1)) {
            return -1;
        }
        if (layout.prefix() > 0) {
            long offset = in.offset();
            int dim = prefix.getInt(in.take(layout.prefix(), row));
            if (dim != layout.dim()) {
                throw in.corrupt(offset, "dim: %d in row %d".formatted(dim, row), layout.dim() + " as in row 0");
            }
        }
        int bytes = layout.rowBytes() - layout.prefix();
        if (row + 1 == rows) {
            // looks past the row before taking it: later, filling the buffer would move the row
            checkEnd(bytes);
        }
        int at = in.take(bytes, row);
        row++;
        return at;
    }

    private void checkEnd(int bytes) {
        if (in.has(bytes + 1)) {
            throw in.corrupt(in.offset() + bytes, "after the last row: more bytes", "the end after %d rows".formatted(rows));
        }
    }

    @Override
    public void close() {
        in.close();
    }
}
