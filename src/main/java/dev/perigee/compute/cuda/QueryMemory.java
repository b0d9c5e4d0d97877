package dev.perigee.compute.cuda;

import dev.perigee.compute.Searcher;
import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;

/** Pinned memory for queries, kept for the next lease. Thread-safe. */
final class QueryMemory implements AutoCloseable {
    /** What is kept at the most. */
    private static final long MOST_IDLE_BYTES = 256L << 20;

    private final CudaDevice device;
    private final TreeMap<Long, PinnedBuffer> idle = new TreeMap<>();
    private long idleBytes;

    QueryMemory(CudaDevice device) {
        this.device = device;
    }

    Searcher.Queries lease(long bytes, int rows, int dim) {
        PinnedBuffer buffer = take(bytes);
        MemorySegment memory = buffer.segment().asSlice(0, bytes).fill((byte) 0);
        return new Lease(buffer, Matrix.of(memory, rows, dim));
    }

    private PinnedBuffer take(long bytes) {
        synchronized (this) {
            Map.Entry<Long, PinnedBuffer> fit = idle.ceilingEntry(bytes);
            if (fit != null && fit.getKey() <= Math.max(1 << 16, 4 * bytes)) {
                idle.remove(fit.getKey());
                idleBytes -= fit.getKey();
                return fit.getValue();
            }
        }
        return device.allocatePinned(bytes);
    }

    private synchronized void give(PinnedBuffer buffer) {
        long bytes = buffer.segment().byteSize();
        if (idleBytes + bytes > MOST_IDLE_BYTES || idle.containsKey(bytes)) {
            buffer.close();
            return;
        }
        idle.put(bytes, buffer);
        idleBytes += bytes;
    }

    private final class Lease implements Searcher.Queries {
        private PinnedBuffer buffer;
        private final Matrix matrix;

        Lease(PinnedBuffer buffer, Matrix matrix) {
            this.buffer = buffer;
            this.matrix = matrix;
        }

        @Override
        public Matrix matrix() {
            return matrix;
        }

        @Override
        public synchronized void close() {
            if (buffer != null) {
                give(buffer);
                buffer = null;
            }
        }
    }

    @Override
    public synchronized void close() {
        idle.values().forEach(PinnedBuffer::close);
        idle.clear();
    }
}
