package dev.perigee.server;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads that search, for all collections by turns. One lock guards the queues of all batchers; nothing is searched
 * or answered under it. A worker that takes work and leaves some behind wakes one more.
 */
final class SearchWorkers implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.perigee.server");

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<SearchBatcher> ready = new ArrayDeque<>();
    private final Deque<Thread> parked = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>();
    private boolean stopped;

    SearchWorkers(int count) {
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().name("perigee-search-" + i).daemon().start(this::work));
        }
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /** Something waits in {@code batcher}. Under the lock. */
    void ready(SearchBatcher batcher) {
        if (!batcher.isReady) {
            batcher.isReady = true;
            ready.add(batcher);
            wakeOne();
        }
    }

    private void wakeOne() {
        Thread worker = parked.pollFirst();
        if (worker != null) {
            LockSupport.unpark(worker);
        }
    }

    private void work() {
        List<SearchTask> late = new ArrayList<>();
        while (true) {
            SearchBatcher batcher;
            List<SearchBatcher.Slice> slices;
            lock.lock();
            try {
                batcher = next();
                if (batcher == null) {
                    return;
                }
                slices = batcher.take(late);
                batcher.isReady = false;
                if (!batcher.isEmpty()) {
                    ready(batcher);
                }
            } finally {
                lock.unlock();
            }
            try {
                late.forEach(SearchTask::finish);
                if (!slices.isEmpty()) {
                    batcher.run(slices);
                }
            } catch (Throwable e) {
                LOG.log(System.Logger.Level.ERROR, "a search worker failed and goes on", e);
            }
            late.clear();
        }
    }

    /** Waits for work; null when stopped. Under the lock, which is free while waiting. */
    private SearchBatcher next() {
        Thread self = Thread.currentThread();
        while (ready.isEmpty()) {
            if (stopped) {
                return null;
            }
            parked.addFirst(self); // the one that went last has the warmest caches
            lock.unlock();
            try {
                LockSupport.park(this);
            } finally {
                lock.lock();
            }
            parked.remove(self);
        }
        return ready.poll();
    }

    /** Ends the threads when nothing waits any more, and joins them for at most 10 s. */
    @Override
    public void close() {
        lock.lock();
        try {
            stopped = true;
            parked.forEach(LockSupport::unpark);
        } finally {
            lock.unlock();
        }
        try {
            for (Thread thread : threads) {
                thread.join(10_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
