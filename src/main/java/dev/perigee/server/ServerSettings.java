package dev.perigee.server;

import static dev.perigee.PerigeeException.check;

import dev.perigee.protocol.Limits;
import java.time.Duration;

/**
 * How a server listens and what it takes.
 *
 * @param host         address to listen on; only this machine reaches 127.0.0.1
 * @param port         port to listen on; 0 = one that is free
 * @param limits       of each connection and request
 * @param workers      threads that search
 * @param ioThreads    threads that read and write sockets
 * @param drain        how long {@link Server#close} waits for what was accepted
 * @param waitingBytes most bytes of requests and of answers to them that may be in the server at one time, over all
 *                     connections; what goes beyond is answered OVERLOADED. At least two of the longest frames
 */
public record ServerSettings(String host, int port, Limits limits, int workers, int ioThreads, Duration drain,
        long waitingBytes) {
    /** The port that clients try when none is said. */
    public static final int PORT = 7070;

    public ServerSettings {
        check(port >= 0 && port <= 65_535, "port: %d (expected 0 to 65535)", port);
        check(workers >= 1 && workers <= 1024, "workers: %d (expected 1 to 1024)", workers);
        check(ioThreads >= 1 && ioThreads <= 256, "io threads: %d (expected 1 to 256)", ioThreads);
        check(!drain.isNegative(), "drain: %s (expected 0 or more)", drain);
        check(waitingBytes >= 2L * limits.maxFrameBytes(),
                "waiting: %d bytes (expected at least two frames of %d)", waitingBytes, limits.maxFrameBytes());
    }

    /** 127.0.0.1:7070, a worker per processor, 10 s to drain, 512 MiB waiting. */
    public static ServerSettings standard() {
        int processors = Runtime.getRuntime().availableProcessors();
        return new ServerSettings("127.0.0.1", PORT, Limits.DEFAULT, processors, Math.max(1, processors / 8),
                Duration.ofSeconds(10), 512L << 20);
    }

    public ServerSettings withAddress(String host, int port) {
        return new ServerSettings(host, port, limits, workers, ioThreads, drain, waitingBytes);
    }

    public ServerSettings withLimits(Limits limits) {
        return new ServerSettings(host, port, limits, workers, ioThreads, drain, waitingBytes);
    }

    public ServerSettings withWorkers(int workers) {
        return new ServerSettings(host, port, limits, workers, ioThreads, drain, waitingBytes);
    }

    public ServerSettings withDrain(Duration drain) {
        return new ServerSettings(host, port, limits, workers, ioThreads, drain, waitingBytes);
    }

    public ServerSettings withWaitingBytes(long waitingBytes) {
        return new ServerSettings(host, port, limits, workers, ioThreads, drain, waitingBytes);
    }
}
