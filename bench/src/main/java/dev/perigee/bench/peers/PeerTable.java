package dev.perigee.bench.peers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What people read of a run on a terminal: the ratios, the rows data set by data set, and who was left out. */
final class PeerTable {
    private static final int NAMES = 6; // columns of words, to the left

    private PeerTable() {
    }

    static String text(List<PeerRow> rows, List<Map<String, Object>> ratios, List<Indexes.Skipped> skipped) {
        StringBuilder text = new StringBuilder();
        for (Map<String, Object> ratio : ratios) {
            text.append(String.format(Locale.ROOT, "%-26s  %6.3f  (%.3f to %.3f)  goal >= %-4s  %s\n", ratio.get("name"),
                    ratio.get("value"), ratio.get("min"), ratio.get("max"), ratio.get("goal"), verdict(ratio)));
        }
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"data", "index", "engine", "parameters", "mode", "k", "threads", "recall", "qps", "min", "max",
            "p50 us", "p99 us", "build s", "MB"});
        for (PeerRow row : rows) {
            lines.add(new String[] {row.data(), row.index(), row.engine(), row.parameters(), row.mode(), "" + row.k(),
                "" + row.threads(), String.format(Locale.ROOT, "%.4f", row.recall()), whole(row.qps()), whole(row.qpsMin()),
                whole(row.qpsMax()), whole(row.p50Micros()), whole(row.p99Micros()),
                String.format(Locale.ROOT, "%.1f", row.buildSeconds()), whole(row.bytes() * 1e-6)});
        }
        int[] widths = new int[lines.getFirst().length];
        lines.forEach(line -> Arrays.setAll(widths, i -> Math.max(widths[i], line[i].length())));
        for (String[] line : lines) {
            StringBuilder one = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                one.append(i == 0 ? "" : "  ").append(("%" + (i < NAMES ? "-" : "") + widths[i] + "s").formatted(line[i]));
            }
            text.append(text.isEmpty() ? "" : "\n").append(one.toString().stripTrailing());
        }
        skipped.forEach(skip -> text.append("\nskipped %s: %s".formatted(skip.engine(), skip.reason())));
        return text.toString();
    }

    private static String verdict(Map<String, Object> ratio) {
        return Boolean.TRUE.equals(ratio.get("met")) ? "met" : Boolean.TRUE.equals(ratio.get("equal_recall")) ? "NOT MET"
                : "NOT MET, recall %s against %s".formatted(ratio.get("recall_at_10"), ratio.get("peer_recall_at_10"));
    }

    private static String whole(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, value < 10 ? "%.1f" : "%.0f", value) : "";
    }
}
