package dev.perigee.build;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;

/** Tells a {@link Progress} how far the work is, a few times a second, and ends the work when it says so. */
public final class Stages {
    private static final long INTERVAL_NANOS = 200_000_000;

    private final Progress progress;
    private String stage = "";
    private long total;
    private long last;

    public Stages(Progress progress) {
        this.progress = progress;
    }

    /** The next stage, of so many units. */
    public void begin(String name, long units) {
        stage = name;
        total = units;
        tell(0);
    }

    /** So many units of the stage are done. @throws PerigeeException CANCELLED if nobody wants the rest */
    public void at(long done) {
        if (done == total || System.nanoTime() - last > INTERVAL_NANOS) {
            tell(done);
        }
    }

    private void tell(long done) {
        last = System.nanoTime();
        if (!progress.at(stage, done, total)) {
            throw new PerigeeException(ErrorCode.CANCELLED, "cancelled during %s, at %d of %d".formatted(stage, done, total));
        }
    }
}
