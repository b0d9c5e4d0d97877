package dev.perigee.server;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Runs tasks one after another, in the order given, on threads that it shares with others. */
final class SerialQueue {
    private final Executor threads;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    SerialQueue(Executor threads) {
        this.threads = threads;
    }

    synchronized void add(Runnable task) {
        waiting.add(task);
        if (!running) {
            running = true;
            threads.execute(this::runNext);
        }
    }

    private void runNext() {
        for (Runnable task = next(); task != null; task = next()) {
            try {
                task.run();
            } finally {
                if (yields()) {
                    return;
                }
            }
        }
    }

    private synchronized Runnable next() {
        Runnable task = waiting.poll();
        running = task != null;
        return task;
    }

    /** Lets others have the thread between two tasks; false if the threads are shutting down, and the rest is run here. */
    private boolean yields() {
        try {
            threads.execute(this::runNext);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }
}
