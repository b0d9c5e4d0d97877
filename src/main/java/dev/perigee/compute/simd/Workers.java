package dev.perigee.compute.simd;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The cores of a backend. A caller works itself and is joined by as many helpers as cores are free; all callers together
 * never run on more than {@link #threads} cores. Helpers are platform threads: a kernel does not yield.
 */
final class Workers implements AutoCloseable {
    private final int threads;
    private final Semaphore cores;
    private final ExecutorService helpers;

    Workers(int threads) {
        this.threads = threads;
        this.cores = new Semaphore(threads, true); // in turn: a build that comes back at once lets searches pass
        this.helpers = threads == 1 ? null : Executors.newFixedThreadPool(threads - 1,
                Thread.ofPlatform().daemon().name("perigee-simd-", 1).factory());
    }

    int threads() {
        return threads;
    }

    /** Work on one task; {@code worker} (0 to threads - 1) is never two threads at a time within one {@link #run}. */
    interface Body {
        void run(int worker, int task);
    }

    /**
     * Runs tasks 0 to {@code tasks} - 1, each once, in any order and on any core; returns when all have ended.
     *
     * @param spread whether they are worth waking other cores for
     */
    void run(int tasks, boolean spread, Body body) {
        cores.acquireUninterruptibly();
        int extra = 0;
        try {
            while (spread && extra < Math.min(tasks, threads) - 1 && takeFree()) {
                extra++;
            }
            if (extra == 0) {
                for (int task = 0; task < tasks; task++) {
                    body.run(0, task);
                }
            } else {
                share(tasks, extra, body);
            }
        } finally {
            cores.release(1 + extra);
        }
    }

    /** Takes one more core, unless somebody waits for one. */
    private boolean takeFree() {
        try {
            return cores.tryAcquire(0, TimeUnit.NANOSECONDS); // without a time it would pass those who wait
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void share(int tasks, int extra, Body body) {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Phaser running = new Phaser(1 + extra);
        for (int helper = 1; helper <= extra; helper++) {
            int worker = helper;
            try {
                helpers.execute(() -> {
                    drain(next, tasks, worker, body, failure);
                    running.arrive();
                });
            } catch (RuntimeException | Error e) { // closed, or no more threads: those that run are waited for
                failure.compareAndSet(null, e);
                next.set(tasks);
                running.arrive();
            }
        }
        drain(next, tasks, 0, body, failure);
        running.arriveAndAwaitAdvance();
        switch (failure.get()) {
            case null -> {
            }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    private static void drain(AtomicInteger next, int tasks, int worker, Body body, AtomicReference<Throwable> failure) {
        try {
            for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
                body.run(worker, task);
            }
        } catch (Throwable e) {
            next.set(tasks); // the others stop after what they are at
            failure.compareAndSet(null, e);
        }
    }

    @Override
    public void close() {
        if (helpers != null) {
            helpers.close();
        }
    }
}
