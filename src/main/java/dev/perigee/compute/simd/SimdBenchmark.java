package dev.perigee.compute.simd;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.RandomSq;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.ModelFile;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The rows of {@code bench kernels}. Ceilings are measured in the same rounds as what is compared with them; values are
 * medians over the rounds. Data is larger than the last-level cache and every answer is compared with another path's.
 */
final class SimdBenchmark implements Benchmark {
    private static final int K = 10;
    private static final int QUERIES = 1000;
    private static final int ROUNDS = 7;
    private static final long DATA_BYTES = 160L << 20;
    private static final int LISTS = 256;
    private static final int PROBES = 32;

    private final SimdBackend backend;
    /** Of the row that is being measured; what the one before took is free then. */
    private Arena arena;
    private float sink;

    SimdBenchmark(SimdBackend backend) {
        this.backend = backend;
    }

    @Override
    public List<String> rows() {
        return List.of("fma_peak_gflops", "read_gbps", "multiply_of_fma_peak", "flat_batch_of_fma_peak",
                "flat_batch_d128_of_fma_peak", "flat_single_of_read_bandwidth", "ivf_flat_batch_qps",
                "ivf_pq_scan_lookups_per_s", "ivf_pq4_scan_lookups_per_s");
    }

    @Override
    public List<Row> run(List<String> names) {
        warmUp();
        List<Row> rows = new ArrayList<>();
        for (String name : rows()) {
            if (names.contains(name)) {
                arena = Arena.ofAuto();
                rows.add(switch (name) {
                    case "fma_peak_gflops" -> new Row(name, median(this::fmaGflops), "GFLOP/s", Double.NaN);
                    case "read_gbps" -> readBandwidth(name);
                    case "multiply_of_fma_peak" -> multiply(name);
                    case "flat_batch_of_fma_peak" -> flatBatch(name, 784);
                    case "flat_batch_d128_of_fma_peak" -> flatBatch(name, 128);
                    case "flat_single_of_read_bandwidth" -> flatSingle(name);
                    case "ivf_flat_batch_qps" -> ivfFlat(name);
                    case "ivf_pq_scan_lookups_per_s" -> codes(name, 98, 8);
                    default -> codes(name, 196, 4);
                });
            }
        }
        return rows;
    }

    /** Visits every shape before anything is timed: a branch that is taken late would throw compiled kernels away. */
    private void warmUp() {
        arena = Arena.ofAuto();
        for (int round = 0; round < 3; round++) {
            for (int dim : new int[] {128, 784, 25}) {
                FlatData flat = flat(4000, dim);
                try (Searcher searcher = backend.open(List.of(flat))) {
                    for (int count : new int[] {1, 3, 50, 200}) {
                        searcher.search(SearchBatch.of(rows(count, dim, 2), K, new SearchParams.Flat()), new TopK(ks(count)));
                    }
                }
            }
            sink += Ceilings.fma(200_000);
        }
    }

    private Matrix rows(int n, int dim, long seed) {
        Matrix rows = Matrix.allocate(arena, n, dim);
        SplittableRandom random = new SplittableRandom(seed);
        float[] row = new float[dim];
        for (int i = 0; i < n; i++) {
            for (int t = 0; t < dim; t++) {
                row[t] = (float) (random.nextInt() * 0x1p-31 + random.nextInt() * 0x1p-31);
            }
            rows.set(i, row);
        }
        return rows;
    }

    private FlatData flat(int n, int dim) {
        return FlatData.of(Distance.L2, rows(n, dim, 1), arena);
    }

    private static int[] ks(int count) {
        int[] ks = new int[count];
        Arrays.fill(ks, K);
        return ks;
    }

    private interface Measure {
        double value();
    }

    private static double median(Measure measure) {
        double[] values = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            values[i] = measure.value();
        }
        return median(values);
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double seconds(Runnable work) {
        long started = System.nanoTime();
        work.run();
        return (System.nanoTime() - started) * 1e-9;
    }

    private double fmaGflops() {
        long steps = 5_000_000;
        return Ceilings.fmaOperations(steps) / seconds(() -> sink += Ceilings.fma(steps)) * 1e-9;
    }

    /** Bytes per second of reading all rows. */
    private double readRate(Matrix rows) {
        long bytes = rows.rows() * rows.stride() / 1024 * 1024;
        return bytes / seconds(() -> sink += Ceilings.read(rows.address(0), rows.address(0) + bytes));
    }

    private Row readBandwidth(String name) {
        Matrix rows = rows((int) (DATA_BYTES / Matrix.stride(784)), 784, 1);
        readRate(rows);
        return new Row(name, median(() -> readRate(rows)) * 1e-9, "GB/s", Double.NaN);
    }

    /** A product as at ingest: many rows projected to half their dim. */
    private Row multiply(String name) {
        Matrix rows = rows(20_000, 784, 1);
        Matrix weights = rows(392, 784, 2);
        Matrix into = Matrix.allocate(arena, rows.rows(), weights.rows());
        backend.multiply(rows, weights, into);
        requireNear(rows, weights, into, name);
        double operations = 2.0 * rows.rows() * rows.dim() * weights.rows();
        double share = median(() -> {
            double peak = fmaGflops() * 1e9;
            double rate = operations / seconds(() -> backend.multiply(rows, weights, into));
            return rate / ((peak + fmaGflops() * 1e9) / 2);
        });
        return new Row(name, share, "of fma_peak", 0.60);
    }

    /** Some products against double, by the bound that multiply promises. */
    private static void requireNear(Matrix rows, Matrix weights, Matrix into, String name) {
        for (int i = 0; i < rows.rows(); i += 997) {
            for (int j = 0; j < weights.rows(); j++) {
                double product = product(rows, i, weights, j);
                double lengths = Math.sqrt(product(rows, i, rows, i) * product(weights, j, weights, j));
                double bound = 1.01 * rows.dim() * 0x1p-24 * lengths;
                if (!(Math.abs(into.get(i, j) - product) <= bound)) {
                    throw new PerigeeException(ErrorCode.INTERNAL, "%s: element %d, %d is %s (expected %s)".formatted(
                            name, i, j, into.get(i, j), product));
                }
            }
        }
    }

    private static double product(Matrix a, int i, Matrix b, int j) {
        return -ExactKernel.between(Distance.INNER_PRODUCT, a, i, b, j);
    }

    private Row flatBatch(String name, int dim) {
        FlatData data = flat((int) (DATA_BYTES / Matrix.stride(dim)), dim);
        Matrix queries = rows(QUERIES, dim, 2);
        try (Searcher searcher = backend.open(List.of(data))) {
            TopK top = new TopK(ks(QUERIES));
            search(searcher, queries, new SearchParams.Flat(), top);
            for (int q = 0; q < 5; q++) {
                requireSame(top, q, alone(searcher, queries, q, new SearchParams.Flat()), name);
            }
            double operations = 2.0 * QUERIES * data.count() * dim;
            double share = median(() -> {
                double peak = fmaGflops() * 1e9;
                double rate = operations
                        / seconds(() -> search(searcher, queries, new SearchParams.Flat(), new TopK(ks(QUERIES))));
                return rate / ((peak + fmaGflops() * 1e9) / 2);
            });
            return new Row(name, share, "of fma_peak", 0.60);
        }
    }

    private Row flatSingle(String name) {
        FlatData data = flat((int) (DATA_BYTES / Matrix.stride(784)), 784);
        Matrix queries = rows(20, 784, 2);
        try (Searcher searcher = backend.open(List.of(data))) {
            TopK top = new TopK(ks(20));
            search(searcher, queries, new SearchParams.Flat(), top);
            for (int q = 0; q < 20; q++) {
                requireSame(top, q, alone(searcher, queries, q, new SearchParams.Flat()), name);
            }
            double share = median(() -> {
                double before = readRate(data.rows());
                double taken = seconds(() -> {
                    for (int q = 0; q < 5; q++) {
                        alone(searcher, queries, q, new SearchParams.Flat());
                    }
                });
                double rate = 5.0 * data.rows().rows() * data.rows().stride() / taken;
                return rate / ((before + readRate(data.rows())) / 2);
            });
            return new Row(name, share, "of read_gbps", 0.70);
        }
    }

    private static void search(Searcher searcher, Matrix queries, SearchParams params, TopK into) {
        searcher.search(SearchBatch.of(queries, K, params), into);
    }

    private static TopK alone(Searcher searcher, Matrix queries, int q, SearchParams params) {
        TopK top = new TopK(ks(1));
        search(searcher, queries.slice(q, q + 1), params, top);
        return top;
    }

    /** Batch and single query are different kernels, so each checks the other. */
    private static void requireSame(TopK batch, int q, TopK alone, String name) {
        for (int i = 0; i < K; i++) {
            if (batch.position(q, i) != alone.position(0, i) || batch.distance(q, i) != alone.distance(0, i)) {
                throw new PerigeeException(ErrorCode.INTERNAL, "%s: query %d, place %d: row %d in the batch, %d alone".formatted(
                        name, q, i, batch.position(q, i), alone.position(0, i)));
            }
        }
    }

    private Row ivfFlat(String name) {
        int dim = 784;
        int perList = (int) (DATA_BYTES / Matrix.stride(dim)) / LISTS / InvertedLists.BLOCK * InvertedLists.BLOCK;
        FlatData data = flat(LISTS * perList, dim);
        Matrix centroids = rows(LISTS, dim, 3);
        IndexData ivf = new IvfFlatData(ModelFile.of(Distance.L2, centroids, null, arena), RandomSq.lists(arena, LISTS, perList),
                data, data.count());
        return queriesPerSecond(name, ivf, new SearchParams.IvfFlat(PROBES), dim);
    }

    private Row queriesPerSecond(String name, IndexData data, SearchParams params, int dim) {
        Matrix queries = rows(QUERIES, dim, 2);
        try (Searcher searcher = backend.open(List.of(data))) {
            TopK top = new TopK(ks(QUERIES));
            search(searcher, queries, params, top);
            for (int q = 0; q < 20; q++) {
                requireSame(top, q, alone(searcher, queries, q, params), name);
            }
            return new Row(name, median(() -> QUERIES / seconds(() -> search(searcher, queries, params, new TopK(ks(QUERIES))))),
                    "queries/s", Double.NaN);
        }
    }

    /** Whole searches of codes without refinement, counted in look-ups. */
    private Row codes(String name, int m, int bits) {
        int dim = 784;
        int perList = 256;
        SplittableRandom random = new SplittableRandom(5);
        ProductQuantizer quantizer = new ProductQuantizer(m, bits, rows(m << bits, dim / m, 4));
        int count = LISTS * perList;
        MemorySegment codes = arena.allocate((long) count * quantizer.codeStride());
        MemorySegment terms = arena.allocate(count * 4L);
        for (int i = 0; i < count; i++) {
            terms.set(Matrix.FLOAT, i * 4L, (float) random.nextDouble());
            for (int b = 0; b < quantizer.codeBytes(); b++) {
                codes.set(ValueLayout.JAVA_BYTE, (long) i * quantizer.codeStride() + b, (byte) random.nextInt());
            }
        }
        FlatData rows = flat(count, dim);
        IndexData ivf = new IvfPqData(ModelFile.of(Distance.L2, rows(LISTS, dim, 3), quantizer, arena),
                RandomSq.lists(arena, LISTS, perList), codes, terms, rows);
        Row whole = queriesPerSecond(name, ivf, new SearchParams.IvfPq(PROBES, 0), dim);
        return new Row(name, whole.value() * PROBES * perList * m, "look-ups/s", Double.NaN);
    }
}
