package dev.perigee.compute.simd;

import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/** Memory outside the heap that is used for the length of a call and then used again by another. */
final class Scratch implements AutoCloseable {
    /** The blocks that are not in use. Thread-safe. */
    static final class Pool implements AutoCloseable {
        private final ArrayDeque<Scratch> idle = new ArrayDeque<>();

        /** A block of at least that size; closing it gives it back. */
        Scratch take(long bytes) {
            Scratch scratch = poll();
            if (scratch == null) {
                scratch = new Scratch(this);
            }
            scratch.grow(bytes);
            return scratch;
        }

        private synchronized Scratch poll() {
            return idle.pollFirst();
        }

        private synchronized void giveBack(Scratch scratch) {
            idle.addFirst(scratch);
        }

        @Override
        public void close() {
            for (Scratch s = poll(); s != null; s = poll()) {
                s.arena.close();
            }
        }
    }

    private final Pool pool;
    private Arena arena = Arena.ofShared();
    private MemorySegment memory = MemorySegment.NULL;

    private Scratch(Pool pool) {
        this.pool = pool;
    }

    private void grow(long bytes) {
        if (memory.byteSize() < bytes) {
            arena.close();
            arena = Arena.ofShared();
            memory = arena.allocate(bytes, Matrix.ALIGNMENT);
        }
    }

    MemorySegment memory() {
        return memory;
    }

    long address() {
        return memory.address();
    }

    @Override
    public void close() {
        pool.giveBack(this);
    }
}
