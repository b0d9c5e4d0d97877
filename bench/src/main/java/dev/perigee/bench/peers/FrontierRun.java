package dev.perigee.bench.peers;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.bench.workers.Share;
import dev.perigee.cli.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A run of {@code bench peers --frontier}: data set by data set, then rows, curves and what was left out. */
final class FrontierRun {
    private final Output output;
    private final Map<String, Object> about;
    private final Optional<Path> folder;
    private final List<FrontierRow> rows = new ArrayList<>();
    private final List<PeerRow> curves = new ArrayList<>();

    /**
     * @param about  fields of the machine and the run
     * @param folder where the curves go as CSV
     */
    FrontierRun(Output output, Map<String, Object> about, Optional<Path> folder) {
        this.output = output;
        this.about = about;
        this.folder = folder;
    }

    /** @param work the folder of prepared data, in which peers' indexes and points lie too */
    void measure(List<Catalogue.Data> sets, List<String> engines, Engines how, List<Integer> processors, int rounds,
            Path work) throws IOException {
        DataCache cache = new DataCache(work, Optional.ofNullable(System.getenv("PERIGEE_DATA")).map(Path::of).orElse(null),
                note -> output.note("%s", note));
        Indexes indexes = new Indexes(how, processors, processors.size(), note -> output.note("%s", note));
        Path scratch = Files.createTempDirectory("perigee-frontier-");
        try {
            Frontier frontier = new Frontier(cache, new SweepStore(work.resolve("frontier")), indexes, processors, rounds,
                    scratch, note -> output.note("%s", note));
            for (Catalogue.Data set : sets) {
                long begin = System.nanoTime();
                Frontier.Result result = frontier.measure(set, engines);
                result.rows().forEach(row -> output.note("%s", row.text()));
                rows.addAll(result.rows());
                curves.addAll(curves(result));
                delete(scratch, false);
                save();
                output.note(String.format(Locale.ROOT, "%s took %.1f minutes", set.name(), (System.nanoTime() - begin) / 60e9));
            }
        } finally {
            delete(scratch, true);
        }
        print(indexes);
    }

    /** The curves of what was tried, one for each kind of index. */
    private List<PeerRow> curves(Frontier.Result result) {
        Map<String, List<Point>> lines = result.points().stream().filter(point -> Target.share(point.setting()).equals(Share.ALL))
                .collect(Collectors.groupingBy(point -> "%s %s %d %s".formatted(point.setting().index().engine(),
                        point.setting().index().kind(), point.setting().k(), point.setting().mode()), LinkedHashMap::new,
                        Collectors.toList()));
        return lines.values().stream().flatMap(line -> Point.best(line).stream()).map(point -> row(point, result)).toList();
    }

    private PeerRow row(Point point, Frontier.Result result) {
        Setting setting = point.setting();
        Indexes.Version version = result.versions().get(setting.index());
        double qps = PeerRow.rounded(point.qps());
        return new PeerRow(String.valueOf(Objects.requireNonNullElse(about.get("commit"), "")), about.get("name").toString(),
                about.get("cpu").toString(), about.get("date").toString(), setting.index().engine(), version.version(),
                version.build(), result.data().name(), setting.index().kind(), setting.parameters(), setting.threads(),
                setting.mode().label(), setting.k(), PeerRow.rounded(point.recall()), qps, qps, qps, Double.NaN, Double.NaN,
                Double.NaN, 0, 0, 0);
    }

    private void save() throws IOException {
        if (folder.isPresent()) {
            Path file = folder.get().resolve("%s-%s-frontier.csv".formatted(about.get("date"), about.get("name")));
            Files.writeString(file, Csv.write(curves));
            output.note("saved %s", file);
        }
    }

    private void print(Indexes indexes) {
        if (rows.isEmpty() && curves.isEmpty()) {
            throw new PerigeeException(ErrorCode.UNAVAILABLE, "peers: nothing was measured%s".formatted(indexes.skipped().stream()
                    .map(skip -> "; %s: %s".formatted(skip.engine(), skip.reason())).collect(Collectors.joining())));
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("rows", Stream.concat(rows.stream().map(FrontierRow::json), curves.stream().map(PeerRow::json)).toList());
        fields.put("skipped", indexes.skipped().stream()
                .map(skip -> Map.of("engine", skip.engine(), "reason", skip.reason())).toList());
        fields.put("engines", curves.stream().map(row -> List.of(row.engine(), row.version(), row.build())).distinct()
                .map(words -> Map.of("engine", words.get(0), "version", words.get(1), "build", words.get(2))).toList());
        fields.put("machine", about);
        output.result(fields, Stream.concat(rows.stream().map(FrontierRow::text), indexes.skipped().stream()
                .map(skip -> "skipped %s: %s".formatted(skip.engine(), skip.reason()))).collect(Collectors.joining("\n")));
    }

    /** @param itself not only what is in it */
    private static void delete(Path folder, boolean itself) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).filter(file -> itself || !file.equals(folder)).toList()) {
                Files.delete(file);
            }
        }
    }
}
