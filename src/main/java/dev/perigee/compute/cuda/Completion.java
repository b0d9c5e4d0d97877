package dev.perigee.compute.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * The end of what was given to a stream, seen by looking at a word that the device writes last: that takes a microsecond or
 * two, where to ask the driver takes ten. It spins only while work is in flight, and not for long.
 */
final class Completion implements AutoCloseable {
    private static final VarHandle WORD = ValueLayout.JAVA_INT.varHandle();
    /** Then it sleeps between looks, for a part of the time it has waited: a long search must not burn a core. */
    private static final long SPIN_NANOS = 200_000;
    private static final int SLEEP_PART = 32;
    private static final long MOST_SLEEP_NANOS = 1_000_000;

    private final PinnedBuffer word;
    private final MemorySegment segment;

    Completion(CudaDevice device) {
        this.word = device.allocatePinned(Integer.BYTES);
        this.segment = word.segment();
    }

    /** Nothing has ended yet. Before the work is started. */
    void arm() {
        WORD.setVolatile(segment, 0L, 0);
    }

    /** The last of the work: part of a graph, or given to the stream. */
    void signal(Slot slot) {
        slot.of(Kernel.SIGNAL).put(word);
        slot.launch(1, 1, 1, 0);
    }

    /** Waits for it. @throws dev.perigee.PerigeeException INTERNAL if some of the work failed */
    void await(CudaStream stream) {
        long begin = System.nanoTime();
        while ((int) WORD.getAcquire(segment, 0L) == 0) {
            long waited = System.nanoTime() - begin;
            if (waited < SPIN_NANOS) {
                Thread.onSpinWait();
            } else if (Thread.currentThread().isInterrupted()) { // and so cannot sleep; the memory is still the device's
                stream.synchronize();
                return;
            } else {
                LockSupport.parkNanos(Math.min(waited / SLEEP_PART, MOST_SLEEP_NANOS));
                if (stream.isDone()) { // nothing is ever signalled where work failed
                    return;
                }
            }
        }
    }

    @Override
    public void close() {
        word.close();
    }
}
