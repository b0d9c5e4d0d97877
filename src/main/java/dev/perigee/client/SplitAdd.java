package dev.perigee.client;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.concurrent.CompletableFuture;

/** An add that needs several frames: one after another, so that a failure leaves the first rows in and none of the others. */
final class SplitAdd {
    /** Adds some of the rows. @return done with how many are then in the collection */
    interface Part {
        CompletableFuture<Long> add(int from, int rows);
    }

    private final int rows;
    private final int partRows;
    private final Part part;
    private final CompletableFuture<Long> whole = new CompletableFuture<>();
    private volatile CompletableFuture<Long> running;

    SplitAdd(int rows, int partRows, Part part) {
        this.rows = rows;
        this.partRows = partRows;
        this.part = part;
    }

    CompletableFuture<Long> start() {
        whole.whenComplete((total, failure) -> {
            if (whole.isCancelled()) {
                running.cancel(false);
            }
        });
        addFrom(0);
        return whole;
    }

    private void addFrom(int from) {
        int count = Math.min(partRows, rows - from);
        try {
            running = part.add(from, count);
        } catch (RuntimeException e) {
            whole.completeExceptionally(e);
            return;
        }
        if (whole.isCancelled()) {
            running.cancel(false); // it was cancelled between two parts
        }
        running.whenComplete((total, failure) -> {
            if (failure != null) {
                whole.completeExceptionally(from == 0 ? failure : withCount(from, failure));
            } else if (from + count == rows) {
                whole.complete(total);
            } else {
                addFrom(from + count);
            }
        });
    }

    private PerigeeException withCount(int added, Throwable failure) {
        ErrorCode code = failure instanceof PerigeeException known ? known.code() : ErrorCode.CANCELLED;
        return new PerigeeException(code, "add: the first %d of %d rows were added, then: %s"
                .formatted(added, rows, failure.getMessage()), failure);
    }
}
