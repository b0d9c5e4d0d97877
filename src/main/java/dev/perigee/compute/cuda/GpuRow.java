package dev.perigee.compute.cuda;

import static dev.perigee.distance.Distance.INNER_PRODUCT;
import static dev.perigee.distance.Distance.L2;

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
    S1(new Shape(null, 16_384, 1, 10_000, 64), 0.152, 0.300, 0.200, "torch.topk: see bench/gpu_peers.py");

    /**
     * What is searched; for S1 the queries are rows of a matrix, and its rows are columns.
     */
    record Shape(Distance distance, int rows, int dim, int queries, int k) {
    }

    /** Null for ceilings. */
    final Shape shape;
    final String unit;
    final double limit;
    final double must;
    final double stretch;
    final String anchor;

    GpuRow(Shape shape, String unit, double limit, double must, double stretch, String anchor) {
        this.shape = shape;
        this.unit = unit;
        this.limit = limit;
        this.must = must;
        this.stretch = stretch;
        this.anchor = anchor;
    }

    GpuRow(String unit, double limit) {
        this(null, unit, limit, Double.NaN, Double.NaN, "");
    }

    GpuRow(Shape shape, double limit, double must, double stretch, String anchor) {
        this(shape, "ms", limit, must, stretch, anchor);
    }

    GpuRow(Shape shape, String unit, double must, double stretch, String anchor) {
        this(shape, unit, Double.NaN, must, stretch, anchor);
    }

    private static Shape base(int queries, int k) {
        return new Shape(L2, 1_000_000, 128, queries, k);
    }

    boolean isCeiling() {
        return shape == null;
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
        return new Benchmark.Row(title(), value, unit, must, !isCeiling(),
                new Benchmark.Context(anchor, limitHere, stretch, recall, more));
    }

    /** The row as it is hoped for: its value is NaN, its limit that of the H200. */
    Benchmark.Row expected() {
        return row(Double.NaN, limit, Double.NaN, Map.of());
    }
}
