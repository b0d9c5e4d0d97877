package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The slots of a device: as many searches run at once, others wait. Thread-safe. */
final class Slots implements AutoCloseable {
    /** One computes while another uploads or downloads. */
    static final int COUNT = 3;

    private final CudaDevice device;
    private final KernelModule module;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final Deque<Slot> idle = new ArrayDeque<>();
    private int free = COUNT;
    /** Told of every slot that is free again, under the lock. */
    private Runnable listener = () -> { };

    Slots(CudaDevice device, KernelModule module) {
        this.device = device;
        this.module = module;
    }

    /** A slot for one search; close gives it back. */
    final class Lease implements AutoCloseable {
        private final Slot slot;
        private boolean closed;

        private Lease(Slot slot) {
            this.slot = slot;
        }

        Slot slot() {
            return slot;
        }

        @Override
        public void close() {
            lock.lock();
            try {
                if (!closed) {
                    closed = true;
                    idle.push(slot);
                    release();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** Guards the slots, and what waits for them. */
    ReentrantLock lock() {
        return lock;
    }

    void listen(Runnable whenFree) {
        listener = whenFree;
    }

    /** Waits for a slot. */
    Lease take() {
        lock.lock();
        try {
            while (true) {
                Lease lease = poll();
                if (lease != null) {
                    return lease;
                }
                freed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        } finally {
            lock.unlock();
        }
    }

    static PerigeeException interrupted(InterruptedException e) {
        return new PerigeeException(ErrorCode.CANCELLED, "search: interrupted while it waited for the device", e);
    }

    /** A slot if one is free, else null. Under the lock. */
    Lease poll() {
        if (free == 0) {
            return null;
        }
        free--;
        Slot slot = idle.poll();
        try {
            return new Lease(slot == null ? new Slot(device, module) : slot);
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    private void release() {
        free++;
        freed.signal();
        listener.run();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            idle.forEach(Slot::close);
            idle.clear();
        } finally {
            lock.unlock();
        }
    }
}
