package dev.perigee.build;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;

/**
 * What a build will do: the choices that the caller left open, and what it will cost.
 *
 * @param lists      inverted lists, 0 for a flat index
 * @param codeWidth  of IVF-PQ; of IVF-SQ the most that it will be
 * @param sampleRows rows that the lists and codebooks are trained on
 * @param bytes      of the files that it will write, beside the rows as given
 * @param products   multiply-adds, nearly all of its work
 */
public record BuildPlan(IndexSpec spec, int lists, int codeWidth, int sampleRows, long bytes, double products) {
    /** Rounds of k-means over the sample. */
    public static final int ITERATIONS = 12;
    private static final int ROWS_PER_LIST = 64;
    private static final int QUANTIZER_ROWS = 16_384;
    /** A product of the short parts of rows takes as long as so many of whole rows: measured at dsub = 8. */
    private static final double SHORT_ROWS = 3;
    /** A product in double, on one core. */
    private static final double DOUBLE = 4;
    private static final int MANY_ROWS = 100_000;
    /** Most leading dimensions that are chosen by themselves. */
    private static final int MOST_DIMS = 256;

    /** The plan for {@code rows} rows. @throws dev.perigee.PerigeeException INVALID_ARGUMENT if there can be none */
    public static BuildPlan of(IndexSpec spec, Distance distance, int rows, int dim) {
        long own = rows * 4L + (distance == Distance.COSINE ? Matrix.bytes(rows, dim) : 0);
        if (spec.kind() == IndexKind.FLAT) {
            return new BuildPlan(spec, 0, 0, 0, own, 0);
        }
        check(rows >= 1, "rows: 0 (expected at least 1 to build an index of)");
        check(spec.lists() <= rows, "lists: %d (expected at most %d, the rows there are)", spec.lists(), rows);
        int lists = spec.lists() > 0 ? spec.lists() : lists(spec.kind(), rows);
        int least = spec.kind() == IndexKind.IVF_PQ ? QUANTIZER_ROWS : 0;
        int sample = (int) Math.min(rows, Math.max((long) lists * ROWS_PER_LIST, least));
        if (spec.kind() == IndexKind.IVF_SQ) {
            return ivfSq(spec, lists, sample, own, rows, dim);
        }
        double products = ((double) sample * ITERATIONS + rows) * lists * dim;
        long slots = rows + lists * 16L;
        if (spec.kind() == IndexKind.IVF_FLAT) {
            return new BuildPlan(spec, lists, 0, sample, own + slots * (8 + Matrix.stride(dim)), products);
        }
        int m = spec.codeWidth() > 0 ? spec.codeWidth() : parts(dim);
        check(dim % m == 0, "pq-m: %d (expected a divisor of dim %d)", m, dim);
        double words = 1 << spec.codeBits();
        products += SHORT_ROWS * ((double) QuantizerTraining.ITERATIONS * Math.min(sample, QUANTIZER_ROWS) + rows) * words * dim;
        long codes = slots * (8L + ProductQuantizer.codeStride(m, spec.codeBits()));
        return new BuildPlan(spec, lists, m, sample, own + codes, products);
    }

    /**
     * The square root of the rows; codes of IVF-SQ are scanned so fast that, beyond some rows, shorter lists pay: 122 rows each,
     * until finding the lists takes as long as scanning them.
     */
    private static int lists(IndexKind kind, int rows) {
        double root = Math.sqrt(rows);
        boolean many = kind == IndexKind.IVF_SQ && rows > MANY_ROWS;
        return (int) Math.max(1, Math.round(many ? Math.min(rows / 122.0, 6 * root) : root));
    }

    private static BuildPlan ivfSq(IndexSpec spec, int lists, int sample, long own, int rows, int dim) {
        int dims = spec.codeWidth() > 0 ? spec.codeWidth() : Math.min(MOST_DIMS, (dim + 7) / 8 * 8);
        double axes = Math.min(rows, axisRows(dim));
        double products = ((double) sample * ITERATIONS + rows) * lists * dims + 3.0 * rows * dim * dims
                + DOUBLE * axes * dim * Math.min(axes, dim) / 2;
        return new BuildPlan(spec, lists, dims, sample, own + (rows + lists * 16L) * (8L + dims), products);
    }

    /** Rows that principal axes are found of: fewer long ones, to bound memory. */
    static int axisRows(int dim) {
        return Math.min(16_384, (1 << 25) / dim);
    }

    /** Parts of at most eight values, as few as that allows. */
    private static int parts(int dim) {
        int m = (dim + 7) / 8;
        while (dim % m != 0) {
            m++;
        }
        return m;
    }

    int quantizerRows() {
        return Math.min(sampleRows, QUANTIZER_ROWS);
    }

    /** How long it will take about, from a short measurement on the first rows. */
    public double seconds(ComputeBackend backend, Matrix rows) {
        int queries = Math.min(rows.rows(), 96);
        if (products == 0 || queries == 0) {
            return 0;
        }
        int centroids = Math.min(rows.rows(), 64);
        long best = Long.MAX_VALUE;
        try (Arena arena = Arena.ofShared()) {
            FlatData few = FlatData.of(Distance.L2, rows.slice(0, centroids), arena);
            long end = System.nanoTime() + 400_000_000; // long enough for the kernels to be compiled
            while (System.nanoTime() < end) {
                long start = System.nanoTime();
                backend.nearest(rows.slice(0, queries), few, new int[queries]);
                best = Math.min(best, System.nanoTime() - start);
            }
        }
        return best * 1e-9 * products / ((double) queries * centroids * rows.dim());
    }
}
