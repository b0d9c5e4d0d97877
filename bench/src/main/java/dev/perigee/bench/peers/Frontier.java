package dev.perigee.bench.peers;

import dev.perigee.PerigeeException;
import dev.perigee.bench.peers.EngineProcess.Refused;
import dev.perigee.bench.peers.Indexes.Built;
import dev.perigee.bench.peers.Indexes.Version;
import dev.perigee.bench.peers.Setting.Index;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Perigee and the best of its peers on one data set. Every setting is tried on one half of the queries, the peers' once for all
 * runs; the few fastest that reach a target are measured again there, by turns; the one that won on either side is then measured
 * on the other half, by turns.
 */
final class Frontier {
    static final String OURS = "perigee";
    static final String WITHOUT_NATIVE = "perigee_java";

    private static final int HALF = 1000;
    private static final double TRY_SECONDS = 0.1;
    private static final double WARM_SECONDS = 0.5;
    private static final double ROUND_SECONDS = 0.2;
    private static final int CHOOSING_ROUNDS = 3;

    /** What was measured of one data set. @param points of the half where settings are tried */
    record Result(DataSet data, List<Point> points, Map<Index, Version> versions, List<FrontierRow> rows) {
    }

    private final DataCache cache;
    private final SweepStore store;
    private final Indexes indexes;
    private final List<Integer> processors;
    private final int rounds;
    private final Path scratch;
    private final Consumer<String> notes;

    /**
     * @param processors to measure on, as many of them as a setting has threads
     * @param scratch    a folder where Perigee's indexes lie during the run
     */
    Frontier(DataCache cache, SweepStore store, Indexes indexes, List<Integer> processors, int rounds, Path scratch,
            Consumer<String> notes) {
        this.cache = cache;
        this.store = store;
        this.indexes = indexes;
        this.processors = processors;
        this.rounds = rounds;
        this.scratch = scratch;
        this.notes = notes;
    }

    Result measure(Catalogue.Data set, List<String> engines) {
        DataSet all = cache.get(set);
        int half = Math.min(HALF, all.queryCount() / 2);
        Map<Index, Built> open = new LinkedHashMap<>();
        try (Half tried = new Half(all.part(0, half), cache); Half asked = new Half(all.part(half, 2 * half), cache)) {
            Map<Index, Set<Setting>> settings = new LinkedHashMap<>();
            Plan.of(set, true, engines, List.of(1)).settings().forEach(setting ->
                    settings.computeIfAbsent(setting.index(), index -> new LinkedHashSet<>()).add(setting));
            List<Point> points = new ArrayList<>();
            Map<Index, Version> versions = new LinkedHashMap<>();
            settings.forEach((index, some) -> indexes.version(index.engine()).ifPresent(version -> {
                versions.put(index, version);
                points.addAll(swept(tried, index, version, some, open));
            }));
            List<FrontierRow> rows = compared(points, versions, tried, asked, open);
            return new Result(all, points, versions, rows);
        } finally {
            open.values().forEach(Built::close);
        }
    }

    /** All points of an index: those of peers that are known already are not measured again. */
    private List<Point> swept(Half tried, Index index, Version version, Set<Setting> settings, Map<Index, Built> open) {
        boolean ours = index.engine().equals(OURS);
        Path kept = ours ? null : store.of(tried.data(), index, version);
        List<Point> points = ours ? new ArrayList<>() : store.read(kept, index);
        Set<Setting> known = new LinkedHashSet<>(points.stream().map(Point::setting).toList());
        Optional<Built> built = Optional.empty();
        long begin = System.nanoTime();
        for (Setting setting : batchesFirst(settings)) {
            if (known.contains(setting) || Point.spares(points, setting)) {
                continue;
            }
            if (built.isEmpty()) {
                built = opened(tried.data(), index, version, open);
                if (built.isEmpty()) {
                    break;
                }
                pin(built.get(), setting.threads());
            }
            sampled(tried, setting, built.get(), TRY_SECONDS).ifPresent(sample ->
                    points.add(new Point(setting, sample.recall(), sample.cpuQps())));
            if (!ours) {
                store.write(kept, index, points);
            }
        }
        if (built.isPresent()) {
            notes.accept(String.format(Locale.ROOT, "%s: %s: %d settings of %d tried in %.1f s", tried.data().name(), index,
                    points.size(), settings.size(), (System.nanoTime() - begin) * 1e-9));
            if (!ours) {
                open.remove(index).close();
            }
        }
        return points; // also those that the catalogue has no more: they are as true as the others
    }

    /** What batches show, single queries need not be tried for. */
    private static List<Setting> batchesFirst(Set<Setting> settings) {
        return settings.stream().sorted(Comparator.comparing(Setting::mode)).toList();
    }

    private Optional<Built> opened(DataSet data, Index index, Version version, Map<Index, Built> open) {
        if (!open.containsKey(index)) {
            boolean ours = index.engine().startsWith(OURS); // one folder for both of ours
            Path keep = ours ? scratch.resolve("%s-%08x".formatted(data.name(), (index.kind() + index.build()).hashCode()))
                    : store.of(data, index, version).resolve("index");
            indexes.build(data, index, Optional.of(keep)).ifPresent(built -> open.put(index, built));
        }
        return Optional.ofNullable(open.get(index));
    }

    private void pin(Built built, int threads) {
        if (!processors.isEmpty()) {
            built.process().pin(processors.subList(0, Math.min(threads, processors.size())));
        }
    }

    private Optional<Sample> sampled(Half half, Setting setting, Built built, double least) {
        try {
            return Optional.of(half.sample(setting, built.process(), least));
        } catch (Refused | PerigeeException e) {
            indexes.skip(setting.index().engine(),
                    "%s on %s: %s".formatted(setting, half.data().name(), e.getMessage()));
            return Optional.empty();
        }
    }

    private List<FrontierRow> compared(List<Point> points, Map<Index, Version> versions, Half tried, Half asked,
            Map<Index, Built> open) {
        List<Point> ours = points.stream().filter(point -> point.setting().index().engine().equals(OURS)).toList();
        List<Point> theirs = points.stream().filter(point -> !point.setting().index().engine().equals(OURS)).toList();
        List<Target> targets = Target.of(ours.stream().map(Point::setting).toList());
        Map<Target, List<Setting>> fastest = new LinkedHashMap<>();
        Map<Target, List<Setting>> peers = new LinkedHashMap<>();
        targets.forEach(target -> {
            fastest.put(target, Point.fastest(ours, target));
            peers.put(target, Point.fastest(theirs, target));
        });
        Map<Target, Setting> our = chosen(fastest, versions, tried, open);
        Map<Target, Setting> their = chosen(peers, versions, tried, open);
        List<FrontierRow> rows = FrontierRow.of(tried.data().name(), targets, our, their, processors.size());
        List<Setting> laps = rows.stream().flatMap(row -> row.laps().stream()).distinct().toList();
        Map<Setting, List<Sample>> samples = byTurns(laps, versions, asked, open, rounds);
        rows.forEach(row -> row.take(samples));
        return rows;
    }

    /** Of the settings of each target the one whose best round is the fastest. */
    private Map<Target, Setting> chosen(Map<Target, List<Setting>> of, Map<Index, Version> versions, Half tried,
            Map<Index, Built> open) {
        List<Setting> close = of.values().stream().filter(some -> some.size() > 1).flatMap(List::stream).distinct().toList();
        Map<Setting, List<Sample>> samples = byTurns(close, versions, tried, open, CHOOSING_ROUNDS);
        Map<Target, Setting> chosen = new LinkedHashMap<>();
        of.forEach((target, settings) -> settings.stream()
                .max(Comparator.comparingDouble(setting -> samples.getOrDefault(setting, List.of()).stream()
                        .mapToDouble(Sample::qps).max().orElse(0)))
                .ifPresent(setting -> chosen.put(target, setting)));
        return chosen;
    }

    /** Samples of every round, every other one backwards; what cannot be measured has none. */
    private Map<Setting, List<Sample>> byTurns(List<Setting> settings, Map<Index, Version> versions, Half half,
            Map<Index, Built> open, int rounds) {
        Map<Setting, List<Sample>> samples = new HashMap<>();
        for (Setting setting : settings) { // on all processors, where the compilers of a JVM are in nobody's way
            opened(half.data(), setting.index(), versions.get(setting.index()), open).ifPresent(built -> {
                pin(built, processors.size());
                double least = Engines.needsWarmUp(setting.index().engine()) ? WARM_SECONDS : 0;
                sampled(half, setting, built, least).ifPresent(sample -> samples.put(setting, new ArrayList<>()));
            });
        }
        List<Setting> order = settings.stream().filter(samples::containsKey).toList();
        for (int round = 1; round <= rounds; round++) {
            for (Setting setting : round % 2 == 1 ? order : order.reversed()) {
                Built built = open.get(setting.index());
                pin(built, setting.threads());
                sampled(half, setting, built, ROUND_SECONDS).ifPresent(samples.get(setting)::add);
            }
        }
        return samples;
    }
}
