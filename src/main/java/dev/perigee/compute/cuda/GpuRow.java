package dev.perigee.compute.cuda;

import static dev.perigee.distance.Distance.INNER_PRODUCT;

import dev.perigee.compute.Benchmark;
import dev.perigee.distance.Distance;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The rows of {@code bench gpu} and what one H200 (4.3 TB/s of copies, 790 TFLOP/s of fp16 products) should reach. Times are of
 * a whole search, from queries in pinned memory to answers on the host; S1 is time of the device.
 */
enum GpuRow {
    CEILING_COPY_GBPS("GB/s", 4300),
    CEILING_MMA_FP16_TFLOPS("TFLOP/s", 790),
    CEILING_MMA_TF32_TFLOPS("TFLOP/s", 395),
    CEILING_SHARED_GBPS("GB/s", 33_500),
    E1(base(10_000, 10), 3.24, 8, 5, "FAISS flat >= 57 ms (floor), torch fp32 >= 60, torch bf16 (not exact) 15-30 (predicted)"),
    E2_Q1024(base(1024, 10), 0.33, 1.0, 0.6, "FAISS 8 ms (predicted)"),
    E2_Q32(base(32, 10), 0.060, 0.110, 0.080, "FAISS 0.6 ms (predicted)"),
    E2_Q1(base(1, 10), 0.060, 0.095, 0.055, "FAISS 0.4 ms (predicted)"),
    E3(new Shape(INNER_PRODUCT, 1_000_000, 768, 1024, 10), 2.0, 4.5, 3.0, "torch fp32 26 ms (predicted)"),
    E4_K100(base(10_000, 100), "x E1", 1.4, 1.2, ""),
    E4_K4096(base(10_000, 4096), "x E1", 3, 2, "FAISS: k up to 2048"),
    E5(new Shape(INNER_PRODUCT, 8192, 2048, 5000, 32), 0.21, Double.NaN, Double.NaN,
            "FAISS 9.8 ms, torch bf16 1.5 ms (published, other GPU); goal: half of torch bf16 here, a third is better"),
    S1(new Shape(null, 16_384, 1, 10_000, 64), 0.152, 0.300, 0.200, "torch.topk: see bench/gpu_peers.py"),
    C1(new Shape(Distance.L2, 4_194_304, 128, 1024, 1), 1.4, 4.0, 2.5, "flash-kmeans 5.7 ms (published, H200)"),
    C2(new Shape(Distance.L2, 1_000_000, 96, 16_384, 1), "M rows/s", 251, 100, 160),
    P1(Lists.P1, "ms", 0.14, 1.0, 0.5, true, "look-up tables >= 2.1 ms (model), FAISS 6-15 ms (predicted)"),
    P2(Lists.P2, "ms", 0.67, 2.5, 1.5, true, "look-up tables >= 6.9 ms (model)"),
    P3(Lists.P3, "ms", 3.0, 10, 5, true, "look-up tables >= 63 ms (model), FAISS > 200 ms (predicted)"),
    P4_Q1000(Lists.P3, "ms", 2.1, 4, 2.8, true, "look-up tables >= 6.4 ms (model)"),
    P4_Q32(Lists.P3, "ms", 0.142, 0.450, 0.300, true, "look-up tables >= 0.205 ms (model)"),
    P5(Lists.P5, "ms", 2.4, 6, 4, true, "look-up tables >= 10.5 ms with the coarse step (model)"),
    P6(Lists.P3, "x anchor", 23, 6, 12, false, "LUT anchor: the published scheme, made again by us, without its selection"),
    L1(Lists.P3, "ms", 0.030, 0.090, 0.060, true, "cuVS 0.17 ms, FAISS 0.49 ms (published, H100; from memory)"),
    L2(Lists.P2, "x batch", 1, 0.60, 0.80, false, "persistent CAGRA: 0.55-0.66 (published)"),
    F1_50(Lists.P2, "x P2", 1, 1.15, 1.05, true, "cuVS: an id is looked up per row"),
    F1_10(Lists.P2, "x P2", 1, 1.15, 1.05, true, ""),
    F1_1(Lists.P2, "x P2", 1, 1.15, 1.05, true, ""),
    F2(Lists.P2, "x P2", 1, 1.02, 1.00, true, "FAISS: cannot delete"),
    M1(Lists.P3, "x P3", Double.NaN, 0.50, 0.80, false, "4.1 M queries/s at 50 GB/s (model)"),
    Q1(Lists.Q1, "ms", 0.051, 3, 1.5, true, "dp4a 0.35 ms (model); P1 is the same with codes of 32 bytes"),
    D1(Lists.P1, "equal", 1, 1, 1, false, "cuVS #1187: recall depends on the batch"),
    B1_FATBIN(null, "MB", Double.NaN, 8, 4, true, "libcuvs 948-1129 MiB packed (2025)"),
    B1_FIRST_ANSWER(null, "ms", Double.NaN, 200, 100, true, "");

    /**
     * What is searched; for S1 the queries are rows of a matrix, and its rows are columns; for C1 and C2 they are centroids.
     */
    record Shape(Distance distance, int rows, int dim, int queries, int k) {
    }

    /**
     * An index and how it is searched, L2: IVF-PQ of rows that a device makes, m parts of 8 bits; for Q1 a random IVF-SQ, m
     * dims of 5 bits.
     */
    record Lists(int rows, int dim, int m, int lists, int probes, int queries, int refine, int k) {
        static final Lists P1 = new Lists(1_000_000, 128, 32, 1024, 16, 10_000, 64, 10);
        static final Lists P2 = new Lists(10_000_000, 96, 24, 4096, 32, 10_000, 64, 10);
        static final Lists P3 = new Lists(100_000_000, 96, 48, 16_384, 64, 10_000, 64, 10);
        static final Lists Q1 = new Lists(1_000_000, 128, 128, 1024, 16, 10_000, 24, 10);
        static final Lists P5 = new Lists(100_000_000, 96, 24, 65_536, 64, 10_000, 64, 10);
    }

    /** Of an exact search or a selection, else null. */
    final Shape shape;
    /** Of a search of lists, else null. */
    final Lists lists;
    final boolean atMost;
    final String unit;
    final double limit;
    final double must;
    final double stretch;
    final String anchor;

    GpuRow(Shape shape, Lists lists, String unit, double limit, double must, double stretch, boolean atMost, String anchor) {
        this.shape = shape;
        this.lists = lists;
        this.atMost = atMost;
        this.unit = unit;
        this.limit = limit;
        this.must = must;
        this.stretch = stretch;
        this.anchor = anchor;
    }

    GpuRow(String unit, double limit) {
        this(null, null, unit, limit, Double.NaN, Double.NaN, false, "");
    }

    GpuRow(Lists lists, String unit, double limit, double must, double stretch, boolean atMost, String anchor) {
        this(null, lists, unit, limit, must, stretch, atMost, anchor);
    }

    GpuRow(Shape shape, String unit, double limit, double must, double stretch, String anchor) {
        this(shape, null, unit, limit, must, stretch, true, anchor);
    }

    GpuRow(Shape shape, double limit, double must, double stretch, String anchor) {
        this(shape, "ms", limit, must, stretch, anchor);
    }

    GpuRow(Shape shape, String unit, double must, double stretch, String anchor) {
        this(shape, unit, Double.NaN, must, stretch, anchor);
    }

    /** More is better. */
    GpuRow(Shape shape, String unit, double limit, double must, double stretch) {
        this(shape, null, unit, limit, must, stretch, false, "");
    }

    private static Shape base(int queries, int k) {
        return new Shape(Distance.L2, 1_000_000, 128, queries, k);
    }

    boolean isCeiling() {
        return ordinal() < E1.ordinal();
    }

    /** E2_q1024. */
    String title() {
        String lower = name().toLowerCase(Locale.ROOT);
        return isCeiling() ? lower : lower.substring(0, 1).toUpperCase(Locale.ROOT) + lower.substring(1);
    }

    static List<String> titles() {
        return Arrays.stream(values()).map(GpuRow::title).toList();
    }

    Benchmark.Row row(double value, double limitHere, double recall, Map<String, Double> more) {
        return new Benchmark.Row(title(), value, unit, must, atMost,
                new Benchmark.Context(anchor, limitHere, stretch, recall, more));
    }

    /** The row as it is hoped for: its value is NaN, its limit that of the H200. */
    Benchmark.Row expected() {
        return row(Double.NaN, limit, Double.NaN, Map.of());
    }
}
