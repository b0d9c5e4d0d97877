package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/** The slots of a device: as many searches run at once, others wait. Thread-safe. */
final class Slots implements AutoCloseable {
    /** One computes while another uploads or downloads. */
    static final int COUNT = 3;

    private final CudaDevice device;
    private final KernelModule module;
    private final Semaphore free = new Semaphore(COUNT, true);
    private final Deque<Slot> idle = new ArrayDeque<>();

    Slots(CudaDevice device, KernelModule module) {
        this.device = device;
        this.module = module;
    }

    /** A slot for one search; close gives it back. */
    final class Lease implements AutoCloseable {
        private final Slot slot;

        private Lease(Slot slot) {
            this.slot = slot;
        }

        Slot slot() {
            return slot;
        }

        @Override
        public void close() {
            synchronized (idle) {
                idle.push(slot);
            }
            free.release();
        }
    }

    Lease take() {
        try {
            free.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PerigeeException(ErrorCode.CANCELLED, "search: interrupted while it waited for the device", e);
        }
        Slot slot;
        synchronized (idle) {
            slot = idle.poll();
        }
        try {
            return new Lease(slot == null ? new Slot(device, module) : slot);
        } catch (RuntimeException e) {
            free.release();
            throw e;
        }
    }

    @Override
    public void close() {
        synchronized (idle) {
            idle.forEach(Slot::close);
            idle.clear();
        }
    }
}
