package dev.perigee.bench.peers;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Files without a header of little-endian float32 or int32, as engines read and write them. */
final class RawFile {
    private static final int BUFFER_BYTES = 1 << 20;

    private RawFile() {
    }

    /** Writes rows of float32, one after another; an existing file is replaced. */
    static final class Writer implements AutoCloseable {
        private final FileChannel file;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

        Writer(Path path) {
            try {
                file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING);
            } catch (IOException e) {
                throw failed(path, e);
            }
        }

        void write(float[] row) {
            for (float value : row) {
                if (buffer.remaining() < Float.BYTES) {
                    flush();
                }
                buffer.putFloat(value);
            }
        }

        private void flush() {
            try {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    file.write(buffer);
                }
                buffer.clear();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            try (file) {
                flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static MemorySegment map(Path path, Arena arena) {
        try (FileChannel file = FileChannel.open(path)) {
            return file.map(FileChannel.MapMode.READ_ONLY, 0, file.size(), arena);
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    static void writeInts(Path path, int[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        try {
            Files.write(path, bytes.array());
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    static int[] readInts(Path path) {
        try (Arena arena = Arena.ofConfined()) {
            return map(path, arena).toArray(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
        }
    }

    private static PerigeeException failed(Path path, IOException e) {
        return new PerigeeException(ErrorCode.IO, "file: '%s': %s".formatted(path, e), e);
    }
}
