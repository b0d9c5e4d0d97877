package dev.perigee.server;

/** A request that was accepted and has no final answer yet. */
interface Accepted {
    /** Its id on its connection. */
    long request();

    /** The credits that it holds. */
    int queries();

    /** The bytes of {@link Admission} that it holds. */
    long bytes();

    /** Nobody waits for it any more; it still gets its answer. Called on the event loop, at any time, any number of times. */
    void cancel();
}
