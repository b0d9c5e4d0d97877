package dev.perigee.bench.peers;

import dev.perigee.PerigeeException;
import dev.perigee.bench.peers.EngineProcess.Refused;
import dev.perigee.bench.peers.Indexes.Built;
import dev.perigee.bench.peers.Indexes.Skipped;
import dev.perigee.bench.peers.Setting.Index;
import dev.perigee.bench.peers.Setting.Mode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Measures a plan: builds every index in a process of its own, then lets all settings take turns, round by round, every other
 * round backwards. What cannot be had is skipped with its reason, and the rest goes on.
 */
final class Rounds {
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

    /** What was measured of a setting. */
    record Measured(Setting setting, Built built, List<Sample> samples, long rssBytes) {
    }

    private final Indexes indexes;
    private final Effort effort;
    private final List<Integer> processors;
    private final Consumer<String> notes;

    /**
     * @param processors that measuring is pinned to, as many of them as a setting has threads; empty = left to the system
     * @param buildThreads to build with
     */
    Rounds(Engines engines, Effort effort, List<Integer> processors, int buildThreads, Consumer<String> notes) {
        this.indexes = new Indexes(engines, List.of(), buildThreads, notes);
        this.effort = effort;
        this.processors = processors;
        this.notes = notes;
    }

    int buildThreads() {
        return indexes.threads();
    }

    List<Skipped> skipped() {
        return indexes.skipped();
    }

    /**
     * Measures the settings of a plan; those that could not be measured are not in the answer.
     *
     * @param end in nanoseconds of the system's timer: rounds beyond the third that would pass it are left out
     */
    List<Measured> measure(DataSet data, Plan plan, long end) {
        Map<Index, Built> built = new LinkedHashMap<>();
        try (Searches searches = new Searches(data, effort.batch)) {
            for (Index index : plan.indexes()) {
                indexes.build(data, index, Optional.empty()).ifPresent(one -> built.put(index, one));
            }
            Map<Setting, List<Sample>> samples = new LinkedHashMap<>();
            for (Setting setting : plan.settings()) { // on all processors, where the compilers of a JVM are in nobody's way
                if (built.containsKey(setting.index())
                        && sampled(data, searches, setting, built.get(setting.index()), effort.warmUp, new ArrayList<>())) {
                    samples.put(setting, new ArrayList<>());
                }
            }
            List<Setting> order = new ArrayList<>(samples.keySet());
            for (int round = 1; round <= effort.rounds; round++) {
                long started = System.nanoTime();
                for (Setting setting : round % 2 == 1 ? order : order.reversed()) {
                    if (samples.containsKey(setting)) {
                        Built one = built.get(setting.index());
                        if (!processors.isEmpty()) {
                            one.process().pin(processors.subList(0, Math.min(setting.threads(), processors.size())));
                        }
                        if (!sampled(data, searches, setting, one, effort.seconds, samples.get(setting))) {
                            samples.remove(setting);
                        }
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
            built.forEach((index, one) -> memory.put(index, one.memory()));
            return samples.entrySet().stream().map(entry -> new Measured(entry.getKey(), built.get(entry.getKey().index()),
                    entry.getValue(), memory.get(entry.getKey().index()))).toList();
        } finally {
            built.values().forEach(Built::close);
        }
    }

    /** Adds a sample; false if the setting cannot be measured. */
    private boolean sampled(DataSet data, Searches searches, Setting setting, Built built, double least, List<Sample> samples) {
        try {
            samples.add(searches.sample(setting, built.process(),
                    setting.mode() == Mode.SINGLE ? effort.singles : effort.batches, least));
            return true;
        } catch (Refused | PerigeeException e) {
            indexes.skip(setting.index().engine(),
                    "%s on %s: %s".formatted(setting.index().kind(), data.name(), e.getMessage()));
            return false;
        }
    }
}
