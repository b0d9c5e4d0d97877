package dev.perigee.cli;

import dev.perigee.server.ServerSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the demo says at its end. */
record DemoReport(DemoData data, List<DemoBench.Measured> table, List<Path> files, Path dataFile) {
    void say(Output output) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("indexes", table.stream().map(DemoReport::fields).toList());
        fields.put("files", files);
        fields.put("rows", data.rows().rows());
        fields.put("dim", data.rows().dim());
        fields.put("queries", data.queries().rows());
        fields.put("backend", table.getFirst().info().backend());
        fields.put("device", devices(table));
        output.result(fields, text());
    }

    private static Map<String, Object> fields(DemoBench.Measured line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("index", line.index().name());
        fields.put("recall_at_10", line.recall());
        fields.put("qps_batch", Output.rounded(line.timing().qps()));
        fields.put("qps_single", Output.rounded(line.timing().singleQps()));
        fields.put("p50_us", Output.rounded(line.timing().p50Micros()));
        fields.put("p99_us", Output.rounded(line.timing().p99Micros()));
        fields.put("bytes", line.info().bytes());
        fields.put("backend", line.info().backend());
        fields.put("device", line.info().device());
        return fields;
    }

    /** What searched, in words: one device, or each with the indexes that it had. */
    static String devices(List<DemoBench.Measured> table) {
        Map<String, List<String>> indexes = new LinkedHashMap<>();
        table.forEach(line -> indexes.computeIfAbsent(line.info().device(), d -> new ArrayList<>()).add(line.index().name()));
        return indexes.size() == 1 ? indexes.keySet().iterator().next() : indexes.entrySet().stream()
                .map(e -> "%s: %s".formatted(String.join(", ", e.getValue()), e.getKey())).collect(Collectors.joining("; "));
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "%n%-9s %10s %10s %11s %8s %8s %10s%n", "index", "recall@10", "QPS batch",
                "QPS single", "p50 us", "p99 us", "MB"));
        for (DemoBench.Measured line : table) {
            Timing timing = line.timing();
            text.append(String.format(Locale.ROOT, "%-9s %10.4f %,10.0f %,11.0f %,8.0f %,8.0f %10.1f%n", line.index().name(),
                    line.recall(), timing.qps(), timing.singleQps(), timing.p50Micros(), timing.p99Micros(), line.info().bytes() / 1e6));
        }
        DemoBench.Measured flat = table.get(0);
        DemoBench.Measured ivf = table.get(1);
        text.append(String.format(Locale.ROOT, "%nbatches of %,d queries, then single ones, over TCP on this machine; %s%n",
                data.queries().rows(), devices(table)));
        double faster = ivf.timing().qps() / flat.timing().qps();
        if (faster > 1) { // of few rows nothing is faster than to compare them all
            text.append(String.format(Locale.ROOT, "%s found %.1f %% of the true neighbours at %.1f times the speed of "
                    + "comparing every row%n", ivf.index().name(), 100 * ivf.recall(), faster));
        }
        files.forEach(file -> text.append("picture: ").append(file).append('\n'));
        return text.append("\nTry next:\n").append(next()).toString();
    }

    /** Commands that work as they stand, where the file is known. */
    private String next() {
        String perigee = Files.isExecutable(Path.of("perigee")) ? "./perigee" : "perigee";
        Path source = Path.of("src/main/resources/dev/perigee/demo/t10k-images-idx3-ubyte.gz");
        Path file = dataFile != null ? dataFile : Files.exists(source) ? source : Path.of("YOUR-VECTORS.npy");
        String name = file.toString();
        String quoted = name.matches("[A-Za-z0-9_./+,-]+") ? name : "'" + name.replace("'", "'\\''") + "'";
        return """
                  %1$s build --data %2$s --index ivf_sq --distance l2 --out perigee-data/first
                  %1$s eval --index perigee-data/first --queries %2$s
                  %1$s serve perigee-data/first      # and then, in another terminal:
                  %1$s search --index 127.0.0.1:%3$d/first --queries %2$s --out perigee-data/neighbours.ivecs
                  %1$s demo --data YOUR-VECTORS.npy
                  %1$s doctor""".formatted(perigee, quoted, ServerSettings.PORT).indent(2).stripTrailing();
    }
}
