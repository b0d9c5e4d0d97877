package dev.perigee.bench.peers;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is measured on a data set.
 *
 * @param settings in the order of a round: engines take turns within a point of a curve, and the two of a ratio follow each other
 */
record Plan(List<Setting> settings) {
    /**
     * @param engines those that take part
     * @param threads of batches; single queries run on one, in the full sweep on all of them
     */
    static Plan of(Catalogue.Data data, boolean full, List<String> engines, List<Integer> threads) {
        Set<Setting> settings = new LinkedHashSet<>();
        for (Catalogue.Curve curve : data.curves()) {
            for (int k : curve.k()) {
                for (Map<String, Object> search : full ? curve.full() : curve.quick()) {
                    for (Setting.Mode mode : Setting.Mode.values()) {
                        for (int count : threads) {
                            if (mode == Setting.Mode.BATCH || count == 1 || full || threads.size() == 1) {
                                curve.engines().stream().filter(engines::contains)
                                        .map(engine -> new Setting.Index(engine, curve.index(), curve.build()))
                                        .forEach(index -> settings.add(new Setting(index, search, k, mode, count)));
                            }
                        }
                    }
                }
            }
        }
        return new Plan(pairedFirst(List.copyOf(settings), data.name()));
    }

    private static List<Setting> pairedFirst(List<Setting> settings, String data) {
        Set<Setting> order = new LinkedHashSet<>();
        for (Ratio ratio : Ratio.of(settings, data)) {
            order.add(ratio.ours());
            order.add(ratio.theirs());
        }
        order.addAll(settings);
        return new ArrayList<>(order);
    }

    /** The plan itself, or a plan per kind of index where the indexes of all would fill the memory of the machine. */
    List<Plan> parts(DataSet data) {
        double bytes = 2.5 * data.rows() * data.dim() * Float.BYTES * indexes().size(); // rows, a copy, a build
        long memory = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        if (bytes < memory * 0.6) {
            return List.of(this);
        }
        return settings.stream().map(setting -> setting.index().kind()).distinct()
                .map(kind -> new Plan(settings.stream().filter(setting -> setting.index().kind().equals(kind)).toList()))
                .toList();
    }

    List<Setting.Index> indexes() {
        return settings.stream().map(Setting::index).distinct().toList();
    }
}
