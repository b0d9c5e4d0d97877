package dev.perigee.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The loads as people read them: a line each, then what the server can do. */
record LoadTable(List<LoadPoint> points, double mostP99Millis) {
    private static final String[] NAMES = {"offered/s", "of capacity", "achieved/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms",
        "sent late p99 ms", "refused", "failed", "uncorrected: p50 ms", "p99 ms", "p99.9 ms"};

    /** The highest load that the server could do, 0 if none was. */
    static double knee(List<LoadPoint> points, double mostP99Millis) {
        return points.stream().filter(point -> !point.isBeyond(mostP99Millis)).mapToDouble(LoadPoint::offeredQps).max().orElse(0);
    }

    String text() {
        List<String[]> lines = new ArrayList<>();
        lines.add(NAMES);
        points.forEach(point -> lines.add(line(point)));
        StringBuilder text = new StringBuilder();
        for (String[] line : lines) {
            for (int i = 0; i < line.length; i++) {
                text.append(i == 0 ? "" : "  ").append(("%" + Math.max(9, NAMES[i].length()) + "s").formatted(line[i]));
            }
            text.append('\n');
        }
        return text.append(verdict()).toString();
    }

    private String[] line(LoadPoint point) {
        Map<String, Object> fields = point.fields(mostP99Millis);
        return new String[] {whole(point.offeredQps()), whole(100 * point.ofCapacity()) + " %", whole(point.achievedQps()),
            millis(fields, "p50_us"), millis(fields, "p99_us"), millis(fields, "p999_us"), millis(fields, "max_us"),
            millis(fields, "send_late_p99_us"),
            fields.get("overloaded").toString(), whole(point.open().failed() + point.open().notSent()),
            millis(fields, "uncorrected_p50_us"), millis(fields, "uncorrected_p99_us"), millis(fields, "uncorrected_p999_us")};
    }

    private String verdict() {
        double knee = knee(points, mostP99Millis);
        boolean reached = points.getLast().isBeyond(mostP99Millis);
        return String.format(Locale.ROOT, "capacity %.0f queries/s (closed loop); %s", points.getFirst().capacity(),
                !reached ? "the knee was not reached" : knee == 0 ? "already the first load is beyond the knee"
                        : String.format(Locale.ROOT, "knee: %.0f queries/s is the most that it can do of these", knee));
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }

    private static String millis(Map<String, Object> fields, String name) {
        return fields.get(name) instanceof Double micros ? String.format(Locale.ROOT, "%.2f", micros * 1e-3) : "";
    }
}
