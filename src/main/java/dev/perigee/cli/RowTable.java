package dev.perigee.cli;

import dev.perigee.compute.Benchmark;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Rows of a benchmark as people and scripts read them. What a row has no context for, it does not say. */
final class RowTable {
    private RowTable() {
    }

    static Map<String, Object> fields(List<Benchmark.Row> rows, Map<String, ?> machine) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("rows", rows.stream().map(RowTable::fields).toList());
        fields.put("machine", machine);
        return fields;
    }

    private static Map<String, Object> fields(Benchmark.Row row) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", row.name());
        fields.put("value", Output.rounded(row.value()));
        fields.put("unit", row.unit());
        fields.put("goal", row.hasGoal() ? row.goal() : null);
        fields.put("goal_is", row.hasGoal() ? row.atMost() ? "at_most" : "at_least" : null);
        fields.put("met", Double.isNaN(row.value()) ? null : row.met());
        if (hasContext(row)) {
            Benchmark.Context context = row.context();
            fields.put("anchor", context.anchor().isEmpty() ? null : context.anchor());
            fields.put("limit", Output.rounded(context.limit()));
            fields.put("stretch", context.stretch());
            fields.put("recall", context.recall());
            context.more().forEach((name, value) -> fields.put(name, Output.rounded(value)));
        }
        return fields;
    }

    private static boolean hasContext(Benchmark.Row row) {
        return row.context() != Benchmark.Context.NONE;
    }

    static String text(List<Benchmark.Row> rows) {
        boolean context = rows.stream().anyMatch(RowTable::hasContext);
        List<String[]> lines = new ArrayList<>();
        lines.add(context ? new String[] {"name", "value", "unit", "limit", "must", "stretch", "anchor", "met"}
                : new String[] {"name", "value", "unit", "goal", "met"});
        for (Benchmark.Row row : rows) {
            String sign = row.atMost() ? "<= " : ">= ";
            String goal = row.hasGoal() ? sign + number(row.goal()) : "";
            String met = !row.hasGoal() || Double.isNaN(row.value()) ? "" : row.met() ? "yes" : "NO";
            double stretch = row.context().stretch();
            lines.add(context ? new String[] {row.name(), number(row.value()), row.unit() + interval(row.context().more()),
                number(row.context().limit()), goal,
                Double.isNaN(stretch) ? "" : sign + number(stretch), row.context().anchor(), met}
                    : new String[] {row.name(), number(row.value()), row.unit(), goal, met});
        }
        return aligned(lines);
    }

    /** Where a figure lies with 95 % confidence, if that is known. */
    private static String interval(Map<String, Double> more) {
        return more.containsKey("low") ? " (%s to %s)".formatted(number(more.get("low")), number(more.get("high"))) : "";
    }

    /** Columns two spaces apart, the second and a fourth of limits to the right. */
    private static String aligned(List<String[]> lines) {
        int columns = lines.getFirst().length;
        int[] widths = new int[columns];
        lines.forEach(line -> Arrays.setAll(widths, i -> Math.max(widths[i], line[i].length())));
        StringBuilder text = new StringBuilder();
        for (String[] line : lines) {
            StringBuilder row = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                boolean right = i == 1 || i == 3 && columns > 5;
                int width = Math.max(1, widths[i]);
                row.append(i == 0 ? "" : "  ").append(("%" + (right ? "" : "-") + width + "s").formatted(line[i]));
            }
            text.append(text.isEmpty() ? "" : "\n").append(row.toString().stripTrailing());
        }
        return text.toString();
    }

    /** Four digits that mean something; plain where large, nothing where there is no number. */
    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "";
        }
        if (!Double.isFinite(value) || Math.abs(value) >= 1000) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return new java.math.BigDecimal(value).round(new java.math.MathContext(4)).stripTrailingZeros().toPlainString();
    }
}
