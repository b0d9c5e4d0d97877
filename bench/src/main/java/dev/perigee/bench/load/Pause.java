package dev.perigee.bench.load;

import java.util.concurrent.locks.LockSupport;

/** Waits without keeping a core busy, which the server may need: some 60 us too long on Linux, and that counts as latency. */
final class Pause {
    private Pause() {
    }

    /** Until {@link System#nanoTime} is {@code time}; not at all if it is past. */
    static void until(long time) {
        for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
