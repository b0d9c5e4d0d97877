package dev.perigee.bench.peers;

import dev.perigee.bench.workers.Share;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** One number of {@code bench peers --frontier}: two settings beside each other, and what became of them. */
final class FrontierRow {
    /** What is compared; {@code other} over {@code base} in queries/s, but in time where it is a price. */
    enum Kind {
        OVER_PEER, WITHOUT_NATIVE, TWO_THREADS, FILTER, DELETES;

        boolean price() {
            return this == FILTER || this == DELETES;
        }
    }

    private static final double WITHOUT_NATIVE_GOAL = 0.7;
    private static final double TWO_THREADS_GOAL = 1.8;
    private static final double FILTER_GOAL = 1.2;
    private static final double DELETES_GOAL = 1.03;
    private static final Share NOT_DELETED = new Share(90);

    private final String name;
    private final Kind kind;
    private final String data;
    private final Target target;
    private final Setting base;
    private final Setting other;
    private final Optional<Double> goal;
    private List<Sample> baseSamples = List.of();
    private List<Sample> samples = List.of();

    private FrontierRow(String name, Kind kind, String data, Target target, Setting base, Setting other, Optional<Double> goal) {
        this.name = name;
        this.kind = kind;
        this.data = data;
        this.target = target;
        this.base = base;
        this.other = other;
        this.goal = goal;
    }

    /** All rows of a data set; those of a target that one side did not reach say so. */
    static List<FrontierRow> of(String data, List<Target> targets, Map<Target, Setting> our, Map<Target, Setting> their,
            int processors) {
        List<FrontierRow> rows = new ArrayList<>();
        Setting usual = our.get(new Target(10, Share.ALL, Setting.Mode.BATCH, 0.99));
        for (Target target : targets) {
            Setting ours = our.get(target);
            String point = "%s_%s_%s".formatted(data, target.digits(), target.mode().label());
            if (target.plain() && !their.isEmpty()) {
                rows.add(new FrontierRow("best_over_peer_" + point, Kind.OVER_PEER, data, target, their.get(target), ours,
                        target.goal(data)));
            }
            if (target.plain()) {
                rows.add(new FrontierRow("without_native_" + point, Kind.WITHOUT_NATIVE, data, target, ours,
                        ours == null ? null : of(ours, Frontier.WITHOUT_NATIVE), Optional.of(WITHOUT_NATIVE_GOAL)));
            } else if (target.share().equals(Share.ALL) && their.containsKey(target)) {
                rows.add(new FrontierRow("k%d_over_peer_%s".formatted(target.k(), point), Kind.OVER_PEER, data, target,
                        their.get(target), ours, target.goal(data)));
            } else if (target.mode() == Setting.Mode.BATCH && !target.share().equals(Share.ALL)) {
                rows.add(new FrontierRow("filter_%d_%s".formatted(target.share().percent(), data), Kind.FILTER, data, target,
                        usual, ours, Optional.of(FILTER_GOAL)));
            }
        }
        if (usual != null && processors > 1) {
            Target target = targets.stream().filter(one -> one.isOf(usual) && one.recall() == 0.99).findFirst().orElseThrow();
            rows.add(new FrontierRow("two_threads_" + data, Kind.TWO_THREADS, data, target, usual,
                    new Setting(usual.index(), usual.search(), usual.k(), usual.mode(), 2), Optional.of(TWO_THREADS_GOAL)));
        }
        if (usual != null && rows.stream().anyMatch(row -> row.kind == Kind.FILTER)) {
            Map<String, Object> search = new LinkedHashMap<>(usual.search());
            search.put("pass", NOT_DELETED.percent());
            rows.add(new FrontierRow("deletes_10_" + data, Kind.DELETES, data,
                    new Target(usual.k(), NOT_DELETED, usual.mode(), 0.99), usual,
                    new Setting(usual.index(), search, usual.k(), usual.mode(), 1), Optional.of(DELETES_GOAL)));
        }
        return rows;
    }

    private static Setting of(Setting setting, String engine) {
        Setting.Index index = new Setting.Index(engine, setting.index().kind(), setting.index().build());
        return new Setting(index, setting.search(), setting.k(), setting.mode(), setting.threads());
    }

    /** The settings to measure, those beside each other that are compared; none if one is missing. */
    List<Setting> laps() {
        return base == null || other == null ? List.of() : List.of(base, other);
    }

    void take(Map<Setting, List<Sample>> measured) {
        baseSamples = Objects.requireNonNullElse(measured.get(base), List.of());
        samples = Objects.requireNonNullElse(measured.get(other), List.of());
    }

    private boolean measured() {
        return !baseSamples.isEmpty() && !samples.isEmpty();
    }

    /** Of the medians over the rounds. */
    double value() {
        double ratio = Sample.median(samples, Sample::qps) / Sample.median(baseSamples, Sample::qps);
        return kind.price() ? 1 / ratio : ratio;
    }

    private double best() {
        double ratio = fastest(samples) / fastest(baseSamples);
        return kind.price() ? 1 / ratio : ratio;
    }

    private static double fastest(List<Sample> samples) {
        return samples.stream().mapToDouble(Sample::qps).max().orElse(Double.NaN);
    }

    /** Whether the goal is reached at a recall worth the name; nothing where there is no goal. */
    Optional<Boolean> met() {
        return goal.map(least -> measured() && recallHolds() && (kind.price() ? value() <= least : value() >= least));
    }

    private boolean recallHolds() {
        double recall = Sample.median(samples, Sample::recall);
        double peer = kind == Kind.OVER_PEER ? Sample.median(baseSamples, Sample::recall) : target.recall();
        return recall >= Math.min(target.heldFrom(), peer);
    }

    /** As {@code --json} has it. */
    Map<String, Object> json() {
        boolean peer = kind == Kind.OVER_PEER;
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", name);
        row.put("value", measured() ? PeerRow.rounded(value()) : null);
        row.put("unit", kind.price() ? "time ratio" : "ratio");
        goal.ifPresent(some -> {
            row.put("goal", some);
            row.put("goal_is", kind.price() ? "at_most" : "at_least");
            row.put("met", met().orElseThrow());
        });
        row.put("data", data);
        row.put("mode", target.mode().label());
        row.put("k", target.k());
        row.put("recall", target.recall());
        if (measured()) {
            String first = peer ? "peer" : "base";
            row.put(first, described(base));
            row.put("perigee", described(other));
            row.put(first + "_qps", PeerRow.rounded(Sample.median(baseSamples, Sample::qps)));
            row.put("perigee_qps", PeerRow.rounded(Sample.median(samples, Sample::qps)));
            row.put(first + "_recall", PeerRow.rounded(Sample.median(baseSamples, Sample::recall)));
            row.put("perigee_recall", PeerRow.rounded(Sample.median(samples, Sample::recall)));
            row.put("of_best_rounds", PeerRow.rounded(best()));
            double[] ratios = kind.price() ? Ratio.perRound(baseSamples, samples) : Ratio.perRound(samples, baseSamples);
            row.put("min", PeerRow.rounded(Arrays.stream(ratios).min().orElse(Double.NaN)));
            row.put("max", PeerRow.rounded(Arrays.stream(ratios).max().orElse(Double.NaN)));
            row.put("rounds", ratios.length);
        } else {
            row.put("reason", missing());
        }
        return row;
    }

    private String missing() {
        if (other == null) {
            return "no setting of perigee reaches this recall";
        }
        return base == null ? "no setting of a peer reaches this recall" : "one side could not be measured";
    }

    private static String described(Setting setting) {
        return "%s %s%s%s".formatted(setting.index(), Setting.words(setting.search()),
                setting.k() == 10 ? "" : " k=" + setting.k(),
                setting.threads() == 1 ? "" : ", %d threads".formatted(setting.threads()));
    }

    /** A line for people. */
    String text() {
        if (!measured()) {
            return "%-46s  %s".formatted(name, missing());
        }
        String verdict = met().map(reached -> " goal %s %s  %s".formatted(kind.price() ? "<=" : ">=", goal.get(),
                reached ? "met" : "NOT MET")).orElse("");
        String lines = "%-46s %6.2f %s\n    %8.0f/s at %.4f  %s\n    %8.0f/s at %.4f  %s";
        return String.format(Locale.ROOT, lines, name, value(), verdict,
                Sample.median(samples, Sample::qps), Sample.median(samples, Sample::recall), described(other),
                Sample.median(baseSamples, Sample::qps), Sample.median(baseSamples, Sample::recall), described(base));
    }
}
