package dev.perigee.bench.load;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/**
 * What became of each request of a schedule. Times are nanoseconds from the start of the schedule. Each request is written by
 * whoever sends it and then by whoever has its answer, and read when all are over.
 */
final class Trace {
    private static final long HOUR = 3_600_000_000_000L;
    private static final long MOST_WAIT = 60_000_000_000L;

    private enum Outcome { NOT_SENT, ANSWERED, OVERLOADED, FAILED }

    private final long start;
    private final long[] due;
    private final long[] sent;
    private final long[] done;
    private final Outcome[] outcomes;
    private final AtomicInteger sends = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();
    private volatile PerigeeException defect;
    private volatile Throwable firstFailure;

    /** @param start {@link System#nanoTime} from which the schedule counts */
    Trace(long[] due, long start) {
        this.due = due;
        this.start = start;
        this.sent = new long[due.length];
        this.done = new long[due.length];
        this.outcomes = new Outcome[due.length];
        java.util.Arrays.fill(outcomes, Outcome.NOT_SENT);
    }

    long now() {
        return System.nanoTime() - start;
    }

    int outstanding() {
        return sends.get() - ends.get();
    }

    void sent(int request) {
        sends.incrementAndGet();
        sent[request] = now();
    }

    void done(int request, Throwable failure) {
        done[request] = now();
        Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
        ErrorCode code = cause instanceof PerigeeException e ? e.code() : ErrorCode.INTERNAL;
        outcomes[request] = cause == null ? Outcome.ANSWERED
                : code == ErrorCode.OVERLOADED ? Outcome.OVERLOADED : Outcome.FAILED;
        if (cause != null && code != ErrorCode.OVERLOADED && firstFailure == null) {
            firstFailure = cause;
        }
        if (cause != null && code == ErrorCode.INTERNAL && defect == null) {
            defect = cause instanceof PerigeeException e ? e : new PerigeeException(code, "request: " + cause, cause);
        }
        ends.incrementAndGet();
    }

    /** Waits until all that was sent is over. @throws PerigeeException INTERNAL for a wrong answer, DEADLINE_EXCEEDED */
    Trace await() {
        long end = System.nanoTime() + MOST_WAIT;
        while (outstanding() > 0) {
            if (System.nanoTime() > end) {
                throw new PerigeeException(ErrorCode.DEADLINE_EXCEEDED, "server: %d requests without an answer after %d s"
                        .formatted(outstanding(), MOST_WAIT / 1_000_000_000L));
            }
            Pause.until(System.nanoTime() + 1_000_000);
        }
        if (defect != null) {
            throw defect;
        }
        return this;
    }

    int requests() {
        return due.length;
    }

    int answered() {
        return count(Outcome.ANSWERED);
    }

    int overloaded() {
        return count(Outcome.OVERLOADED);
    }

    int failed() {
        return count(Outcome.FAILED);
    }

    /** Why the first that failed did, or null. */
    Throwable firstFailure() {
        return firstFailure;
    }

    int notSent() {
        return count(Outcome.NOT_SENT);
    }

    private int count(Outcome outcome) {
        int count = 0;
        for (Outcome each : outcomes) {
            count += each == outcome ? 1 : 0;
        }
        return count;
    }

    /** Answers per second, from the start to the last answer or to the end of the schedule, whichever is later. */
    double achievedQps(double seconds) {
        long last = (long) (seconds * 1e9);
        for (int i = 0; i < done.length; i++) {
            last = outcomes[i] == Outcome.ANSWERED ? Math.max(last, done[i]) : last;
        }
        return answered() / (last * 1e-9);
    }

    /** Of the answered requests, nanoseconds from when they were due: what a caller waits who wanted something then. */
    Histogram fromDue() {
        return histogram(due, done);
    }

    /** Of the answered requests, nanoseconds from when they were sent. */
    Histogram fromSent() {
        return histogram(sent, done);
    }

    /** Of the answered requests, how late they were sent, in nanoseconds. */
    Histogram late() {
        return histogram(due, sent);
    }

    private Histogram histogram(long[] from, long[] to) {
        Histogram histogram = new Histogram(HOUR, 3);
        for (int i = 0; i < due.length; i++) {
            if (outcomes[i] == Outcome.ANSWERED) {
                histogram.recordValue(Math.clamp(to[i] - from[i], 0, HOUR));
            }
        }
        return histogram;
    }
}
