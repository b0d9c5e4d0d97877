package dev.perigee.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads a stream to its end, so that whoever writes to it never waits, and keeps the last line that says something. */
final class Tail {
    private final Thread thread;
    private volatile String last;

    private Tail(InputStream stream) {
        thread = Thread.ofVirtual().start(() -> {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    last = line.isBlank() ? last : line.strip();
                }
            } catch (IOException e) {
                // the process is gone, and with it what it had to say
            }
        });
    }

    static Tail of(InputStream stream) {
        return new Tail(stream);
    }

    /** The last line, once the stream has ended or a second has passed. */
    Optional<String> last() {
        try {
            thread.join(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.ofNullable(last);
    }
}
