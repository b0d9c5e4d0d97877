package dev.perigee.client;

import java.time.Duration;

/** A point in time by which a call must be answered, or {@link #NONE}. */
record Deadline(long nanoTime, boolean isSet) {
    static final Deadline NONE = new Deadline(0, false);

    static Deadline in(Duration time) {
        return time.isZero() ? NONE : new Deadline(System.nanoTime() + time.toNanos(), true);
    }

    long remainingNanos() {
        return nanoTime - System.nanoTime();
    }

    boolean isPassed() {
        return isSet && remainingNanos() <= 0;
    }

    /** For the header of a frame: at least 1, since 0 says for ever. */
    long micros() {
        return isSet ? Math.max(1, remainingNanos() / 1000) : 0;
    }
}
