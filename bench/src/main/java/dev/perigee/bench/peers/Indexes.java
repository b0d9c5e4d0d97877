package dev.perigee.bench.peers;

import dev.perigee.PerigeeException;
import dev.perigee.bench.peers.EngineProcess.Refused;
import dev.perigee.bench.peers.Setting.Index;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Builds indexes, each in a process of its own. What cannot be had is left out with its reason. */
final class Indexes {
    static final Duration SHORT = Duration.ofMinutes(2);
    private static final Duration BUILD = Duration.ofHours(2);

    /** An index that was built. */
    record Built(EngineProcess process, Version version, double seconds, long bytes) implements AutoCloseable {
        /** Resident memory of its process; 0 if it cannot be asked. */
        long memory() {
            try {
                return process.alive() ? (long) number(process.ask(Map.of("op", "memory"), SHORT), "rss_bytes") : 0;
            } catch (Refused e) {
                return 0;
            }
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** What an engine says of itself. @param build its instructions */
    record Version(String version, String build) {
    }

    /** An engine, or a part of it, that was left out. */
    record Skipped(String engine, String reason) {
    }

    private final Engines engines;
    private final List<Integer> processors;
    private final int threads;
    private final Consumer<String> notes;
    private final Set<Skipped> skipped = new LinkedHashSet<>();
    private final Set<String> absent = new LinkedHashSet<>();
    private final Map<String, Version> versions = new LinkedHashMap<>();

    /**
     * @param processors that processes are held to from their start; empty = left to the system
     * @param threads    to build with
     */
    Indexes(Engines engines, List<Integer> processors, int threads, Consumer<String> notes) {
        this.engines = engines;
        this.processors = processors;
        this.threads = threads;
        this.notes = notes;
    }

    int threads() {
        return threads;
    }

    List<Skipped> skipped() {
        return List.copyOf(skipped);
    }

    void skip(String engine, String reason) {
        if (skipped.add(new Skipped(engine, reason))) {
            notes.accept("%s is skipped: %s".formatted(engine, reason));
        }
    }

    /** Nothing if the engine is not there. */
    Optional<Version> version(String engine) {
        if (!versions.containsKey(engine) && !absent.contains(engine)) {
            try (EngineProcess process = start(engine)) {
                hello(process);
            } catch (Refused e) {
                skip(engine, e.getMessage());
            }
        }
        return Optional.ofNullable(versions.get(engine));
    }

    /** @param keep the file of the index, which an engine that can opens instead, or writes; nothing = built, and nothing kept */
    Optional<Built> build(DataSet data, Index index, Optional<Path> keep) {
        if (absent.contains(index.engine())) {
            return Optional.empty();
        }
        EngineProcess process = null;
        try {
            process = start(index.engine());
            Version version = hello(process);
            Map<String, Object> request = new LinkedHashMap<>();
            request.put("op", "build");
            request.put("index", index.kind());
            request.put("distance", data.distance());
            request.put("base", data.base().toString());
            request.put("rows", data.rows());
            request.put("dim", data.dim());
            request.put("threads", threads);
            request.put("build", index.build());
            keep.ifPresent(file -> request.put("keep", file.toString()));
            Map<String, Object> answer;
            try {
                answer = process.ask(request, BUILD);
            } catch (Refused e) {
                throw new Refused("%s on %s: %s".formatted(index.kind(), data.name(), e.getMessage()));
            }
            Built built = new Built(process, version, number(answer, "build_s"), (long) number(answer, "bytes"));
            notes.accept(String.format(Locale.ROOT, "%s: %s %s in %.1f s", data.name(), index,
                    Boolean.TRUE.equals(answer.get("kept")) ? "read" : "built", built.seconds));
            process = null;
            return Optional.of(built);
        } catch (Refused e) {
            skip(index.engine(), e.getMessage());
            return Optional.empty();
        } finally {
            if (process != null) {
                process.close();
            }
        }
    }

    private EngineProcess start(String engine) throws Refused {
        try {
            EngineProcess process = new EngineProcess(engine, engines.command(engine));
            if (!processors.isEmpty()) {
                process.pin(processors);
            }
            return process;
        } catch (PerigeeException | Refused e) {
            absent.add(engine);
            throw new Refused(e.getMessage());
        }
    }

    /** Who does not say hello is not there at all. */
    private Version hello(EngineProcess process) throws Refused {
        try {
            Map<String, Object> hello = process.ask(Map.of("op", "hello"), SHORT);
            Version version = new Version(String.valueOf(hello.get("version")), String.valueOf(hello.get("build")));
            versions.put(process.engine(), version);
            return version;
        } catch (Refused e) {
            absent.add(process.engine());
            throw e;
        }
    }

    static double number(Map<String, Object> answer, String name) throws Refused {
        if (answer.get(name) instanceof Number value) {
            return value.doubleValue();
        }
        throw new Refused("%s: %s in an answer (expected a number)".formatted(name, answer.get(name)));
    }
}
