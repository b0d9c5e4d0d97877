package dev.perigee.compute.simd;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ModelFile;
import dev.perigee.index.SearchParams;
import dev.perigee.index.SqModel;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
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
    private final SplittableRandom random = new SplittableRandom(1);

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
        IvfSqData data = data(arena);
        Matrix queries = random(arena, QUERIES, DIM);
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

    private Matrix random(Arena arena, int rows, int dim) {
        Matrix matrix = Matrix.allocate(arena, rows, dim);
        float[] row = new float[dim];
        for (int i = 0; i < rows; i++) {
            for (int t = 0; t < dim; t++) {
                row[t] = (float) (random.nextInt() * 0x1p-31 + random.nextInt() * 0x1p-31);
            }
            matrix.set(i, row);
        }
        return matrix;
    }

    /** Random lists and codes: to search them costs what it costs with trained ones. */
    private IvfSqData data(Arena arena) {
        Matrix centroids = random(arena, LISTS, DIMS);
        MemorySegment starts = arena.allocate(LISTS * 4L);
        SqModel model = ModelFile.of(Distance.L2, 5, random(arena, 1, DIM), random(arena, DIMS, DIM), centroids, starts,
                Double.NaN);
        InvertedLists lists = SimdBenchmark.lists(arena, LISTS, PER_LIST);
        MemorySegment codes = arena.allocate((long) lists.slots() * DIMS, Matrix.ALIGNMENT);
        for (long at = 0; at < codes.byteSize(); at++) {
            codes.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt(model.codeMax() + 1));
        }
        MemorySegment terms = arena.allocate(lists.slots() * 4L, Matrix.ALIGNMENT);
        MemorySegment steps = arena.allocate(LISTS * 4L);
        MemorySegment lows = arena.allocate(LISTS * 4L);
        for (int l = 0; l < LISTS; l++) {
            steps.set(Matrix.FLOAT, l * 4L, 0.05f);
            lows.set(Matrix.FLOAT, l * 4L, -0.05f * model.codeMax() / 2);
        }
        FlatData rows = FlatData.of(Distance.L2, random(arena, lists.slots(), DIM), arena);
        return new IvfSqData(model, lists, codes, terms, steps, lows, rows);
    }
}
