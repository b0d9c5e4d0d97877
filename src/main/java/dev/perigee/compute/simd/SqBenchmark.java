package dev.perigee.compute.simd;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.RandomSq;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The rows of {@code bench kernels} for searches of IVF-SQ, in microseconds per query on one core: 57,344 random rows x 784 in
 * 256 lists, 192 leading dimensions of 5 bits, 12 probes, 24 rows compared exactly. The stages are those of a batch. Medians
 * over the rounds.
 */
final class SqBenchmark implements Benchmark {
    private static final int ROUNDS = 15;
    private static final int QUERIES = 1000;
    private static final int DIM = 784;
    private static final int DIMS = 192;
    private static final int LISTS = 256;
    private static final int PER_LIST = 224;
    private static final SearchParams PARAMS = new SearchParams.IvfSq(12, 24);
    private static final int K = 10;

    private final SimdBackend backend;

    SqBenchmark(SimdBackend backend) {
        this.backend = backend;
    }

    @Override
    public List<String> rows() {
        return List.of("ivf_sq_batch_us", "ivf_sq_single_us", "ivf_sq_project_us", "ivf_sq_coarse_us", "ivf_sq_scan_us",
                "ivf_sq_exact_us");
    }

    @Override
    public List<Row> run(List<String> names) {
        if (rows().stream().noneMatch(names::contains)) {
            return List.of();
        }
        Arena arena = Arena.ofAuto();
        RandomSq random = new RandomSq(arena, 1);
        IvfSqData data = random.make(LISTS, PER_LIST, DIM, DIMS);
        Matrix queries = random.rows(QUERIES, DIM);
        Map<String, double[]> times = new LinkedHashMap<>();
        rows().forEach(name -> times.put(name, new double[ROUNDS]));
        try (Searcher searcher = backend.open(List.of(data)); Scratch.Pool pool = new Scratch.Pool()) {
            requireSame(searcher, queries);
            SqProbes probes = new SqProbes(data.model());
            for (int round = -ROUNDS; round < ROUNDS; round++) { // those below 0 warm up
                int at = Math.floorMod(round, ROUNDS);
                times.get("ivf_sq_batch_us")[at] = micros(() -> search(searcher, queries));
                times.get("ivf_sq_single_us")[at] = micros(() -> {
                    for (int q = 0; q < QUERIES; q++) {
                        search(searcher, queries.slice(q, q + 1));
                    }
                });
                stages(probes, pool, queries, data, times, at);
            }
        }
        List<Row> found = new ArrayList<>();
        times.forEach((name, micros) -> {
            if (names.contains(name)) {
                found.add(new Row(name, SimdBenchmark.median(micros), "us", Double.NaN, true,
                        new Context(SqTile.of(data.model().bits()).name(), Double.NaN, Double.NaN, Double.NaN, Map.of())));
            }
        });
        return found;
    }

    private static void stages(SqProbes probes, Scratch.Pool pool, Matrix queries, IvfSqData data, Map<String, double[]> times,
            int at) {
        int[] keep = new int[QUERIES];
        Arrays.fill(keep, ((SearchParams.IvfSq) PARAMS).refine());
        SqTile tile = SqTile.of(data.model().bits());
        TopK top = top(QUERIES);
        int[] all = IntStream.range(0, QUERIES).toArray();
        try (SqChunk chunk = new SqChunk(probes, tile, pool, SearchBatch.of(queries, K, PARAMS), all, keep)) {
            double project = micros(chunk::project);
            times.get("ivf_sq_project_us")[at] = project;
            times.get("ivf_sq_coarse_us")[at] = micros(chunk::choose);
            times.get("ivf_sq_scan_us")[at] = micros(() -> chunk.scan(data, null));
            times.get("ivf_sq_exact_us")[at] = micros(() -> chunk.new Comparison(new SqSearch.Part(data, 0), null, top).run());
        }
    }

    private static double micros(Runnable work) {
        long started = System.nanoTime();
        work.run();
        return (System.nanoTime() - started) * 1e-3 / QUERIES;
    }

    private static TopK top(int queries) {
        int[] ks = new int[queries];
        Arrays.fill(ks, K);
        return new TopK(ks);
    }

    private static TopK search(Searcher searcher, Matrix queries) {
        TopK top = top(queries.rows());
        searcher.search(SearchBatch.of(queries, K, PARAMS), top);
        return top;
    }

    /** Batch and single query are different kernels, so each checks the other. */
    private static void requireSame(Searcher searcher, Matrix queries) {
        TopK batch = search(searcher, queries);
        for (int q = 0; q < QUERIES; q++) {
            TopK alone = search(searcher, queries.slice(q, q + 1));
            for (int i = 0; i < K; i++) {
                if (batch.position(q, i) != alone.position(0, i)) {
                    throw new PerigeeException(ErrorCode.INTERNAL, "ivf_sq: query %d, place %d: row %d in the batch, %d alone"
                            .formatted(q, i, batch.position(q, i), alone.position(0, i)));
                }
            }
        }
    }
}
