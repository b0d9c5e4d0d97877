package dev.perigee.server;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes of requests and answers that are in the server. */
final class Admission {
    private final long limit;
    private final AtomicLong held = new AtomicLong();

    Admission(long limit) {
        this.limit = limit;
    }

    /** @throws PerigeeException OVERLOADED, and nothing is held */
    void acquire(long bytes) {
        long now = held.addAndGet(bytes);
        if (now > limit) {
            held.addAndGet(-bytes);
            throw new PerigeeException(ErrorCode.OVERLOADED,
                    "waiting: %d bytes (expected at most %d, over all connections); try again later".formatted(now, limit));
        }
    }

    void release(long bytes) {
        held.addAndGet(-bytes);
    }

    long held() {
        return held.get();
    }
}
