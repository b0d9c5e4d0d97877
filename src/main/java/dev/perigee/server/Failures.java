package dev.perigee.server;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.concurrent.atomic.AtomicLong;

/** What callers hear of failures: a defect is logged with its trace, and answered with the number of its log line. */
final class Failures {
    private static final System.Logger LOG = System.getLogger("dev.perigee.server");
    private static final AtomicLong NUMBER = new AtomicLong();

    private Failures() {
    }

    static PerigeeException of(Throwable failure) {
        if (failure instanceof PerigeeException known) {
            return known;
        }
        long number = NUMBER.incrementAndGet();
        LOG.log(System.Logger.Level.ERROR, "defect " + number, failure);
        return new PerigeeException(ErrorCode.INTERNAL,
                "defect %d, see the server's log: %s".formatted(number, failure.getClass().getSimpleName()), failure);
    }

    static PerigeeException cancelled() {
        return new PerigeeException(ErrorCode.CANCELLED, "request: cancelled");
    }
}
