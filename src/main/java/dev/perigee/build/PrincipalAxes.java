package dev.perigee.build;

import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The leading principal axes of rows (K. Pearson, Philosophical Magazine 2, 1901), by subspace iteration (H. Rutishauser,
 * Numerische Mathematik 13, 1969). All in double and in loops of a fixed order: a product of a backend sums in its own order,
 * and then the same seed would not give the same axes everywhere.
 */
final class PrincipalAxes {
    private static final int ITERATIONS = 8;
    /** Axes that are followed beside those asked for: these converge faster then. */
    private static final int SPARE = 8;
    /** Least variance of an axis, as a share of the first one's: below it there is nothing but rounding. */
    private static final double LEAST = 1e-10;

    private final double[][] axes;
    /** Along the axes, falling. */
    private final double[] variances;
    /** In all dimensions. */
    private final double total;

    private PrincipalAxes(double[][] axes, double[] variances, double total) {
        this.axes = axes;
        this.variances = variances;
        this.total = total;
    }

    /**
     * The axes of rows about a mean.
     *
     * @param rows [n, dim]
     * @param mean [1, dim]
     * @param most axes that may be asked for
     */
    static PrincipalAxes of(Matrix rows, Matrix mean, int most, long seed, Stages stages) {
        try (Arena arena = Arena.ofShared()) {
            // with fewer rows than dimensions, the products of rows tell the same as those of dimensions, and are fewer
            boolean few = rows.rows() < rows.dim();
            Matrix centred = few ? transposed(rows, mean, arena) : centred(rows, mean, arena);
            int size = centred.dim();
            int block = Math.min(size, most + SPARE);
            int strips = (size + SymmetricProducts.STRIP - 1) / SymmetricProducts.STRIP;
            stages.begin("principal axes", strips + ITERATIONS + 1L);
            SymmetricProducts products = SymmetricProducts.of(centred, stages::at);
            double[][] vectors = start(block, size, seed);
            for (int i = 0; i < ITERATIONS; i++) {
                Orthogonal.normalise(vectors);
                vectors = products.times(vectors);
                stages.at(strips + i + 1L);
            }
            Orthogonal.rotate(vectors);
            double[] along = new double[block];
            double[][] image = products.times(unit(vectors));
            for (int a = 0; a < block; a++) {
                along[a] = Orthogonal.dot(vectors[a], image[a], size);
            }
            int[] order = IntStream.range(0, block).boxed().sorted(Comparator.comparingDouble(a -> -along[a]))
                    .mapToInt(a -> a).toArray();
            int count = (int) Arrays.stream(order).limit(most).filter(a -> along[a] > LEAST * along[order[0]]).count();
            double[][] found = new double[count][];
            for (int a = 0; a < count; a++) {
                found[a] = few ? combined(centred, vectors[order[a]]) : vectors[order[a]];
            }
            if (few) { // as near to right angles as the vectors above are to true ones: not near enough
                Orthogonal.normalise(found);
            }
            Arrays.stream(found).forEach(PrincipalAxes::fixSign);
            stages.at(strips + ITERATIONS + 1L);
            return new PrincipalAxes(found, Arrays.stream(order).limit(count).mapToDouble(a -> along[a]).toArray(),
                    products.trace());
        }
    }

    private static Matrix centred(Matrix rows, Matrix mean, Arena arena) {
        Matrix centred = Matrix.allocate(arena, rows.rows(), rows.dim());
        float[] centre = mean.get(0);
        for (int i = 0; i < rows.rows(); i++) {
            centred.set(i, less(rows.get(i), centre));
        }
        return centred;
    }

    private static Matrix transposed(Matrix rows, Matrix mean, Arena arena) {
        Matrix transposed = Matrix.allocate(arena, rows.dim(), rows.rows());
        float[] centre = mean.get(0);
        for (int i = 0; i < rows.rows(); i++) {
            float[] row = less(rows.get(i), centre);
            for (int t = 0; t < row.length; t++) {
                transposed.set(t, i, row[t]);
            }
        }
        return transposed;
    }

    private static float[] less(float[] row, float[] centre) {
        for (int t = 0; t < row.length; t++) {
            row[t] -= centre[t];
        }
        return row;
    }

    private static double[][] start(int block, int size, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] vectors = new double[block][size];
        for (double[] vector : vectors) {
            Arrays.setAll(vector, t -> random.nextDouble() - 0.5);
        }
        return vectors;
    }

    private static double[][] unit(double[][] vectors) {
        for (double[] vector : vectors) {
            Orthogonal.scale(vector);
        }
        return vectors;
    }

    /** The direction in the space of the rows of a combination of rows. */
    private static double[] combined(Matrix transposed, double[] shares) {
        double[] axis = new double[transposed.rows()];
        float[] values = new float[transposed.dim()];
        for (int t = 0; t < axis.length; t++) {
            MemorySegment.copy(transposed.segment(), Matrix.FLOAT, t * transposed.stride(), values, 0, values.length);
            for (int i = 0; i < values.length; i++) {
                axis[t] += shares[i] * values[i];
            }
        }
        Orthogonal.scale(axis);
        return axis;
    }

    /** An axis points to where its largest value is positive. */
    private static void fixSign(double[] axis) {
        int largest = 0;
        for (int t = 1; t < axis.length; t++) {
            largest = Math.abs(axis[t]) > Math.abs(axis[largest]) ? t : largest;
        }
        if (axis[largest] < 0) {
            Arrays.setAll(axis, t -> -axis[t]);
        }
    }

    /** The fewest axes that hold a share of the variance, or all there are. */
    int count(double share) {
        int count = 0;
        while (count < axes.length && energy(count) < share) {
            count++;
        }
        return count;
    }

    /** The share of the variance along the first axes, 0 to 1. */
    double energy(int count) {
        double sum = 0;
        for (int a = 0; a < Math.min(count, variances.length); a++) {
            sum += variances[a];
        }
        return total > 0 ? Math.min(1, sum / total) : 1;
    }

    /** The first axes [dims, dim], each rounded to float32; zero where there is no variance left. */
    Matrix matrix(int dims, int dim, Arena arena) {
        Matrix matrix = Matrix.allocate(arena, dims, dim);
        for (int a = 0; a < Math.min(dims, axes.length); a++) {
            for (int t = 0; t < dim; t++) {
                matrix.set(a, t, (float) axes[a][t]);
            }
        }
        return matrix;
    }
}
