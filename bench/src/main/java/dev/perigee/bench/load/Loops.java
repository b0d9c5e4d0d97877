package dev.perigee.bench.load;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** The three ways to ask a server. */
final class Loops {
    /** So many without an answer and the load is far beyond what the server can do: the rest of a schedule is not sent. */
    static final int MOST_OUTSTANDING = 50_000;

    private Loops() {
    }

    /** Open: every request is sent when it is due, and its latency counts from then, whoever is late. */
    static Trace open(long[] due, Target target) {
        long start = System.nanoTime();
        Trace trace = new Trace(due, start);
        for (int i = 0; i < due.length && trace.outstanding() < MOST_OUTSTANDING; i++) {
            Pause.until(start + due[i]);
            int request = i;
            trace.sent(request);
            target.send(request).whenComplete((answer, failure) -> trace.done(request, failure));
        }
        return trace.await();
    }

    /**
     * Waiting, for comparison: {@code callers} share the schedule, and each waits for an answer before it sends the next request,
     * at once if that is overdue. What is still to be sent at the end of the schedule is left out. So most benchmarks measure,
     * and just when the server is slow they ask less of it: the coordinated omission that G. Tene named (How not to measure
     * latency, 2013).
     */
    static Trace waiting(long[] due, double seconds, int callers, Target target) {
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        Trace trace = new Trace(due, start);
        AtomicInteger next = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            threads.add(Thread.ofPlatform().daemon().name("caller-" + i).start(() -> {
                for (int request = next.getAndIncrement(); request < due.length; request = next.getAndIncrement()) {
                    Pause.until(start + due[request]);
                    if (System.nanoTime() > end) {
                        return;
                    }
                    trace.sent(request);
                    Throwable failure = null;
                    try {
                        target.send(request).join();
                    } catch (RuntimeException e) {
                        failure = e;
                    }
                    trace.done(request, failure);
                }
            }));
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return trace.await();
    }

    /**
     * Closed: always {@code inFlight} requests under way, which the server joins to batches.
     *
     * @return answers per second
     * @throws PerigeeException as the first answer that fails
     */
    static double closed(int inFlight, double seconds, Target target) {
        Semaphore free = new Semaphore(inFlight);
        AtomicInteger answered = new AtomicInteger();
        Throwable[] failed = new Throwable[1];
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        try {
            for (int i = 0; System.nanoTime() < end; i++) {
                free.acquire();
                target.send(i).whenComplete((answer, failure) -> {
                    if (failure != null) {
                        failed[0] = failure;
                    }
                    answered.incrementAndGet();
                    free.release();
                });
            }
            double rate = answered.get() / ((System.nanoTime() - start) * 1e-9);
            free.acquire(inFlight); // also makes what failed visible
            if (failed[0] != null) {
                throw failed[0] instanceof CompletionException e && e.getCause() instanceof PerigeeException cause ? cause
                        : new PerigeeException(ErrorCode.INTERNAL, "request: " + failed[0], failed[0]);
            }
            return rate;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static PerigeeException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new PerigeeException(ErrorCode.CANCELLED, "load: interrupted", e);
    }
}
