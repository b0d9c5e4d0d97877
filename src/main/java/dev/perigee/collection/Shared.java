package dev.perigee.collection;

import java.util.concurrent.atomic.AtomicInteger;

/** Something that several own: closed when the last of them lets go. Starts with one owner. */
abstract class Shared {
    private final AtomicInteger owners = new AtomicInteger(1);

    /** One more owner, unless the last has gone already. */
    final boolean retain() {
        for (int n = owners.get(); n > 0; n = owners.get()) {
            if (owners.compareAndSet(n, n + 1)) {
                return true;
            }
        }
        return false;
    }

    final void release() {
        int left = owners.decrementAndGet();
        assert left >= 0;
        if (left == 0) {
            free();
        }
    }

    /** Called once, by whoever lets go last. */
    protected abstract void free();
}
