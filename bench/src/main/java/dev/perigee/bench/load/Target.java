package dev.perigee.bench.load;

import java.util.concurrent.CompletableFuture;

/** What requests are sent to. */
interface Target {
    /** Sends request {@code number} without waiting; the future fails with what the server, or a check of its answer, says. */
    CompletableFuture<?> send(int number);
}
