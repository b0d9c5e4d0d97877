package dev.perigee.bench.peers;

import dev.perigee.PerigeeException;
import dev.perigee.bench.peers.EngineProcess.Refused;
import dev.perigee.bench.peers.Setting.Index;
import dev.perigee.bench.peers.Setting.Mode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Measures a plan: builds every index in a process of its own, then lets all settings take turns, round by round, every other
 * round backwards. What cannot be had is skipped with its reason, and the rest goes on.
 */
final class Rounds {
    private static final Duration HELLO = Duration.ofMinutes(2);
    private static final Duration BUILD = Duration.ofHours(2);
    private static final Duration SEARCH = Duration.ofMinutes(15);
    private static final int MOST_PASSES = 50;
    private static final int FEWEST_ROUNDS = 3;

    /**
     * How much is measured.
     *
     * @param rounds  that count
     * @param batches queries of mode batch, in batches of {@code batch}
     * @param singles queries of mode single
     * @param seconds that a round of a setting takes at least; several passes if one is shorter
     * @param warmUp  seconds of a setting before the first round: the compiler of a JVM needs them
     */
    record Effort(int rounds, int batches, int batch, int singles, double seconds, double warmUp) {
        static final Effort SHORT = new Effort(5, 1000, 1000, 200, 0.3, 1);
        static final Effort FULL = new Effort(5, 5000, 1000, 1000, 1, 3);

        Effort withRounds(int rounds) {
            return new Effort(rounds, batches, batch, singles, seconds, warmUp);
        }
    }

    /** An index that was built. */
    record Built(EngineProcess process, String version, String build, double seconds, long bytes) {
    }

    /** What was measured of a setting. */
    record Measured(Setting setting, Built built, List<Sample> samples, long rssBytes) {
    }

    /** An engine, or a part of it, that was left out. */
    record Skipped(String engine, String reason) {
    }

    private final Engines engines;
    private final Effort effort;
    private final List<Integer> processors;
    private final int buildThreads;
    private final Consumer<String> notes;
    private final Set<Skipped> skipped = new LinkedHashSet<>();
    private final Set<String> absent = new LinkedHashSet<>();

    /**
     * @param processors that measuring is pinned to, as many of them as a setting has threads; empty = left to the system
     * @param buildThreads to build with
     */
    Rounds(Engines engines, Effort effort, List<Integer> processors, int buildThreads, Consumer<String> notes) {
        this.engines = engines;
        this.effort = effort;
        this.processors = processors;
        this.buildThreads = buildThreads;
        this.notes = notes;
    }

    int buildThreads() {
        return buildThreads;
    }

    List<Skipped> skipped() {
        return List.copyOf(skipped);
    }

    /**
     * Measures the settings of a plan; those that could not be measured are not in the answer.
     *
     * @param end in nanoseconds of the system's timer: rounds beyond the third that would pass it are left out
     */
    List<Measured> measure(DataSet data, Plan plan, long end) {
        Map<Index, Built> built = new LinkedHashMap<>();
        Path out = null;
        try (Judge judge = new Judge(data)) {
            out = Files.createTempFile("perigee-bench-", ".i32");
            for (Index index : plan.indexes()) {
                build(data, index, built);
            }
            Pass pass = new Pass(data, judge, out);
            Map<Setting, List<Sample>> samples = new LinkedHashMap<>();
            for (Setting setting : plan.settings()) {
                if (built.containsKey(setting.index()) && pass.warmUp(setting, built.get(setting.index()).process)) {
                    samples.put(setting, new ArrayList<>());
                }
            }
            List<Setting> order = new ArrayList<>(samples.keySet());
            for (int round = 1; round <= effort.rounds; round++) {
                long started = System.nanoTime();
                for (Setting setting : round % 2 == 1 ? order : order.reversed()) {
                    if (samples.containsKey(setting)
                            && !pass.round(setting, built.get(setting.index()).process, samples.get(setting))) {
                        samples.remove(setting);
                    }
                }
                long took = System.nanoTime() - started;
                notes.accept(String.format(Locale.ROOT, "%s: round %d of %d, %d settings, took %.1f s", data.name(), round,
                        effort.rounds, samples.size(), took * 1e-9));
                if (round >= FEWEST_ROUNDS && round < effort.rounds && System.nanoTime() + took - end > 0) {
                    notes.accept("%s: %d rounds, for there is no time for more".formatted(data.name(), round));
                    break;
                }
            }
            Map<Index, Long> memory = new LinkedHashMap<>();
            built.forEach((index, one) -> memory.put(index, memory(one)));
            return samples.entrySet().stream().map(entry -> new Measured(entry.getKey(), built.get(entry.getKey().index()),
                    entry.getValue(), memory.get(entry.getKey().index()))).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            built.values().forEach(one -> one.process.close());
            delete(out);
        }
    }

    private void build(DataSet data, Index index, Map<Index, Built> built) {
        if (absent.contains(index.engine())) {
            return;
        }
        EngineProcess process = null;
        try {
            process = start(index.engine());
            Map<String, Object> hello = hello(process);
            Map<String, Object> request = new LinkedHashMap<>();
            request.put("op", "build");
            request.put("index", index.kind());
            request.put("distance", data.distance());
            request.put("base", data.base().toString());
            request.put("rows", data.rows());
            request.put("dim", data.dim());
            request.put("threads", buildThreads);
            request.put("build", index.build());
            Map<String, Object> answer;
            try {
                answer = process.ask(request, BUILD);
            } catch (Refused e) {
                throw new Refused("%s on %s: %s".formatted(index.kind(), data.name(), e.getMessage()));
            }
            built.put(index, new Built(process, String.valueOf(hello.get("version")), String.valueOf(hello.get("build")),
                    number(answer, "build_s"), (long) number(answer, "bytes")));
            notes.accept(String.format(Locale.ROOT, "%s: %s built in %.1f s", data.name(), index, number(answer, "build_s")));
            process = null;
        } catch (Refused e) {
            skip(index.engine(), e.getMessage());
        } finally {
            if (process != null) {
                process.close();
            }
        }
    }

    private EngineProcess start(String engine) throws Refused {
        try {
            return new EngineProcess(engine, engines.command(engine));
        } catch (PerigeeException | Refused e) {
            absent.add(engine);
            throw new Refused(e.getMessage());
        }
    }

    /** Who does not say hello is not there at all. */
    private Map<String, Object> hello(EngineProcess process) throws Refused {
        try {
            return process.ask(Map.of("op", "hello"), HELLO);
        } catch (Refused e) {
            absent.add(process.engine());
            throw e;
        }
    }

    private void skip(String engine, String reason) {
        if (skipped.add(new Skipped(engine, reason))) {
            notes.accept("%s is skipped: %s".formatted(engine, reason));
        }
    }

    private static double number(Map<String, Object> answer, String name) throws Refused {
        if (answer.get(name) instanceof Number value) {
            return value.doubleValue();
        }
        throw new Refused("%s: %s in an answer (expected a number)".formatted(name, answer.get(name)));
    }

    private static long memory(Built built) {
        try {
            return built.process.alive() ? (long) number(built.process.ask(Map.of("op", "memory"), HELLO), "rss_bytes") : 0;
        } catch (Refused e) {
            return 0;
        }
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Searches of one data set. */
    private final class Pass {
        private final DataSet data;
        private final Judge judge;
        private final Path out;

        Pass(DataSet data, Judge judge, Path out) {
            this.data = data;
            this.judge = judge;
            this.out = out;
        }

        /** On all processors, where the compilers of a JVM are in nobody's way. */
        boolean warmUp(Setting setting, EngineProcess process) {
            return sampled(setting, process, effort.warmUp, new ArrayList<>());
        }

        /** Adds a sample; false if the setting cannot be measured. */
        boolean round(Setting setting, EngineProcess process, List<Sample> samples) {
            if (!processors.isEmpty()) {
                process.pin(processors.subList(0, Math.min(setting.threads(), processors.size())));
            }
            return sampled(setting, process, effort.seconds, samples);
        }

        private boolean sampled(Setting setting, EngineProcess process, double least, List<Sample> samples) {
            try {
                samples.add(sample(setting, process, least));
                return true;
            } catch (Refused | PerigeeException e) {
                skip(setting.index().engine(), "%s on %s: %s".formatted(setting.index().kind(), data.name(), e.getMessage()));
                return false;
            }
        }

        private Sample sample(Setting setting, EngineProcess process, double least) throws Refused {
            boolean single = setting.mode() == Mode.SINGLE;
            int queries = Math.min(data.queryCount(), single ? effort.singles : effort.batches);
            Map<String, Object> request = request(setting, queries);
            double seconds = 0;
            List<Sample> passes = new ArrayList<>();
            do {
                Map<String, Object> answer = process.ask(request, SEARCH);
                double overhead = single ? number(answer, "overhead_us") : 0;
                double net = Math.max(0, number(answer, "seconds") - queries * overhead * 1e-6);
                seconds += number(answer, "seconds");
                double recall = passes.isEmpty() ? judge.recall(out, queries, setting.k(), setting.k())
                        : passes.getFirst().recall();
                passes.add(new Sample(recall, queries / net, Math.max(0, number(answer, "p50_us") - overhead),
                        Math.max(0, number(answer, "p99_us") - overhead)));
            } while (seconds < least && passes.size() < MOST_PASSES);
            double net = passes.stream().mapToDouble(pass -> 1 / pass.qps()).sum(); // of equal passes
            return new Sample(passes.getFirst().recall(), passes.size() / net, Sample.median(passes, Sample::p50Micros),
                    Sample.median(passes, Sample::p99Micros));
        }

        private Map<String, Object> request(Setting setting, int queries) {
            Map<String, Object> request = new TreeMap<>();
            request.put("op", "search");
            request.put("queries", data.firstQueries(queries).toString());
            request.put("rows", queries);
            request.put("k", setting.k());
            request.put("mode", setting.mode().label());
            request.put("batch", effort.batch);
            request.put("threads", setting.threads());
            request.put("search", setting.search());
            request.put("out", out.toString());
            return request;
        }
    }
}
