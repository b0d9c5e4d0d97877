package dev.perigee.bench.workers;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** A mapped file of little-endian float32 [count, dim]; whoever opens it closes it. */
final class Rows implements AutoCloseable {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena = Arena.ofShared();
    private final MemorySegment values;
    private final int count;
    private final int dim;
    private final boolean unit;

    /** @param unit whether rows are scaled to length 1 when they are read; zeros stay zeros */
    Rows(Path file, int count, int dim, boolean unit) throws IOException {
        this.count = count;
        this.dim = dim;
        this.unit = unit;
        long bytes = (long) count * dim * Float.BYTES;
        try (FileChannel channel = FileChannel.open(file)) {
            if (channel.size() != bytes) {
                throw new IOException("%s: %d bytes (expected %d, for [%d, %d])"
                        .formatted(file, channel.size(), bytes, count, dim));
            }
            values = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    int count() {
        return count;
    }

    int dim() {
        return dim;
    }

    /** A copy of row i [dim]. */
    float[] get(int i) {
        float[] row = new float[dim];
        MemorySegment.copy(values, FLOAT, (long) i * dim * Float.BYTES, row, 0, dim);
        if (unit) {
            scale(row);
        }
        return row;
    }

    private static void scale(float[] row) {
        double squares = 0;
        for (float x : row) {
            squares += (double) x * x;
        }
        if (squares > 0) {
            double factor = 1 / Math.sqrt(squares);
            for (int t = 0; t < row.length; t++) {
                row[t] = (float) (row[t] * factor);
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
