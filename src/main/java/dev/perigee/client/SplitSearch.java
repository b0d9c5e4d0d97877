package dev.perigee.client;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.SearchResult;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** A search that needs several frames: a few are on their way at any time, and their answers are joined. */
final class SplitSearch {
    private static final int AT_ONCE = 4;

    /** Searches some of the rows. */
    interface Part {
        CompletableFuture<SearchResult> search(int from, int rows);
    }

    private final int rows;
    private final int k;
    private final int partRows;
    private final Part part;
    private final long[] ids;
    private final float[] scores;
    private final CompletableFuture<SearchResult> whole = new CompletableFuture<>();
    /** Of the first answer; 0 before it. */
    private final AtomicInteger spaceVersion = new AtomicInteger();
    // under this object's lock
    private final Set<CompletableFuture<SearchResult>> running = new HashSet<>();
    private int next;
    private int done;

    SplitSearch(int rows, int k, int partRows, Part part) {
        this.rows = rows;
        this.k = k;
        this.partRows = partRows;
        this.part = part;
        this.ids = new long[Math.multiplyExact(rows, k)];
        this.scores = new float[rows * k];
    }

    CompletableFuture<SearchResult> start() {
        whole.whenComplete((result, failure) -> {
            if (failure != null) {
                cancelRunning();
            }
        });
        for (int i = 0; i < AT_ONCE; i++) {
            startNext();
        }
        return whole;
    }

    private void startNext() {
        int from;
        CompletableFuture<SearchResult> future;
        synchronized (this) {
            if (next >= rows || whole.isDone()) {
                return;
            }
            from = next;
            int count = Math.min(partRows, rows - from);
            next += count;
            try {
                future = part.search(from, count);
            } catch (RuntimeException e) {
                whole.completeExceptionally(e);
                return;
            }
            running.add(future);
        }
        future.whenComplete((result, failure) -> {
            if (failure != null) {
                whole.completeExceptionally(from > 0 && failure instanceof PerigeeException known ? new PerigeeException(
                        known.code(), "%s (counted from query %d)".formatted(known.getMessage(), from), known) : failure);
            } else {
                join(future, from, result);
            }
        });
    }

    private void join(CompletableFuture<SearchResult> future, int from, SearchResult result) {
        int version = spaceVersion.updateAndGet(known -> known == 0 ? result.spaceVersion() : known);
        if (version != result.spaceVersion()) {
            whole.completeExceptionally(new PerigeeException(ErrorCode.UNAVAILABLE,
                    "space: version %d went into service during a search of version %d; ask again".formatted(
                            result.spaceVersion(), version)));
            return;
        }
        System.arraycopy(result.ids(), 0, ids, from * k, result.ids().length);
        System.arraycopy(result.scores(), 0, scores, from * k, result.scores().length);
        boolean last;
        synchronized (this) {
            running.remove(future);
            done += result.queries();
            last = done == rows;
        }
        if (last) {
            whole.complete(new SearchResult(rows, k, ids, scores, version));
        } else {
            startNext();
        }
    }

    private void cancelRunning() {
        Set<CompletableFuture<SearchResult>> left;
        synchronized (this) {
            left = Set.copyOf(running);
        }
        left.forEach(future -> future.cancel(false));
    }
}
