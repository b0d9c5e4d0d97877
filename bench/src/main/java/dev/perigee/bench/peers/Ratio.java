package dev.perigee.bench.peers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Perigee beside FAISS at equal recall, Fashion-MNIST, one thread: the median over the rounds of queries/s over queries/s. */
record Ratio(String name, Setting ours, Setting theirs, double goal, double leastRecall) {
    private static final String DATA = "fashion_mnist";
    /** As far may our recall stay behind theirs and be called equal. */
    private static final double EQUAL = 0.001;

    private record Goal(String name, String kind, Setting.Mode mode, Map<String, Object> ours, Map<String, Object> theirs,
            double goal, double leastRecall) {
    }

    private static final Map<String, Object> LISTS = Map.of("lists", 256, "probes", 32);
    private static final List<Goal> GOALS = List.of(
            new Goal("flat_batch_over_faiss", "flat", Setting.Mode.BATCH, Map.of(), Map.of(), 0.95, 0),
            new Goal("flat_single_over_faiss", "flat", Setting.Mode.SINGLE, Map.of(), Map.of(), 0.95, 0),
            new Goal("ivf_flat_batch_over_faiss", "ivf_flat", Setting.Mode.BATCH, LISTS, LISTS, 2, 0),
            new Goal("ivf_flat_single_over_faiss", "ivf_flat", Setting.Mode.SINGLE, LISTS, LISTS, 0.9, 0),
            new Goal("ivf_pq_batch_over_faiss", "ivf_pq", Setting.Mode.BATCH,
                    Map.of("lists", 256, "m", 98, "bits", 8, "probes", 32, "refine", 100),
                    Map.of("lists", 256, "m", 98, "bits", 8, "probes", 32, "refine", 0), 1, 0.97));

    /** The ratios of which both settings are measured. */
    static List<Ratio> of(List<Setting> settings, String data) {
        List<Ratio> ratios = new ArrayList<>();
        for (Goal goal : data.equals(DATA) ? GOALS : List.<Goal>of()) {
            Optional<Setting> ours = find(settings, "perigee", goal, goal.ours);
            Optional<Setting> theirs = find(settings, "faiss", goal, goal.theirs);
            if (ours.isPresent() && theirs.isPresent()) {
                ratios.add(new Ratio(goal.name, ours.get(), theirs.get(), goal.goal, goal.leastRecall));
            }
        }
        return ratios;
    }

    private static Optional<Setting> find(List<Setting> settings, String engine, Goal goal, Map<String, Object> parameters) {
        return settings.stream().filter(setting -> setting.index().engine().equals(engine)
                && setting.index().kind().equals(goal.kind) && setting.mode() == goal.mode && setting.threads() == 1
                && setting.k() == 10 && parameters.entrySet().stream().allMatch(entry -> entry.getValue().equals(setting.search()
                        .getOrDefault(entry.getKey(), setting.index().build().get(entry.getKey()))))).findFirst();
    }

    /**
     * The row of it.
     *
     * @param ourSamples   of each round
     * @param theirSamples of the same rounds
     */
    Map<String, Object> row(List<Sample> ourSamples, List<Sample> theirSamples) {
        double[] ratios = perRound(ourSamples, theirSamples);
        double value = Sample.median(ratios);
        double ourRecall = Sample.median(ourSamples, Sample::recall);
        double theirRecall = Sample.median(theirSamples, Sample::recall);
        boolean equal = ourRecall >= theirRecall - EQUAL && ourRecall >= leastRecall;
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", name);
        row.put("value", PeerRow.rounded(value));
        row.put("unit", "ratio");
        row.put("goal", goal);
        row.put("goal_is", "at_least");
        row.put("met", equal && value >= goal);
        row.put("equal_recall", equal);
        row.put("recall_at_10", PeerRow.rounded(ourRecall));
        row.put("peer_recall_at_10", PeerRow.rounded(theirRecall));
        row.put("min", PeerRow.rounded(java.util.Arrays.stream(ratios).min().orElse(Double.NaN)));
        row.put("max", PeerRow.rounded(java.util.Arrays.stream(ratios).max().orElse(Double.NaN)));
        row.put("data", DATA);
        row.put("mode", ours.mode().label());
        row.put("threads", 1);
        return row;
    }

    static double[] perRound(List<Sample> ours, List<Sample> theirs) {
        double[] ratios = new double[Math.min(ours.size(), theirs.size())];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = ours.get(i).qps() / theirs.get(i).qps();
        }
        return ratios;
    }
}
