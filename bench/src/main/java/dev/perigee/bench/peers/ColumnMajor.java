package dev.perigee.bench.peers;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Arrays [rows, dim] of float64 that NumPy wrote column by column, which the product, reading rows one by one, refuses. */
final class ColumnMajor {
    private static final Pattern HEADER =
            Pattern.compile(".*'descr': '<f8', 'fortran_order': True, 'shape': \\((\\d{1,9}), (\\d{1,9})\\).*", Pattern.DOTALL);
    private static final int VERSION_1_BYTES = 10; // of magic, version and the length of the text that follows

    private ColumnMajor() {
    }

    /** The rows of a member "file.npz#name"; nothing if it is no such array. */
    static Optional<Matrix> read(Path file, Arena arena) {
        String[] parts = file.toString().split("#");
        if (parts.length != 2) {
            return Optional.empty();
        }
        try (ZipFile zip = new ZipFile(parts[0])) {
            ZipEntry entry = zip.getEntry(parts[1] + ".npy");
            if (entry == null) {
                return Optional.empty();
            }
            try (DataInputStream in = new DataInputStream(zip.getInputStream(entry))) {
                ByteBuffer start = ByteBuffer.wrap(in.readNBytes(VERSION_1_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
                byte[] text = in.readNBytes(Short.toUnsignedInt(start.getShort(VERSION_1_BYTES - Short.BYTES)));
                Matcher header = HEADER.matcher(new String(text, StandardCharsets.US_ASCII));
                return header.matches() ? Optional.of(columns(in, Integer.parseInt(header.group(1)),
                        Integer.parseInt(header.group(2)), file, arena)) : Optional.empty();
            }
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "data: '%s': %s".formatted(file, e), e);
        }
    }

    private static Matrix columns(DataInputStream in, int rows, int dim, Path file, Arena arena) throws IOException {
        float[][] values = new float[rows][dim];
        for (int j = 0; j < dim; j++) {
            byte[] column = in.readNBytes(rows * Double.BYTES);
            check(column.length == rows * Double.BYTES, "data: '%s': %d bytes in column %d (expected %d)", file, column.length, j,
                    rows * Double.BYTES);
            ByteBuffer numbers = ByteBuffer.wrap(column).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < rows; i++) {
                values[i][j] = (float) numbers.getDouble(i * Double.BYTES);
            }
        }
        return Matrix.copyOf(arena, values);
    }
}
