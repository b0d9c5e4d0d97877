package dev.perigee.bench.peers;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.bench.peers.Indexes.Skipped;
import dev.perigee.bench.peers.Rounds.Measured;
import dev.perigee.cli.Cpu;
import dev.perigee.cli.Output;
import dev.perigee.cli.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code perigee bench peers}. */
@Command(name = "peers", description = {"Measure Perigee beside FAISS, hnswlib, Lucene and JVector on the same rows.",
    "Every engine is a process of its own. All build their indexes first; then they take turns in rounds, each pinned to as many "
            + "processors as it has threads, and a figure is the median over the rounds. Recall is recomputed here from the "
            + "answers. An engine that cannot be had is skipped by name."},
        footer = {"", "Rows, one for each engine, index, parameters, mode and number of threads:",
            "  engine        perigee        in process",
            "                perigee_rpc    through server and client on loopback",
            "                faiss          the wheel from PyPI, held to AVX2",
            "                faiss_avx512   the same with the widest vectors; --full only",
            "                faiss_generic  the FAISS that Perigee finds, as Debian's",
            "                hnswlib, jvector, lucene",
            "  mode          batch: 1,000 queries a call; single: one a call, in turn",
            "  recall_at_10  part of the places that hold a true neighbour",
            "  qps           queries/s, median over the rounds; qps_min and qps_max",
            "  p50_us        median time of a call; of a single query to faiss, which",
            "                is driven from Python, less that of a search of one row",
            "Ratios of queries/s, Perigee over faiss, fashion_mnist, one thread, medians",
            "over the rounds; met only where recall is equal too:",
            "  flat_batch_over_faiss, flat_single_over_faiss",
            "  ivf_flat_batch_over_faiss, ivf_flat_single_over_faiss",
            "                32 of 256 lists",
            "  ivf_pq_batch_over_faiss",
            "                the same lists, 98 bytes a row: ours refines 100 candidates,",
            "                theirs none, and finds less",
            "With --frontier, Perigee's ivf_sq beside the best of the peers at equal recall on",
            "bench/frontier.yaml: settings of all are chosen on one half of the queries and",
            "measured on the other, one thread. <point>: <data>_<95|99|999>_<batch|single>.",
            "  best_over_peer_<point>   queries/s over those of the best peer",
            "  k100_over_peer_<point>   the same for 100 neighbours",
            "  without_native_<point>   with -Dperigee.native=off, over with",
            "  two_threads_<data>       batches at .99, two threads over one",
            "  filter_<percent>_<data>  time of a query when so many rows pass, over all",
            "  deletes_10_<data>        the same with every tenth row excluded",
            "What was tried of peers is kept in ~/.cache/perigee/bench/frontier: the first run",
            "takes up to an hour and can be taken up again, later ones a quarter.",
            "A goal that is not met is shown, and does not change the exit code."})
public final class PeersCommand implements Callable<Integer> {
    private static final String DATA = "fashion_mnist,fashion_mnist_15k";

    @Spec
    private CommandSpec spec;

    @Mixin
    private Output output;

    @Option(names = "--data", split = ",", paramLabel = "NAME",
            description = "Data sets of bench/data.yaml (default: " + DATA + "), or of bench/frontier.yaml (default: all).")
    private List<String> data;

    @Option(names = "--engines", split = ",", paramLabel = "NAME", description = "Engines that take part (default: all).")
    private List<String> engines = Engines.NAMES;

    @Option(names = "--threads", split = ",", paramLabel = "N", defaultValue = "1,all",
            description = "Threads that search batches, numbers or 'all' (default: ${DEFAULT-VALUE}).")
    private List<String> threads;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds that count (default: 5).")
    private Integer rounds;

    @Option(names = "--minutes", paramLabel = "N", description = "After about so long rounds beyond the third are left out, so "
            + "that a short run ends in time on a slow machine (default: 10; with --full: any time).")
    private Integer minutes;

    @Option(names = "--full", description = "Sweep all of the catalogue, with more queries; takes hours.")
    private boolean full;

    @Option(names = "--frontier", description = "Measure ivf_sq beside the best settings of the peers, see below.")
    private boolean frontier;

    @Option(names = "--pin", paramLabel = "N", split = ",",
            description = "Processors to measure on, by number (default: all, the last first).")
    private List<Integer> pin;

    @Option(names = "--save", paramLabel = "DIR", description = "Write the rows to DIR/DATE-MACHINE-peers.csv as well.")
    private Path folder;

    @Option(names = "--machine", paramLabel = "WORD",
            description = "What this machine is called in results (default: by its CPU).")
    private String machine;

    @Option(names = "--work", paramLabel = "DIR",
            description = "Where prepared data sets are kept (default: ~/.cache/perigee/bench).")
    private Path work = cache();

    @Option(names = "--plot", paramLabel = "FILE",
            description = "Measure nothing: draw the curves of a CSV file of --save into --out.")
    private Path plot;

    @Option(names = "--out", paramLabel = "DIR", description = "Where --plot puts its pictures and peers.html.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        requireUse((plot == null) == (out == null), "%s is missing (expected --plot FILE --out DIR together)",
                plot == null ? "--plot" : "--out");
        if (plot != null) {
            List<Path> written = PeerPictures.write(Csv.read(plot), out);
            output.result(Map.of("files", written), "written: %s".formatted(
                    written.stream().map(Path::toString).collect(Collectors.joining(", "))));
            return 0;
        }
        int processors = Runtime.getRuntime().availableProcessors();
        List<Integer> where = pin != null ? pin : IntStream.range(0, processors).mapToObj(i -> processors - 1 - i).toList();
        where.forEach(processor -> requireUse(processor >= 0 && processor < processors, "pin: %d (expected 0 to %d)", processor,
                processors - 1));
        List<Integer> counts = threads.stream().map(word -> count(word, processors)).distinct().sorted().toList();
        engines.forEach(name -> requireUse(Engines.NAMES.contains(name), "engines: '%s' (expected some of %s)", name,
                String.join(", ", Engines.NAMES)));
        requireUse(minutes == null || minutes >= 1 && minutes <= 100_000, "minutes: %d (expected 1 to 100000)", minutes);
        requireUse(rounds == null || rounds >= 1 && rounds <= 1000, "rounds: %d (expected 1 to 1000)", rounds);
        requireUse(!frontier || !full, "--frontier, --full: together (expected one of them)");
        Path bench = home();
        Catalogue catalogue = Catalogue.read(bench.resolve(frontier ? "frontier.yaml" : "data.yaml"));
        List<String> names = data != null ? data : frontier ? List.copyOf(catalogue.data().keySet()) : List.of(DATA.split(","));
        names.forEach(name -> requireUse(catalogue.data().containsKey(name), "data: '%s' (expected some of %s)", name,
                String.join(", ", catalogue.data().keySet())));
        if (folder != null) {
            Files.createDirectories(folder);
        }
        List<Catalogue.Data> sets = names.stream().distinct().map(catalogue::get).toList();
        Rounds.Effort effort = full ? Rounds.Effort.FULL : Rounds.Effort.SHORT;
        effort = rounds == null ? effort : effort.withRounds(rounds);
        if (frontier) {
            new FrontierRun(output, about(processors, effort.rounds(), 1000), Optional.ofNullable(folder)).measure(sets, engines,
                    new Engines(bench), where.subList(0, Math.min(2, where.size())), effort.rounds(), work);
            return 0;
        }
        Rounds all = new Rounds(new Engines(bench), effort, where, processors, note -> output.note("%s", note));
        measure(sets, counts, all, about(processors, effort.rounds(), effort.batch()));
        return 0;
    }

    private void requireUse(boolean right, String format, Object... arguments) {
        if (!right) {
            throw new ParameterException(spec.commandLine(), format.formatted(arguments));
        }
    }

    private void measure(List<Catalogue.Data> sets, List<Integer> counts, Rounds all, Map<String, Object> about)
            throws IOException {
        DataCache cache = new DataCache(work, Optional.ofNullable(System.getenv("PERIGEE_DATA")).map(Path::of).orElse(null),
                note -> output.note("%s", note));
        List<PeerRow> rows = new ArrayList<>();
        List<Map<String, Object>> ratios = new ArrayList<>();
        long begin = System.nanoTime();
        long each = TimeUnit.MINUTES.toNanos(minutes != null ? minutes : full ? TimeUnit.DAYS.toMinutes(365) : 10) / sets.size();
        for (Catalogue.Data set : sets) {
            DataSet prepared = cache.get(set);
            List<Measured> measured = new ArrayList<>();
            for (Plan part : Plan.of(set, full, engines, counts).parts(prepared)) {
                measured.addAll(all.measure(prepared, part, begin + each * (sets.indexOf(set) + 1)));
            }
            measured.forEach(one -> rows.add(row(one, prepared, about, all.buildThreads())));
            ratios.addAll(ratios(measured, set.name()));
        }
        if (rows.isEmpty()) {
            throw new PerigeeException(ErrorCode.UNAVAILABLE, "peers: nothing was measured%s".formatted(all.skipped().stream()
                    .map(skip -> "; %s: %s".formatted(skip.engine(), skip.reason())).collect(Collectors.joining())));
        }
        save(rows, about);
        print(rows, ratios, all.skipped(), about);
    }

    private static List<Map<String, Object>> ratios(List<Measured> measured, String data) {
        Map<Setting, List<Sample>> samples = new LinkedHashMap<>();
        measured.forEach(one -> samples.put(one.setting(), one.samples()));
        return Ratio.of(List.copyOf(samples.keySet()), data).stream()
                .map(ratio -> ratio.row(samples.get(ratio.ours()), samples.get(ratio.theirs()))).toList();
    }

    private static PeerRow row(Measured one, DataSet data, Map<String, Object> about, int buildThreads) {
        Setting setting = one.setting();
        List<Sample> samples = one.samples();
        return new PeerRow(String.valueOf(Objects.requireNonNullElse(about.get("commit"), "")), about.get("name").toString(),
                about.get("cpu").toString(), about.get("date").toString(), setting.index().engine(),
                one.built().version().version(), one.built().version().build(), data.name(), setting.index().kind(),
                setting.parameters(), setting.threads(), setting.mode().label(), setting.k(),
                PeerRow.rounded(Sample.median(samples, Sample::recall)), PeerRow.rounded(Sample.median(samples, Sample::qps)),
                PeerRow.rounded(samples.stream().mapToDouble(Sample::qps).min().orElseThrow()),
                PeerRow.rounded(samples.stream().mapToDouble(Sample::qps).max().orElseThrow()),
                PeerRow.rounded(Sample.median(samples, Sample::p50Micros)),
                PeerRow.rounded(Sample.median(samples, Sample::p99Micros)),
                PeerRow.rounded(one.built().seconds()), one.built().bytes(), one.rssBytes(), buildThreads);
    }

    private Map<String, Object> about(int processors, int rounds, int batch) {
        Map<String, Object> fields = new LinkedHashMap<>();
        String cpu = Cpu.read().model();
        fields.put("name", machine != null ? machine
                : "%s-%d-cores".formatted(cpu.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-"), processors));
        fields.put("cpu", cpu);
        fields.put("cores", processors);
        fields.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        fields.put("jdk", Runtime.version().toString());
        fields.put("version", Provenance.version());
        fields.put("commit", Provenance.commit());
        fields.put("date", LocalDate.now().toString());
        fields.put("rounds", rounds);
        fields.put("batch", batch);
        return fields;
    }

    private void save(List<PeerRow> rows, Map<String, Object> about) throws IOException {
        if (folder != null) {
            Path file = folder.resolve("%s-%s-peers.csv".formatted(about.get("date"), about.get("name")));
            Files.writeString(file, Csv.write(rows));
            output.note("saved %s", file);
        }
    }

    private void print(List<PeerRow> rows, List<Map<String, Object>> ratios, List<Skipped> skipped, Map<String, Object> about) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("rows", Stream.concat(ratios.stream(), rows.stream().map(PeerRow::json)).toList());
        fields.put("skipped", skipped.stream().map(skip -> Map.of("engine", skip.engine(), "reason", skip.reason())).toList());
        fields.put("machine", about);
        output.result(fields, PeerTable.text(rows, ratios, skipped));
    }

    private int count(String word, int processors) {
        if (word.equals("all")) {
            return processors;
        }
        requireUse(word.matches("[1-9][0-9]{0,3}"), "threads: '%s' (expected a number or 'all')", word);
        return Integer.parseInt(word);
    }

    /** The folder bench/ of the checkout, which the launcher names. */
    static Path home() {
        String root = System.getProperty("perigee.root");
        Path bench = Path.of(root == null ? "" : root, "bench").toAbsolutePath();
        check(Files.exists(bench.resolve("data.yaml")), "catalogue: there is no '%s' (expected a checkout, by -Dperigee.root)",
                bench.resolve("data.yaml"));
        return bench;
    }

    private static Path cache() {
        return Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).filter(folder -> !folder.isEmpty()).map(Path::of)
                .orElse(Path.of(System.getProperty("user.home"), ".cache")).resolve("perigee").resolve("bench");
    }
}
