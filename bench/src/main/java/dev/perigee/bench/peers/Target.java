package dev.perigee.bench.peers;

import dev.perigee.bench.workers.Share;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a search has to reach.
 *
 * @param share  of the rows that may be found
 * @param recall at k
 */
record Target(int k, Share share, Setting.Mode mode, double recall) {
    private static final double[] RECALLS = {0.95, 0.99, 0.999};
    private static final double USUAL = 0.99;
    /** A fifth of what may be missing of the recall: what may come to be missing on other queries. */
    private static final double LUCK = 0.2;

    /** Those of these settings: every recall for 10 neighbours of all rows, .99 for what is special. */
    static List<Target> of(List<Setting> settings) {
        List<Target> targets = new ArrayList<>();
        for (Setting setting : settings) {
            boolean plain = setting.k() == 10 && share(setting).equals(Share.ALL);
            for (double recall : plain ? RECALLS : new double[] {USUAL}) {
                Target target = new Target(setting.k(), share(setting), setting.mode(), recall);
                if (!targets.contains(target)) {
                    targets.add(target);
                }
            }
        }
        return targets;
    }

    static Share share(Setting setting) {
        return setting.search().get("pass") instanceof Number percent ? new Share(percent.intValue()) : Share.ALL;
    }

    boolean isOf(Setting setting) {
        return setting.k() == k && setting.mode() == mode && share(setting).equals(share);
    }

    /** The recall of a setting that is chosen: a little more, for the queries that it is then asked have no part in the choice. */
    double chosenFrom() {
        return recall + LUCK * (1 - recall);
    }

    /** The recall that counts as reached on queries that nothing was chosen with. */
    double heldFrom() {
        return recall - LUCK * (1 - recall);
    }

    boolean plain() {
        return k == 10 && share.equals(Share.ALL);
    }

    /** Recall .99 as "99". */
    String digits() {
        return BigDecimal.valueOf(recall).toPlainString().substring(2);
    }

    /** What Perigee has to reach of the best peer; nothing where none is set. */
    Optional<Double> goal(String data) {
        boolean single = mode == Setting.Mode.SINGLE;
        if (k == 100) {
            return single ? Optional.empty() : Optional.of(1.5);
        }
        if (recall > USUAL || data.equals("siftsmall")) {
            return Optional.empty();
        }
        if (data.equals("synthetic500k")) {
            return recall < USUAL ? Optional.empty() : Optional.of(single ? 1.0 : 1.3);
        }
        return Optional.of(single ? 1.3 : recall < USUAL ? 1.4 : 1.7);
    }
}
