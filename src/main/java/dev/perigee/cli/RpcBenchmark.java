package dev.perigee.cli;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.UpsertRequest;
import dev.perigee.client.Client;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Collections;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.server.Server;
import dev.perigee.server.ServerSettings;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * What client, wire and server on loopback add to a search. Both ways search the same collection on the same backend; the
 * server has one worker. The two are measured by turns, round by round, and a figure is the median over the rounds of their
 * difference or ratio, so that a machine that is slow for a while is slow for both.
 */
final class RpcBenchmark implements Benchmark {
    private static final String SINGLE_ADDED = "single_added_p50_us";
    private static final String BATCH = "batch_1000_of_in_process";
    private static final String NOOP_SINGLE = "noop_single_p50_us";
    private static final String NOOP_BATCH = "noop_batch_1000_qps";
    private static final int K = 10;

    /**
     * How much is measured.
     *
     * @param rows    of the collection, in {@code lists} lists, of which {@code probes} are searched
     * @param batch   queries of a batch
     * @param rounds  that count
     * @param warmUp  rounds before them
     * @param singles single queries of a round, each way
     * @param batches batches of a round, each way
     */
    record Sizes(int rows, int dim, int lists, int probes, int batch, int rounds, int warmUp, int singles, int batches) {
        static final Sizes FULL = new Sizes(10_000, 128, 64, 4, 1000, 9, 4, 2000, 40);
    }

    private final Sizes sizes;
    private final ComputeBackend backend;
    private final Consumer<String> notes;

    /** @param backend with one thread, so that both ways compute on one core; stays the caller's */
    RpcBenchmark(Sizes sizes, ComputeBackend backend, Consumer<String> notes) {
        this.sizes = sizes;
        this.backend = backend;
        this.notes = notes;
    }

    @Override
    public List<String> rows() {
        return List.of(SINGLE_ADDED, BATCH, NOOP_SINGLE, NOOP_BATCH);
    }

    @Override
    public List<Row> run(List<String> names) {
        ServerSettings settings = ServerSettings.standard().withAddress("127.0.0.1", 0).withWorkers(1);
        try (Arena arena = Arena.ofShared(); Collections collections = new Collections(backend)) {
            SplittableRandom random = new SplittableRandom(1);
            Matrix centres = gaussian(arena, sizes.lists, 1, random, null);
            Collection ivf = collections.create(
                    new CollectionSpec("ivf_flat", sizes.dim, Distance.L2, IndexSpec.ivfFlat(sizes.lists)));
            ivf.add(UpsertRequest.of(gaussian(arena, sizes.rows, 0.5, random, centres)));
            ivf.build(Progress.NONE);
            Collection noop = collections.create(new CollectionSpec("noop", sizes.dim, Distance.L2, IndexSpec.FLAT));
            noop.add(UpsertRequest.of(centres.slice(0, 1)));
            Matrix queries = gaussian(arena, sizes.batch, 0.5, random, centres);
            try (Server server = Server.start(settings, collections);
                    Client client = Client.connect("127.0.0.1:" + server.address().getPort())) {
                BothWays search = new BothWays(ivf, client, queries, SearchRequest.nearest(K).withProbes(sizes.probes));
                BothWays nothing = new BothWays(noop, client, queries, SearchRequest.nearest(K));
                search.requireSameAnswers();
                nothing.requireSameAnswers();
                List<Row> rows = new ArrayList<>();
                for (String name : rows()) {
                    if (names.contains(name)) {
                        rows.add(measure(name, search, nothing));
                    }
                }
                return rows;
            }
        }
    }

    private Row measure(String name, BothWays search, BothWays nothing) {
        return switch (name) {
            case SINGLE_ADDED -> new Row(name, compare(name, "us", () -> search.inProcessSingleMicros(sizes.singles),
                    () -> search.wireSingleMicros(sizes.singles), (here, wire) -> wire - here), "us", 100, true);
            case BATCH -> new Row(name, compare(name, "queries/s", () -> search.inProcessQps(sizes.batches),
                    () -> search.wireQps(sizes.batches), (here, wire) -> wire / here), "ratio", 0.85);
            case NOOP_SINGLE -> new Row(name, compare(name, "us", () -> nothing.inProcessSingleMicros(sizes.singles),
                    () -> nothing.wireSingleMicros(sizes.singles), (here, wire) -> wire), "us", Double.NaN, true);
            default -> new Row(name, compare(name, "queries/s", () -> nothing.inProcessQps(sizes.batches),
                    () -> nothing.wireQps(sizes.batches), (here, wire) -> wire), "queries/s", Double.NaN);
        };
    }

    private interface Measure {
        double value();
    }

    private interface Comparison {
        double of(double inProcess, double wire);
    }

    /** The median over the rounds of how the two compare. */
    private double compare(String name, String unit, Measure inProcess, Measure wire, Comparison comparison) {
        double[] values = new double[sizes.rounds];
        double[] here = new double[sizes.rounds];
        double[] there = new double[sizes.rounds];
        for (int round = -sizes.warmUp; round < sizes.rounds; round++) {
            double first = inProcess.value();
            double second = wire.value();
            if (round >= 0) {
                here[round] = first;
                there[round] = second;
                values[round] = comparison.of(first, second);
            }
        }
        notes.accept(String.format(Locale.ROOT, "%s: %.1f %s in process, %.1f through the server (medians of %d rounds)",
                name, median(here), unit, median(there), sizes.rounds));
        return median(values);
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    /** Rows scattered about the centres, in turn, or about zero. */
    private Matrix gaussian(Arena arena, int count, double deviation, SplittableRandom random, Matrix centres) {
        Matrix rows = Matrix.allocate(arena, count, sizes.dim);
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < sizes.dim; j++) {
                float centre = centres == null ? 0 : centres.get(i % centres.rows(), j);
                rows.set(i, j, centre + (float) (deviation * random.nextGaussian()));
            }
        }
        return rows;
    }
}
