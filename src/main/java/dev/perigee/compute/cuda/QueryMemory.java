package dev.perigee.compute.cuda;

import dev.perigee.compute.Searcher;
import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** Pinned memory for queries, in sizes that are powers of two, kept for the next lease: to pin takes long. Thread-safe. */
final class QueryMemory implements AutoCloseable {
    private static final long LEAST_BYTES = 1 << 16;
    /** What is kept at the most. */
    private static final long MOST_IDLE_BYTES = 256L << 20;

    private final CudaDevice device;
    private final Map<Long, Deque<PinnedBuffer>> idle = new HashMap<>();
    private long idleBytes;
    private boolean closed;

    QueryMemory(CudaDevice device) {
        this.device = device;
    }

    Searcher.Queries lease(int rows, int dim) {
        long bytes = Math.max(Matrix.ALIGNMENT, Matrix.bytes(rows, dim));
        long size = Math.max(LEAST_BYTES, Long.highestOneBit(2 * bytes - 1));
        PinnedBuffer buffer = take(size);
        MemorySegment memory = buffer.segment().asSlice(0, bytes).fill((byte) 0);
        return new Lease(buffer, size, Matrix.of(memory, rows, dim));
    }

    private PinnedBuffer take(long size) {
        synchronized (this) {
            PinnedBuffer kept = idle.computeIfAbsent(size, s -> new ArrayDeque<>()).poll();
            if (kept != null) {
                idleBytes -= size;
                return kept;
            }
        }
        return device.allocatePinned(size);
    }

    private synchronized void give(PinnedBuffer buffer, long size) {
        if (closed || idleBytes + size > MOST_IDLE_BYTES) {
            buffer.close();
            return;
        }
        idle.get(size).push(buffer);
        idleBytes += size;
    }

    private final class Lease implements Searcher.Queries {
        private PinnedBuffer buffer;
        private final long size;
        private final Matrix matrix;

        Lease(PinnedBuffer buffer, long size, Matrix matrix) {
            this.buffer = buffer;
            this.size = size;
            this.matrix = matrix;
        }

        @Override
        public Matrix matrix() {
            return matrix;
        }

        @Override
        public synchronized void close() {
            if (buffer != null) {
                give(buffer, size);
                buffer = null;
            }
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.values().forEach(buffers -> buffers.forEach(PinnedBuffer::close));
        idle.clear();
    }
}
