package dev.perigee.client;

import static dev.perigee.PerigeeException.check;

import java.time.Duration;

/**
 * How a client behaves.
 *
 * @param connectTimeout    from the first packet to the server's WELCOME, for each attempt
 * @param deadline          how long each call may take, over all its frames and repetitions; zero = for ever. Builds have
 *                          none: they end when done, or given up by their listener
 * @param maxInFlight       most requests sent and not yet answered; others wait in the client
 * @param reconnectAttempts how often to try before waiting reads fail, after a connection was lost; also how often one read
 *                          is sent again
 * @param maxBackoff        longest pause between two attempts; the first is 10 ms, each further one twice as long
 */
public record ClientSettings(Duration connectTimeout, Duration deadline, int maxInFlight, int reconnectAttempts,
        Duration maxBackoff) {
    public static final ClientSettings DEFAULT =
            new ClientSettings(Duration.ofSeconds(5), Duration.ZERO, 4096, 10, Duration.ofSeconds(1));

    public ClientSettings {
        check(connectTimeout.isPositive(), "connect timeout: %s (expected more than 0)", connectTimeout);
        check(!deadline.isNegative(), "deadline: %s (expected 0 or more)", deadline);
        check(maxInFlight >= 1, "max in flight: %d (expected 1 or more)", maxInFlight);
        check(reconnectAttempts >= 0, "reconnect attempts: %d (expected 0 or more)", reconnectAttempts);
        check(!maxBackoff.isNegative(), "backoff: %s (expected 0 or more)", maxBackoff);
    }

    public ClientSettings withConnectTimeout(Duration connectTimeout) {
        return new ClientSettings(connectTimeout, deadline, maxInFlight, reconnectAttempts, maxBackoff);
    }

    public ClientSettings withDeadline(Duration deadline) {
        return new ClientSettings(connectTimeout, deadline, maxInFlight, reconnectAttempts, maxBackoff);
    }

    public ClientSettings withMaxInFlight(int maxInFlight) {
        return new ClientSettings(connectTimeout, deadline, maxInFlight, reconnectAttempts, maxBackoff);
    }

    public ClientSettings withReconnectAttempts(int reconnectAttempts) {
        return new ClientSettings(connectTimeout, deadline, maxInFlight, reconnectAttempts, maxBackoff);
    }
}
