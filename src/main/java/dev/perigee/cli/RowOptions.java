package dev.perigee.cli;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which rows of a benchmark are wanted, and how they are printed. */
final class RowOptions {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--rows", split = ",", paramLabel = "NAME", description = "The rows to measure (default: all).")
    private List<String> names;

    /** Measures the rows that are wanted and prints them, with the machine. A name that no benchmark has is wrong use. */
    void print(List<Benchmark> benchmarks, Output output, ComputeBackend backend) {
        List<String> known = benchmarks.stream().flatMap(benchmark -> benchmark.rows().stream()).toList();
        List<String> wanted = names == null ? known : names;
        for (String name : wanted) {
            if (!known.contains(name)) {
                throw new ParameterException(command.commandLine(),
                        "rows: '%s' (expected some of %s)".formatted(name, String.join(", ", known)));
            }
        }
        List<Benchmark.Row> rows = new ArrayList<>();
        for (Benchmark benchmark : benchmarks) {
            List<String> its = benchmark.rows().stream().filter(wanted::contains).toList();
            if (!its.isEmpty()) {
                output.note("measuring %s", String.join(", ", its));
                rows.addAll(benchmark.run(its));
            }
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("rows", rows.stream().map(RowOptions::fields).toList());
        fields.put("machine", machine(backend));
        output.result(fields, table(rows));
    }

    private static Map<String, Object> fields(Benchmark.Row row) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", row.name());
        fields.put("value", Output.rounded(row.value()));
        fields.put("unit", row.unit());
        fields.put("goal", row.hasGoal() ? row.goal() : null);
        fields.put("goal_is", row.hasGoal() ? row.atMost() ? "at_most" : "at_least" : null);
        fields.put("met", row.met());
        return fields;
    }

    private static Map<String, Object> machine(ComputeBackend backend) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("cpu", cpu());
        fields.put("cores", Runtime.getRuntime().availableProcessors());
        fields.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        fields.put("jdk", Runtime.version().toString());
        fields.put("backend", backend.name());
        fields.put("device", backend.device());
        return fields;
    }

    /** What the kernel calls the processor; its architecture where it does not say. */
    private static String cpu() {
        try (Stream<String> lines = Files.lines(CPU_INFO)) {
            return lines.filter(line -> line.startsWith("model name")).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }

    private static String table(List<Benchmark.Row> rows) {
        List<String[]> cells = new ArrayList<>();
        cells.add(new String[] {"name", "value", "unit", "goal", "met"});
        for (Benchmark.Row row : rows) {
            cells.add(new String[] {row.name(), number(row.value()), row.unit(),
                row.hasGoal() ? (row.atMost() ? "<= " : ">= ") + number(row.goal()) : "",
                row.hasGoal() ? row.met() ? "yes" : "NO" : ""});
        }
        int[] widths = new int[5];
        cells.forEach(line -> java.util.Arrays.setAll(widths, i -> Math.max(widths[i], line[i].length())));
        StringBuilder text = new StringBuilder();
        for (String[] line : cells) {
            text.append(text.isEmpty() ? "" : "\n").append(("%-" + widths[0] + "s  %" + widths[1] + "s  %-" + widths[2]
                    + "s  %-" + widths[3] + "s  %s").formatted((Object[]) line).stripTrailing());
        }
        return text.toString();
    }

    /** Four digits that mean something; plain where large. */
    private static String number(double value) {
        if (!Double.isFinite(value) || Math.abs(value) >= 1000) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return new java.math.BigDecimal(value).round(new java.math.MathContext(4)).stripTrailingZeros().toPlainString();
    }
}
