package dev.perigee.cli;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which rows of a benchmark are wanted. */
public final class RowOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--rows", split = ",", paramLabel = "NAME",
            description = "The rows to measure (default: all); E2 stands for all that begin with E2_.")
    private List<String> names;

    /** Measures the rows that are wanted and prints them, with the machine. A name that no benchmark has is wrong use. */
    public void print(List<Benchmark> benchmarks, Output output, ComputeBackend backend) {
        List<Benchmark.Row> rows = measure(benchmarks, output);
        output.result(RowTable.fields(rows, machine(backend)), RowTable.text(rows));
    }

    List<Benchmark.Row> measure(List<Benchmark> benchmarks, Output output) {
        List<String> known = benchmarks.stream().flatMap(benchmark -> benchmark.rows().stream()).toList();
        List<String> wanted = wanted(known);
        List<Benchmark.Row> rows = new ArrayList<>();
        for (Benchmark benchmark : benchmarks) {
            List<String> its = benchmark.rows().stream().filter(wanted::contains).toList();
            if (!its.isEmpty()) {
                output.note("measuring %s", String.join(", ", its));
                rows.addAll(run(benchmark, its, rows, output));
            }
        }
        return rows;
    }

    /** One that fails ends the run, but not without what others measured before: that may have taken minutes. */
    private static List<Benchmark.Row> run(Benchmark benchmark, List<String> its, List<Benchmark.Row> before, Output output) {
        try {
            return benchmark.run(its);
        } catch (RuntimeException e) {
            if (!before.isEmpty()) {
                output.note("measured before it failed:\n%s", RowTable.text(before));
            }
            throw e;
        }
    }

    /** Those of the known rows that were asked for. */
    List<String> wanted(List<String> known) {
        if (names == null) {
            return known;
        }
        for (String name : names) {
            if (known.stream().noneMatch(row -> isMeant(name, row))) {
                throw new ParameterException(command.commandLine(),
                        "rows: '%s' (expected some of %s)".formatted(name, String.join(", ", known)));
            }
        }
        return known.stream().filter(row -> names.stream().anyMatch(name -> isMeant(name, row))).toList();
    }

    private static boolean isMeant(String name, String row) {
        return row.equals(name) || row.startsWith(name + "_");
    }

    /** What this is measured on. */
    public static Map<String, Object> machine(ComputeBackend backend) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("cpu", Cpu.read().model());
        fields.put("cores", Runtime.getRuntime().availableProcessors());
        fields.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        fields.put("jdk", Runtime.version().toString());
        fields.put("backend", backend.name());
        fields.put("device", backend.device());
        return fields;
    }
}
