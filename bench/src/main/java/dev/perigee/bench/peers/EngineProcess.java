package dev.perigee.bench.peers;

import dev.perigee.cli.Output;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * An engine in a process of its own: a JSON object per line each way (bench/peers/README.md). One request at a time. A process
 * that does not answer in time is killed.
 */
final class EngineProcess implements AutoCloseable {
    private static final Duration END = Duration.ofSeconds(5);

    /** Says why an engine did not do what it was asked. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String reason) {
            super(reason);
        }
    }

    private final String engine;
    private final Process process;
    private final BufferedWriter in;
    private final Tail errors;
    /** Empty = the end. */
    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
    private final Thread hook;
    private String dead;

    /** @throws Refused if it cannot be started */
    EngineProcess(String engine, List<String> command) throws Refused {
        this.engine = engine;
        try {
            process = new ProcessBuilder(command).start();
        } catch (IOException e) {
            throw new Refused(e.getMessage());
        }
        in = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        errors = Tail.of(process.getErrorStream());
        Thread.ofVirtual().start(this::read);
        hook = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void read() {
        try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(Optional.of(line));
            }
        } catch (IOException e) {
            // the end, as below
        }
        lines.add(Optional.empty());
    }

    String engine() {
        return engine;
    }

    /** Whether it may still be asked. */
    boolean alive() {
        return dead == null;
    }

    /**
     * Sends a request and waits for its answer.
     *
     * @throws Refused if the engine skips it, answers with an error, or is dead, perhaps from this
     */
    Map<String, Object> ask(Map<String, ?> request, Duration most) throws Refused {
        if (dead != null) {
            throw new Refused(dead);
        }
        try {
            in.write(Output.json(request));
            in.newLine();
            in.flush();
            Optional<String> line = lines.poll(most.toMillis(), TimeUnit.MILLISECONDS);
            if (line == null) {
                throw died("no answer to %s within %d s".formatted(request.get("op"), most.toSeconds()));
            }
            if (line.isEmpty()) {
                throw died("the process ended during %s%s".formatted(request.get("op"),
                        errors.last().map(last -> ": " + last).orElse("")));
            }
            return answer(line.get());
        } catch (IOException e) {
            throw died("the process ended before %s%s".formatted(request.get("op"),
                    errors.last().map(last -> ": " + last).orElse("")));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw died("interrupted");
        }
    }

    private Map<String, Object> answer(String line) throws Refused {
        Map<String, Object> answer;
        try {
            answer = Json.read(line);
        } catch (dev.perigee.PerigeeException e) {
            throw died(e.getMessage());
        }
        for (String word : List.of("skip", "error")) {
            if (answer.containsKey(word)) {
                throw new Refused(String.valueOf(answer.get(word)));
            }
        }
        return answer;
    }

    private Refused died(String reason) {
        dead = reason;
        process.destroyForcibly();
        return new Refused(reason);
    }

    /** Lets all its threads run on these processors only, where there is taskset. */
    void pin(List<Integer> processors) {
        try {
            Process taskset = new ProcessBuilder("taskset", "-a", "-c", "-p",
                    processors.stream().map(String::valueOf).collect(Collectors.joining(",")), String.valueOf(process.pid()))
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            taskset.waitFor();
        } catch (IOException e) {
            // no taskset: the system chooses
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        try {
            in.close(); // which is its sign to end
            if (!process.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
