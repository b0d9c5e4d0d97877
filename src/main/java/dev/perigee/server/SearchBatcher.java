package dev.perigee.server;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.SearchResult;
import dev.perigee.collection.Batch;
import dev.perigee.collection.Collection;
import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The waiting searches of one collection. Natural batching, no timer: a worker that is free takes all small requests
 * that wait, up to {@value #BATCH_ROWS} rows, as one batch. A request of more than {@value #SLICE_ROWS} rows is searched
 * in slices of that many, alone and by turns with the small ones, so that a single query waits for a slice and not for
 * the whole. Several workers may be at slices of one request.
 *
 * <p>Answers do not depend on any of it: a batch gives each part what it would get alone.
 */
final class SearchBatcher {
    static final int BATCH_ROWS = 1024;
    /** With 256, lists are shared by fewer queries: batches of 1,000 on 64 lists were 5 % slower. */
    static final int SLICE_ROWS = 512;

    /** Less than this and a search may run on an event loop, which can do nothing else meanwhile. */
    private static final long QUICK_NANOS = 100_000;

    /** Rows {@code from} to {@code from + rows} of a task. */
    record Slice(SearchTask task, int from, int rows) {
    }

    private final Collection collection;
    private final Engine engine;
    private final SearchWorkers workers;
    // under the workers' lock; sets, so that a cancelled task leaves at once
    private final Set<SearchTask> small = new LinkedHashSet<>();
    private final Set<SearchTask> large = new LinkedHashSet<>();
    private boolean largeIsNext;
    /** How long single queries took lately. */
    private volatile long singleNanos = Long.MAX_VALUE;
    /** Whether the workers know that something waits here. */
    boolean isReady;

    SearchBatcher(Collection collection, Engine engine, SearchWorkers workers) {
        this.collection = collection;
        this.engine = engine;
        this.workers = workers;
    }

    Collection collection() {
        return collection;
    }

    /**
     * Takes over a task that was accepted. Called on an event loop.
     *
     * @param alone whether it is the only work in the server: then a single query that is known to be quick is searched
     *              at once, which spares it two threads' waking up
     */
    void submit(SearchTask task, boolean alone) {
        boolean here = alone && task.rows() == 1 && singleNanos < QUICK_NANOS && !task.isLate();
        workers.lock();
        try {
            if (here) {
                task.taken = 1;
                task.running = 1;
            } else {
                (task.rows() > SLICE_ROWS ? large : small).add(task);
                workers.ready(this);
            }
        } finally {
            workers.unlock();
        }
        if (here) {
            run(List.of(new Slice(task, 0, 1)));
        }
    }

    /** Answers a waiting task at once, a running one after its slices. */
    void cancel(SearchTask task) {
        workers.lock();
        boolean finish;
        try {
            finish = fail(task, Failures.cancelled()) && task.running == 0;
            task.answered |= finish;
        } finally {
            workers.unlock();
        }
        if (finish) {
            task.finish();
        }
    }

    /** Keeps a task from being taken again; false if it was answered. Under the lock. */
    private boolean fail(SearchTask task, PerigeeException failure) {
        if (task.answered) {
            return false;
        }
        if (task.failure == null) {
            task.failure = failure;
            small.remove(task);
            large.remove(task);
        }
        return true;
    }

    boolean isEmpty() {
        return small.isEmpty() && large.isEmpty();
    }

    /** The next batch, empty if what waited is too late; such tasks are added to {@code late}. Under the lock. */
    List<Slice> take(List<SearchTask> late) {
        List<Slice> slices = new ArrayList<>();
        if (large.isEmpty() || !largeIsNext && !small.isEmpty()) {
            takeSmall(slices, late);
            largeIsNext = true;
        } else {
            takeLarge(slices, late);
            largeIsNext = false;
        }
        return slices;
    }

    private void takeSmall(List<Slice> slices, List<SearchTask> late) {
        int rows = 0;
        for (var waiting = small.iterator(); waiting.hasNext(); ) {
            SearchTask task = waiting.next();
            if (rows + task.rows() > BATCH_ROWS) {
                break;
            }
            waiting.remove();
            if (isLate(task, late)) {
                continue;
            }
            rows += task.rows();
            task.taken = task.rows();
            task.running = 1;
            slices.add(new Slice(task, 0, task.rows()));
        }
    }

    private void takeLarge(List<Slice> slices, List<SearchTask> late) {
        SearchTask task = large.iterator().next();
        large.remove(task);
        if (isLate(task, late)) {
            return;
        }
        int rows = Math.min(SLICE_ROWS, task.rows() - task.taken);
        slices.add(new Slice(task, task.taken, rows));
        task.taken += rows;
        task.running++;
        if (task.taken < task.rows()) {
            large.add(task);
        }
    }

    private static boolean isLate(SearchTask task, List<SearchTask> late) {
        if (!task.isLate()) {
            return false;
        }
        task.failure = new PerigeeException(ErrorCode.DEADLINE_EXCEEDED,
                "search: its deadline passed after %d of %d queries".formatted(task.taken, task.rows()));
        if (task.running == 0) {
            task.answered = true;
            late.add(task);
        }
        return true;
    }

    /** Searches one batch and answers what is done with it. Called by a worker, without the lock. */
    void run(List<Slice> slices) {
        List<Slice> open = new ArrayList<>(slices);
        List<SearchResult> results;
        try {
            long started = System.nanoTime();
            results = search(open);
            if (slices.size() == 1 && slices.getFirst().rows == 1) {
                singleNanos = (long) (0.75 * Math.min(singleNanos, 4 * QUICK_NANOS) + 0.25 * (System.nanoTime() - started));
            }
        } catch (Throwable e) {
            if (open.size() > 1) {
                // one request may have spoilt the batch of the others
                open.forEach(slice -> run(List.of(slice)));
            } else {
                PerigeeException failure = Failures.of(e);
                open.forEach(slice -> done(slice, failure));
            }
            return;
        }
        for (int i = 0; i < open.size(); i++) {
            PerigeeException failure = null;
            try {
                open.get(i).task.put(open.get(i).from, results.get(i));
            } catch (Throwable e) {
                failure = Failures.of(e);
            }
            done(open.get(i), failure);
        }
    }

    /** @return the answers of what is left in {@code open}; slices that cannot be searched are answered and taken out */
    private List<SearchResult> search(List<Slice> open) {
        while (!open.isEmpty()) {
            int rows = 0;
            for (Slice slice : open) {
                rows += slice.rows;
            }
            try (Engine.Lease lease = engine.lease(collection, rows)) {
                if (fill(lease.queries(), open)) {
                    List<Batch.Part> parts = new ArrayList<>(open.size());
                    for (Slice slice : open) {
                        parts.add(new Batch.Part(slice.rows, slice.task.what()));
                    }
                    return lease.search(parts);
                }
            }
        }
        return List.of();
    }

    /** Copies the queries of all slices. @return false if some were refused and taken out, so that the others lie wrong */
    private boolean fill(Matrix queries, List<Slice> open) {
        int at = 0;
        boolean allSound = true;
        for (var slices = open.iterator(); slices.hasNext(); ) {
            Slice slice = slices.next();
            slice.task.copyQueries(slice.from, slice.rows, queries, at);
            int bad = queries.slice(at, at + slice.rows).firstNotFinite();
            if (bad >= 0) {
                slices.remove();
                allSound = false;
                done(slice, PerigeeException.invalid("query %d: holds a NaN or an infinity (expected finite values)"
                        .formatted(slice.from + bad)));
            }
            at += slice.rows;
        }
        return allSound;
    }

    private void done(Slice slice, PerigeeException failure) {
        SearchTask task = slice.task;
        boolean finish;
        workers.lock();
        try {
            task.running--;
            if (failure != null) {
                fail(task, failure);
            }
            finish = task.running == 0 && (task.failure != null || task.taken == task.rows());
            task.answered |= finish;
        } finally {
            workers.unlock();
        }
        if (finish) {
            task.finish();
        }
    }
}
