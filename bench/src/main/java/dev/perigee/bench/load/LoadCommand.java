package dev.perigee.bench.load;

import static dev.perigee.PerigeeException.check;

import dev.perigee.PerigeeException;
import dev.perigee.api.IndexKind;
import dev.perigee.api.SearchRequest;
import dev.perigee.backend.Backends;
import dev.perigee.build.BuildPlan;
import dev.perigee.cli.Output;
import dev.perigee.cli.Pictures;
import dev.perigee.cli.Provenance;
import dev.perigee.cli.RowOptions;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee bench load}: how long single queries take over the network, at more and more load, until the server bends. */
@Command(name = "load", sortOptions = false, description = {
    "Measure the latency of single queries through a server, against the load.",
    "The server runs in a process of its own on this machine. First a closed loop finds its capacity; then, at one load after "
        + "another, every request is sent when it is due, whatever became of those before it, and its latency counts from then."},
        footer = {"", "\"Uncorrected\" is what callers see that wait for one answer before they ask again, one per connection:",
            "just when the server is slow they ask less, so they never see what others would have waited.",
            "Beyond the knee: less than 98 %% of the load achieved, a request refused or failed, or p99 above --max-p99-ms.",
            "Every answer is compared with that of the same search in process."})
public final class LoadCommand implements Callable<Integer> {
    private static final String CSV = "load.csv";
    private static final String PICTURE = "load.png";
    /** A load average above this is somebody else's work. */
    private static final double BUSY = 0.7;
    private static final int[] IN_FLIGHT = {16, 64, 256};

    @Mixin
    private Output output;

    @Option(names = "--rows", paramLabel = "N", defaultValue = "" + LoadData.ROWS, description = "Rows to search in: of "
            + "Fashion-MNIST where PERIGEE_DATA is set, else seeded clusters of 128 values (default ${DEFAULT-VALUE}).")
    private int rows;

    @Option(names = "--index", paramLabel = "KIND", defaultValue = "ivf_flat",
            description = "flat, ivf_flat or ivf_pq (default ${DEFAULT-VALUE}).")
    private String index;

    @Option(names = "--lists", paramLabel = "N", defaultValue = "0",
            description = "Inverted lists (default: square root of the rows).")
    private int lists;

    @Option(names = "--probes", paramLabel = "N", defaultValue = "32",
            description = "Lists that a query probes (default ${DEFAULT-VALUE}).")
    private int probes;

    @Option(names = "--k", paramLabel = "K", defaultValue = "10",
            description = "Neighbours per query (default ${DEFAULT-VALUE}).")
    private int k;

    @Option(names = "--connections", paramLabel = "N", defaultValue = "4",
            description = "Connections that take requests by turns (default ${DEFAULT-VALUE}).")
    private int connections;

    @Option(names = "--rates", split = ",", paramLabel = "R", defaultValue = "10%,20%,30%,40%,50%,60%,75%,90%,100%,110%",
            description = "Loads, ascending: percent of the capacity, or queries/s (default ${DEFAULT-VALUE}). The last is "
                + "one that the server cannot keep up with, or the second in a row whose p99 is too much.")
    private List<String> rates;

    @Option(names = "--arrivals", paramLabel = "HOW", defaultValue = "poisson",
            description = "poisson or constant (default ${DEFAULT-VALUE}).")
    private String arrivals;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "10",
            description = "Length of each load (default ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(names = "--max-p99-ms", paramLabel = "MS", defaultValue = "100",
            description = "The p99 that makes a load too much (default ${DEFAULT-VALUE}).")
    private double mostP99Millis;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "1",
            description = "Of arrivals, index and clusters (default ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--backend", paramLabel = "NAME", defaultValue = "auto",
            description = "What computes in the server: " + Backends.NAMES + " (default ${DEFAULT-VALUE}).")
    private String backend;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "0",
            description = "Cores that the server searches with; 0 = all (default ${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--out", paramLabel = "DIR", defaultValue = "perigee-load",
            description = "Folder for " + CSV + " and " + PICTURE + " (default ${DEFAULT-VALUE}).")
    private Path out;

    @Override
    public Integer call() {
        check(rows >= 1, "rows: %d (expected 1 or more)", rows);
        check(connections >= 1 && connections <= 1000, "connections: %d (expected 1 to 1000)", connections);
        check(seconds > 0 && seconds <= 3600, "seconds: %s (expected more than 0, at most 3600)", seconds);
        IndexKind kind = IndexKind.parse(index);
        Arrivals how = arrivals();
        List<Rate> loads = rates.stream().map(Rate::parse).toList();
        Pictures pictures = new Pictures(out);
        SearchRequest request = kind == IndexKind.FLAT ? SearchRequest.nearest(k) : SearchRequest.nearest(k).withProbes(probes);
        double others = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        if (others > BUSY) {
            output.note("the machine is busy, load average %s: latencies will show it", Output.rounded(others));
        }
        try (Arena arena = Arena.ofShared(); ComputeBackend compute = Backends.open(backend, threads)) {
            LoadData data = LoadData.choose(rows, seed, arena);
            output.note("data: %s, %d rows x %d", data.name(), data.rows().rows(), data.rows().dim());
            Map<String, Object> machine = machine(compute, others);
            List<LoadPoint> points;
            try (ServedIndex served = ServedIndex.start(data, kind, lists, seed, request, compute, backend, threads,
                    note -> output.note("%s", note))) {
                points = measure(served, loads, how);
            }
            List<Map<String, Object>> table = points.stream().map(point -> row(point, data, machine)).toList();
            Csv.write(out.resolve(CSV), table);
            draw(pictures);
            output.result(fields(points, table, machine), new LoadTable(points, mostP99Millis).text());
        }
        return 0;
    }

    private Arrivals arrivals() {
        for (Arrivals each : Arrivals.values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(arrivals)) {
                return each;
            }
        }
        throw PerigeeException.invalid("arrivals: '%s' (expected poisson or constant)".formatted(arrivals));
    }

    private List<LoadPoint> measure(ServedIndex served, List<Rate> loads, Arrivals how) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LoadPoint> points = new ArrayList<>();
        try (Connections target = served.connect(connections)) {
            double capacity = capacity(target);
            double before = 0;
            boolean beyondBefore = false; // once may be a bad moment of the machine
            for (Rate rate : loads) {
                double qps = rate.qps(capacity);
                check(qps > before, "rates: %.0f queries/s after %.0f (expected ascending loads)", qps, before);
                before = qps;
                LoadPoint point = point(qps, capacity, target, how, random);
                points.add(point);
                output.note("%s", String.format(Locale.ROOT, "offered %.0f/s, %.0f %% of the capacity: achieved %.0f/s, %s", qps,
                        100 * point.ofCapacity(), point.achievedQps(), point.summary()));
                if (point.open().firstFailure() != null) {
                    output.note("%d requests failed, the first: %s", point.open().failed(), point.open().firstFailure());
                }
                boolean beyond = point.isBeyond(mostP99Millis);
                if (point.isTooMuch() || beyond && beyondBefore) {
                    break;
                }
                beyondBefore = beyond;
            }
        }
        return points;
    }

    /** Answers per second when the server always has enough to do: the best of some numbers in flight, after a warm-up. */
    private double capacity(Target target) {
        double step = seconds / 5;
        output.note("%s", String.format(Locale.ROOT, "warm-up: %.1f s", 2 * step));
        Loops.closed(1, step / 2, target);
        Loops.closed(IN_FLIGHT[1], step * 3 / 2, target);
        double best = 0;
        for (int inFlight : IN_FLIGHT) {
            double qps = Loops.closed(inFlight, step, target);
            output.note("%s", String.format(Locale.ROOT, "closed loop, %d in flight: %.0f queries/s", inFlight, qps));
            best = Math.max(best, qps);
        }
        return best;
    }

    private LoadPoint point(double qps, double capacity, Target target, Arrivals how, SplittableRandom random) {
        long[] due = how.schedule(qps, seconds, random);
        Trace open = Loops.open(due, target);
        double waited = 0.4 * seconds;
        Trace waiting = Loops.waiting(how.schedule(qps, waited, random), waited, connections, target);
        return new LoadPoint(due.length / seconds, capacity, seconds, open, waiting, waited);
    }

    /** A row that says by itself what it was measured with. */
    private Map<String, Object> row(LoadPoint point, LoadData data, Map<String, Object> machine) {
        Map<String, Object> row = point.fields(mostP99Millis);
        row.put("capacity_qps", Output.rounded(point.capacity()));
        row.put("max_p99_ms", mostP99Millis);
        row.put("data", data.name());
        row.put("rows", data.rows().rows());
        row.put("dim", data.rows().dim());
        row.put("index", index);
        row.put("lists", BuildPlan.of(ServedIndex.spec(IndexKind.parse(index), lists, seed), Distance.L2, data.rows().rows(),
                data.rows().dim()).lists());
        row.put("probes", IndexKind.parse(index) == IndexKind.FLAT ? 0 : probes);
        row.put("k", k);
        row.put("connections", connections);
        row.put("arrivals", arrivals);
        row.put("seed", seed);
        row.put("threads", threads);
        machine.forEach(row::putIfAbsent);
        return row;
    }

    private static Map<String, Object> machine(ComputeBackend compute, double others) {
        Map<String, Object> machine = new LinkedHashMap<>(RowOptions.machine(compute));
        machine.put("load_average_before", others < 0 ? null : Output.rounded(others));
        machine.put("version", Provenance.version());
        machine.put("commit", Provenance.commit());
        return machine;
    }

    private void draw(Pictures pictures) {
        if (Pictures.whyNot().isPresent()) {
            output.note("no picture: %s", Pictures.whyNot().get());
            return;
        }
        pictures.add(PICTURE, LoadPlot.draw(Csv.read(out.resolve(CSV))));
        pictures.write();
        output.note("written: %s, %s", out.resolve(CSV), out.resolve(PICTURE));
    }

    private Map<String, Object> fields(List<LoadPoint> points, List<Map<String, Object>> table, Map<String, Object> machine) {
        List<Map<String, Object>> named = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", "p99_at_%.0f_percent".formatted(100 * points.get(i).ofCapacity()));
            row.put("value", table.get(i).get("p99_us"));
            row.put("unit", "us");
            row.put("goal", null);
            row.put("met", null);
            table.get(i).forEach((name, value) -> {
                if (!machine.containsKey(name)) {
                    row.put(name, value);
                }
            });
            named.add(row);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("rows", named);
        fields.put("capacity_qps", Output.rounded(points.getFirst().capacity()));
        fields.put("knee_qps", Output.rounded(LoadTable.knee(points, mostP99Millis)));
        fields.put("machine", machine);
        fields.put("out", out);
        return fields;
    }
}
