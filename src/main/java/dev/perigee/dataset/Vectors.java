package dev.perigee.dataset;

import static dev.perigee.PerigeeException.check;

import com.sun.management.OperatingSystemMXBean;
import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Whole vector files: read into memory, or written at once. */
public final class Vectors {
    private static final int MOST_ROWS = Integer.MAX_VALUE - 8;
    /** Up to this size of a matrix, a header inside a compressed file is taken at its word. */
    private static final long BELIEVED_BYTES = 1L << 28;

    private Vectors() {
    }

    /** As {@link #read(Path, Optional, Arena)}, the format by file name. */
    public static Matrix read(Path file, Arena arena) {
        return read(file, Optional.empty(), arena);
    }

    /**
     * The rows of a file [rows, dim] in memory of {@code arena}, nothing of them on the heap. Errors as
     * {@link VectorReader#open(Path, Optional)}, and LIMIT_EXCEEDED for more rows or bytes than fit.
     */
    public static Matrix read(Path file, Optional<VectorFormat> format, Arena arena) {
        try (VectorReader reader = VectorReader.open(file, format)) {
            int rows = checkRows(rows(reader, file, format), file);
            Matrix matrix = allocate(arena, rows, reader.dim(), file);
            if (reader.read(matrix, 0, rows) < rows || !reader.ended()) {
                throw new PerigeeException(ErrorCode.CORRUPT_FILE,
                        "rows: changed while reading (expected %d, file '%s')".formatted(rows, file));
            }
            return matrix;
        }
    }

    /**
     * How many rows memory is taken for. Compressed files are read once more to count, where they say nothing (fvecs and
     * its kin) or claim so much that it must not be believed: a few bytes may promise what never comes.
     */
    private static long rows(VectorReader reader, Path file, Optional<VectorFormat> format) {
        if (reader.rows().isEmpty()) {
            return count(file, format);
        }
        long claimed = reader.rows().getAsLong();
        return Location.of(file, format).compressed() && claimed > BELIEVED_BYTES / Matrix.stride(reader.dim())
                ? count(file, format) : claimed;
    }

    private static long count(Path file, Optional<VectorFormat> format) {
        try (RowStream stream = RowStream.open(file, format)) {
            while (stream.next() >= 0) {
                checkRows(stream.row(), file);
            }
            return stream.row();
        }
    }

    private static int checkRows(long rows, Path file) {
        if (rows > MOST_ROWS) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED,
                    "rows: %d (expected at most %d, file '%s')".formatted(rows, MOST_ROWS, file));
        }
        return (int) rows;
    }

    static Matrix allocate(Arena arena, int rows, int dim, Path file) {
        long bytes = Matrix.bytes(rows, dim);
        long memory = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        // the kernel grants more than there is, and kills the process once it is written to
        if (bytes > memory) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED, "memory: %d bytes for %d x %d (expected at most %d, file '%s')"
                    .formatted(bytes, rows, dim, memory, file));
        }
        try {
            return Matrix.allocate(arena, rows, dim);
        } catch (OutOfMemoryError e) { // memory outside the heap says no in this way; nothing is lost by it
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED, "memory: %d bytes for %d x %d (%s, file '%s')".formatted(
                    bytes, rows, dim, e.getMessage(), file), e);
        }
    }

    /**
     * Integers, one per row, in file order: ivecs or bvecs of dim 1, integer npy, npz or IDX of one column, or, by any other
     * name, a text file of one integer per line, plain or gz.
     *
     * @throws PerigeeException as {@link VectorReader#open(Path, Optional)}; INVALID_ARGUMENT for values that are no
     *     integers or rows of more than one
     */
    public static long[] readIds(Path file, Optional<VectorFormat> format) {
        if (format.isEmpty() && VectorFormat.byName(file).isEmpty()) {
            return IntegerLines.read(file);
        }
        try (RowStream stream = RowStream.open(file, format)) {
            checkIntegers(stream.layout(), file);
            check(stream.layout().dim() == 1, "dim: %d (expected 1, one id per row, file '%s')", stream.layout().dim(), file);
            long[] ids = new long[firstLength(stream.layout().rows())];
            int n = 0;
            for (int at = stream.next(); at >= 0; at = stream.next()) {
                if (n == ids.length) {
                    ids = longer(ids, file);
                }
                ids[n++] = stream.layout().type().integer(stream.values(), at);
            }
            return Arrays.copyOf(ids, n);
        }
    }

    /** What a header says is believed up to 64 Ki rows: inside gzip it may promise what never comes. */
    private static int firstLength(OptionalLong rows) {
        return (int) Math.min(rows.orElse(Long.MAX_VALUE), 1 << 16);
    }

    static long[] longer(long[] ids, Path file) {
        checkRows(ids.length + 1L, file);
        return Arrays.copyOf(ids, (int) Math.min(MOST_ROWS, Math.max(16, ids.length * 2L)));
    }

    private static void checkIntegers(Layout layout, Path file) {
        check(layout.type().isInteger(), "type: %s (expected integers, file '%s')", layout.type().label(), file);
    }

    /** The rows [rows][dim] of an ivecs file, plain or gz, as of ground truth; on the heap. */
    public static int[][] readIvecs(Path file) {
        try (RowStream stream = RowStream.open(file, Optional.of(VectorFormat.IVECS))) {
            List<int[]> rows = new ArrayList<>();
            for (int at = stream.next(); at >= 0; at = stream.next()) {
                int[] row = new int[stream.layout().dim()];
                for (int j = 0; j < row.length; j++) {
                    row[j] = stream.values().getInt(at + j * Integer.BYTES);
                }
                rows.add(row);
            }
            return rows.toArray(int[][]::new);
        }
    }

    /** Refuses a name that {@link #writeHits} cannot write, before there is anything to write. */
    public static void requireHitsName(Path out) {
        check(endsWith(out, ".ivecs") || endsWith(out, ".npy"), "file: '%s' (expected *.ivecs or *.npy)", out);
    }

    /** Refuses a name that {@link #writeFvecs} cannot write. */
    public static void requireFvecsName(Path out) {
        check(endsWith(out, ".fvecs"), "file: '%s' (expected *.fvecs)", out);
    }

    private static boolean endsWith(Path file, String ending) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(ending);
    }

    /**
     * Writes answers {@code ids} [rows, k] as .ivecs or as .npy (int64), by the file's name. An existing file is replaced;
     * on failure nothing is left.
     *
     * @throws PerigeeException INVALID_ARGUMENT for another name, or an id that an ivecs cannot hold; IO, NOT_FOUND (folder)
     */
    public static void writeHits(Path out, long[] ids, int rows, int k) {
        check(k <= Matrix.MAX_DIM, "k: %d (expected 1 to %d)", k, Matrix.MAX_DIM);
        check(k >= 1 && rows >= 0 && ids.length == (long) rows * k, "ids: %d (expected %d x %d)", ids.length, rows, k);
        requireHitsName(out);
        if (endsWith(out, ".npy")) {
            NewFile.write(out, stream -> {
                stream.write(NpyHeader.ofLongs(rows, k));
                ByteBuffer row = ByteBuffer.allocate(k * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < rows; i++) {
                    row.asLongBuffer().put(ids, i * k, k);
                    stream.write(row.array());
                }
            });
            return;
        }
        for (long id : ids) {
            check(id == (int) id, "id %d does not fit ivecs (expected %s; use .npy)", id,
                    id > 0 ? "<= " + Integer.MAX_VALUE : ">= " + Integer.MIN_VALUE);
        }
        NewFile.write(out, stream -> {
            ByteBuffer row = ByteBuffer.allocate(Integer.BYTES + k * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < rows; i++) {
                row.clear().putInt(k);
                for (int j = 0; j < k; j++) {
                    row.putInt((int) ids[i * k + j]);
                }
                stream.write(row.array());
            }
        });
    }

    /** Refuses a name that {@link #writeNpy} cannot write. */
    public static void requireNpyName(Path out) {
        check(endsWith(out, ".npy"), "file: '%s' (expected *.npy)", out);
    }

    /** Writes rows [n, dim] as .npy (float32). An existing file is replaced; on failure nothing is left. */
    public static void writeNpy(Path out, Matrix rows) {
        requireNpyName(out);
        NewFile.write(out, stream -> {
            stream.write(NpyHeader.ofFloats(rows.rows(), rows.dim()));
            ByteBuffer row = ByteBuffer.allocate(rows.dim() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < rows.rows(); i++) {
                row.asFloatBuffer().put(rows.get(i));
                stream.write(row.array());
            }
        });
    }

    /** Writes {@code values} [rows, dim] as .fvecs. An existing file is replaced; on failure nothing is left. */
    public static void writeFvecs(Path out, float[] values, int rows, int dim) {
        check(dim >= 1 && dim <= Matrix.MAX_DIM, "dim: %d (expected 1 to %d)", dim, Matrix.MAX_DIM);
        check(rows >= 0 && values.length == (long) rows * dim, "values: %d (expected %d x %d)", values.length, rows, dim);
        requireFvecsName(out);
        NewFile.write(out, stream -> {
            ByteBuffer row = ByteBuffer.allocate(Integer.BYTES + dim * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            row.putInt(0, dim);
            for (int i = 0; i < rows; i++) {
                row.slice(Integer.BYTES, dim * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer()
                        .put(values, i * dim, dim);
                stream.write(row.array());
            }
        });
    }
}
