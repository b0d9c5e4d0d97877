package dev.perigee.index;

import static dev.perigee.PerigeeException.check;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Rows with what a fast scan of them needs. Squared L2 and inner product, apart from what depends on the query alone, are
 * both <em>start + weight . (row - mean)</em>, so one kernel serves them all:
 *
 * <table>
 * <tr><th></th><th>start of a row</th><th>weight of a query</th><th>constant of a query</th></tr>
 * <tr><td>L2</td><td>|row - mean|^2</td><td>-2 (query - mean)</td><td>|query - mean|^2</td></tr>
 * <tr><td>inner product, cosine</td><td>0</td><td>-query</td><td>-query . mean</td></tr>
 * </table>
 *
 * <p>Any mean is right; one near the rows keeps the terms from cancelling in float, and so the error bound of
 * {@link #bound} tight.
 *
 * @param rows    [n, dim]; unit rows for cosine
 * @param mean    [1, dim]
 * @param starts  n float32; zero for inner product and cosine
 * @param radius  at least the largest |row - mean|
 * @param length  at least the largest |row|
 */
public record FlatData(Distance distance, Matrix rows, Matrix mean, MemorySegment starts, double radius, double length)
        implements IndexData {
    /** 2^-24: half the distance from 1 to the next float. */
    private static final double UNIT = 0x1p-24;
    /** Room for what the bounds leave out: products of errors, and the roundings of the double reference itself. */
    private static final double SLACK = 1.06;

    public FlatData {
        check(mean.dim() == rows.dim(), "mean: dim %d (expected %d)", mean.dim(), rows.dim());
        check(starts.byteSize() >= rows.rows() * 4L, "starts: %d bytes (expected %d)", starts.byteSize(), rows.rows() * 4L);
    }

    /** Data of rows as they are; mean and starts are made in memory of {@code arena}, which must not outlive the rows. */
    public static FlatData of(Distance distance, Matrix rows, Arena arena) {
        Matrix mean = mean(rows, arena);
        MemorySegment starts = arena.allocate(rows.rows() * 4L, Matrix.ALIGNMENT);
        Extent extent = starts(distance, rows, mean, starts);
        return new FlatData(distance, rows, mean, starts, extent.radius(), extent.length());
    }

    /** The mean of all rows, summed in double in order of rows, rounded once. */
    public static Matrix mean(Matrix rows, Arena arena) {
        double[] sums = new double[rows.dim()];
        addTo(sums, rows);
        return mean(sums, rows.rows(), arena);
    }

    /** Adds rows to {@code sums} [dim], in order. */
    static void addTo(double[] sums, Matrix rows) {
        float[] row = new float[rows.dim()];
        for (int i = 0; i < rows.rows(); i++) {
            MemorySegment.copy(rows.segment(), Matrix.FLOAT, i * rows.stride(), row, 0, row.length);
            for (int t = 0; t < row.length; t++) {
                sums[t] += row[t];
            }
        }
    }

    /** Sums over {@code count} rows as a mean [1, dim], zero for no rows. */
    static Matrix mean(double[] sums, int count, Arena arena) {
        Matrix mean = Matrix.allocate(arena, 1, sums.length);
        for (int t = 0; t < sums.length; t++) {
            mean.set(0, t, count == 0 ? 0f : (float) (sums[t] / count));
        }
        return mean;
    }

    /** Largest |row - mean| and largest |row| of some rows. */
    public record Extent(double radius, double length) {
        public static final Extent NONE = new Extent(0, 0);

        public Extent or(Extent other) {
            return new Extent(Math.max(radius, other.radius), Math.max(length, other.length));
        }
    }

    /** Writes the start of each row to {@code starts} [rows]. */
    public static Extent starts(Distance distance, Matrix rows, Matrix mean, MemorySegment starts) {
        double radius = 0;
        double length = 0;
        float[] row = new float[rows.dim()];
        float[] centre = mean.get(0);
        for (int i = 0; i < rows.rows(); i++) {
            MemorySegment.copy(rows.segment(), Matrix.FLOAT, i * rows.stride(), row, 0, row.length);
            double fromMean = 0;
            double fromZero = 0;
            for (int t = 0; t < row.length; t++) {
                double x = row[t];
                double difference = x - centre[t];
                fromMean += difference * difference;
                fromZero += x * x;
            }
            starts.set(Matrix.FLOAT, i * 4L, distance == Distance.L2 ? (float) fromMean : 0f);
            radius = Math.max(radius, fromMean);
            length = Math.max(length, fromZero);
        }
        // sums of squares in double may be low by one part in 2^40 at the most: dim is at most 2^16
        return new Extent(Math.sqrt(radius) * (1 + 1e-9), Math.sqrt(length) * (1 + 1e-9));
    }

    /**
     * How far a float key, <em>fl(start + fl(weight . fl(row - mean))) + constant</em> in whatever order of summation, fused
     * or not, can be from the true distance: |key - distance| &lt;= bound, for every row here. From Higham, Accuracy and
     * Stability of Numerical Algorithms (2002), 3.1: a product of n terms errs by at most n u times the product of the
     * lengths; one more unit for each of the other roundings.
     *
     * @param queryLength |query - mean| for L2, |query| else
     * @param constant    the query's constant of the table above
     * @return infinity where float may overflow: then the key is no use
     */
    public double bound(double queryLength, double constant) {
        int n = (dim() + 7) / 8 * 8;
        double products = distance == Distance.L2 ? 2 * queryLength * radius : queryLength * radius;
        double start = distance == Distance.L2 ? radius * radius : 0;
        if (products + start + Math.abs(constant) > 1e37) {
            return Double.POSITIVE_INFINITY;
        }
        return SLACK * UNIT * ((n + 5) * products + 4 * start + 3 * Math.abs(constant)) + n * 0x1p-147;
    }

    /**
     * The same for keys that were summed directly from a query and a row, without the mean: for L2 the bound is relative to
     * the distance, so it is asked at {@code key}.
     *
     * @param queryLength |query|
     */
    public double directBound(double queryLength, double key) {
        int n = (dim() + 7) / 8 * 8;
        double most = distance == Distance.L2 ? (queryLength + length) * (queryLength + length) : queryLength * length;
        if (most > 1e37) {
            return Double.POSITIVE_INFINITY;
        }
        double scale = distance == Distance.L2 ? Math.abs(key) : most;
        return SLACK * UNIT * (n + 4) * scale + n * 0x1p-147;
    }

    @Override
    public int dim() {
        return rows.dim();
    }

    @Override
    public long bytes() {
        return rows.segment().byteSize() + starts.byteSize();
    }

    @Override
    public int count() {
        return rows.rows();
    }
}
