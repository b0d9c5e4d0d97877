package dev.perigee.compute;

import static dev.perigee.PerigeeException.check;

import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** A way to search and to compare many rows. Thread-safe; close it after its searchers. */
public interface ComputeBackend extends AutoCloseable {
    /** One word: scalar, simd. */
    String name();

    /** What it runs on, in words. */
    String device();

    /** How many cores of this machine its caller may keep busy beside it, with what cannot be asked of a backend. */
    default int threads() {
        return 1;
    }

    /**
     * A searcher over the segments of one space, in order: rows of a later segment count as inserted later. All segments
     * have one dim and distance, and those with lists one model. The data must stay open as long as the searcher is used.
     */
    Searcher open(List<IndexData> segments);

    /**
     * The nearest centroid of each row, by exact distance, ties to the lower number: the same on every backend.
     *
     * @param rows [n, dim]
     * @param into n numbers of rows of {@code centroids}
     */
    void nearest(Matrix rows, FlatData centroids, int[] into);

    /**
     * Rows to be compared with centroids again and again.
     *
     * @param rows      [n, dim], which must stay as they are until it is closed
     * @param centroids about how many they will be compared with
     */
    default Points points(Matrix rows, int centroids) {
        return new HostPoints(this, rows);
    }

    /**
     * The nearest codeword of each part of each row, by exact squared L2, ties to the lower number: the same on every backend.
     *
     * @param rows  [n, m x dsub], rows that are encoded as they are: residuals
     * @param words of each part, [2^bits, dsub]
     * @param into  n x m numbers of codewords, those of a row together
     */
    default void encode(Matrix rows, List<FlatData> words, int[] into) {
        int dsub = words.getFirst().dim();
        int m = words.size();
        int[] nearest = new int[rows.rows()];
        try (Arena arena = Arena.ofShared()) {
            Matrix part = Matrix.allocate(arena, rows.rows(), dsub);
            for (int s = 0; s < m; s++) {
                for (int i = 0; i < rows.rows(); i++) {
                    MemorySegment.copy(rows.segment(), i * rows.stride() + (long) s * dsub * 4, part.segment(), i * part.stride(),
                            dsub * 4L);
                }
                nearest(part, words.get(s), nearest);
                for (int i = 0; i < rows.rows(); i++) {
                    into[i * m + s] = nearest[i];
                }
            }
        }
    }

    /**
     * The general product {@code into = rows x weights^T} in float32: rows projected at ingest, covariances, training. The
     * order of summation is the backend's, so that results may differ between backends, and within one between shapes.
     *
     * <p>Each element is within {@code 1.01 dim 2^-24 |row| |weight| + dim 2^-126} of the exact product of those two rows:
     * 2^-24 is half a unit in the last place of 1, 1.01 covers the terms of second order up to the longest row, and the last
     * term what underflows. Where the sum of the |products| leaves the range of float32, an element may be infinite or NaN.
     * Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1.
     *
     * @param rows    [n, dim]
     * @param weights [m, dim]
     * @param into    [n, m], overwritten, its padding stays zero; shares no memory with the other two
     */
    void multiply(Matrix rows, Matrix weights, Matrix into);

    /**
     * Coordinates of rows along axes, {@code into[i][j] = sum over t of (row_t - mean_t) axis_jt}: in float32, in ascending
     * order of t, each step one fused multiply-add from zero; so the same bits on every backend and in every shape.
     *
     * @param rows [n, dim]
     * @param mean [1, dim]
     * @param axes [m, dim]
     * @param into [n, m], overwritten, its padding stays zero; shares no memory with the others
     */
    default void project(Matrix rows, Matrix mean, Matrix axes, Matrix into) {
        checkProduct(rows, axes, into);
        float[][] columns = new float[rows.dim()][axes.rows()]; // side by side: so the axes of a step are independent sums
        for (int j = 0; j < axes.rows(); j++) {
            for (int t = 0; t < columns.length; t++) {
                columns[t][j] = axes.get(j, t);
            }
        }
        float[] centre = mean.get(0);
        for (int i = 0; i < rows.rows(); i++) {
            float[] row = rows.get(i);
            float[] sums = new float[axes.rows()];
            for (int t = 0; t < row.length; t++) {
                addScaled(row[t] - centre[t], columns[t], sums);
            }
            into.set(i, sums);
        }
    }

    private static void addScaled(float x, float[] column, float[] sums) {
        for (int j = 0; j < sums.length; j++) {
            sums[j] = Math.fma(x, column[j], sums[j]);
        }
    }

    /** One element of {@link #project}. */
    static float coordinate(Matrix rows, int row, Matrix mean, Matrix axes, int axis) {
        float sum = 0;
        for (int t = 0; t < rows.dim(); t++) {
            sum = Math.fma(rows.get(row, t) - mean.get(0, t), axes.get(axis, t), sum);
        }
        return sum;
    }

    /** Refuses shapes that {@link #multiply} cannot take. */
    static void checkProduct(Matrix rows, Matrix weights, Matrix into) {
        check(weights.dim() == rows.dim(), "multiply: weights of dim %d (expected %d, that of the rows)",
                weights.dim(), rows.dim());
        check(into.rows() == rows.rows() && into.dim() == weights.rows(), "multiply: into %d x %d (expected %d x %d)",
                into.rows(), into.dim(), rows.rows(), weights.rows());
    }

    /** The rows of {@code bench kernels} that this backend measures itself; none if it has no kernels of its own. */
    default List<Benchmark> benchmarks() {
        return List.of();
    }

    /** Checks of this backend on this machine; none if it has none of its own. */
    default Optional<Verification> verification() {
        return Optional.empty();
    }

    @Override
    void close();
}
