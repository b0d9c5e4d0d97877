package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.Progress;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The silhouette (P. Rousseeuw, Silhouettes: a graphical aid to the interpretation and validation of cluster analysis, 1987):
 * with a = mean distance of a row to the other rows of its class and b = the smallest mean distance to another class, the row has
 * {@code (b - a) / max(a, b)}, from -1 to 1. The only row of a class has 0, and so has a row with a = b = 0.
 *
 * <p>Distances are Euclidean for L2 (not squared) and 1 - cosine for cosine. All pairs are compared, in blocks of float32
 * products of rows less their mean; pairs so near that cancellation could cost them 0.2 % of their distance in the worst case
 * (some 0.01 % as it comes) are compared again in double, and sums are in double.
 *
 * @param labels   the classes
 * @param rows     numbers of the rows that were judged, all unless some were asked for
 * @param perRow   of each of {@code rows}
 * @param perClass mean over the judged rows of each class, NaN for a class without one
 * @param mean     over the judged rows
 */
public record Silhouette(Labels labels, int[] rows, double[] perRow, double[] perClass, double mean) {
    /** Pairs are compared again where the bound of a squared distance may be more than one part in so many of it, */
    private static final double PARTS = 256;
    /** but not beyond this part of the sum of their squares, which long rows would reach with many pairs that are sound. */
    private static final double NEAREST = 0.02;

    /** As {@link #of(Matrix, int[], Distance, ComputeBackend, int[], Progress)}, of all rows. */
    public static Silhouette of(Matrix rows, int[] labels, Distance distance, ComputeBackend backend) {
        return of(rows, labels, distance, backend, Progress.NONE);
    }

    /** As {@link #of(Matrix, int[], Distance, ComputeBackend, int[], Progress)}, of all rows. */
    public static Silhouette of(Matrix rows, int[] labels, Distance distance, ComputeBackend backend, Progress progress) {
        return of(rows, labels, distance, backend, IntStream.range(0, rows.rows()).toArray(), progress);
    }

    /**
     * @param rows   [n, dim], finite; unit rows for cosine
     * @param labels of each row, 0 or more
     * @param some   numbers of the rows to judge; each is compared with all rows
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for the inner product, which is no distance, for fewer than two
     *     classes and for labels of other rows; CANCELLED if {@code progress} says so
     */
    public static Silhouette of(Matrix rows, int[] labels, Distance distance, ComputeBackend backend, int[] some,
            Progress progress) {
        check(distance != Distance.INNER_PRODUCT, "silhouette: inner product (expected l2 or cosine, which are distances)");
        AllPairs.requireUnit(rows, distance);
        Labels classes = Labels.of(labels, rows.rows());
        classes.requireTwoClasses();
        double[] perRow = new double[some.length];
        int[] order = IntStream.range(0, rows.rows()).boxed().sorted(Comparator.comparingInt(classes::of)).mapToInt(i -> i)
                .toArray();
        int[] place = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            place[order[i]] = i;
        }
        int[] slot = new int[order.length]; // of a place, where in perRow its silhouette goes
        for (int i = 0; i < some.length; i++) {
            slot[place[some[i]]] = i;
        }
        try (Arena arena = Arena.ofShared()) {
            Matrix centred = AllPairs.centred(rows, order, arena);
            Sums sums = Sums.of(rows, order, classes, distance, centred);
            AllPairs.each(centred, Arrays.stream(some).map(row -> place[row]).toArray(), backend, "silhouette", progress,
                    (at, products) -> perRow[slot[at]] = sums.silhouette(at, products));
        }
        double[] perClass = new double[classes.classes()];
        int[] judged = new int[classes.classes()];
        for (int i = 0; i < some.length; i++) {
            perClass[classes.of(some[i])] += perRow[i];
            judged[classes.of(some[i])]++;
        }
        Arrays.setAll(perClass, c -> judged[c] == 0 ? Double.NaN : perClass[c] / judged[c]);
        return new Silhouette(classes, some.clone(), perRow, perClass, Arrays.stream(perRow).average().orElse(Double.NaN));
    }

    /**
     * Mean distances to classes. The rows are in the order of their classes, so that those of a class are together. Loops are
     * plain, one for each step, for only such become vector instructions: together they take half the time of one loop.
     *
     * @param rows    as they were given
     * @param order   which of {@code rows} is at each place
     * @param squares of each place, |row - mean|^2
     * @param longest the largest of these
     * @param zeros   of each place, 1/2 for a zero row that is compared by cosine and else 0: 1 - cos of unit rows is half their
     *                squared distance, and one half more for each that is zero
     * @param near    pairs are compared again up to this part of the sum of their squares
     * @param least   and up to this, where float underflows
     */
    private record Sums(Matrix rows, int[] order, Labels classes, boolean euclidean, double[] squares, double longest,
            double[] zeros, double near, double least) {
        private static final int STEP = 2048;

        static Sums of(Matrix rows, int[] order, Labels classes, Distance distance, Matrix centred) {
            double[] squares = AllPairs.squares(centred);
            double[] zeros = Arrays.stream(order).mapToDouble(row -> distance == Distance.COSINE
                    && Distance.COSINE.between(rows, row, rows, row) == 0 ? 0.5 : 0).toArray();
            return new Sums(rows, order, classes, distance == Distance.L2, squares, Arrays.stream(squares).max().orElse(0), zeros,
                    Math.min(NEAREST, PARTS * AllPairs.relativeBound(rows.dim())), PARTS * rows.dim() * 0x1p-125);
        }

        double silhouette(int at, float[] products) {
            int own = classes.of(order[at]);
            if (classes.size(own) == 1) {
                return 0;
            }
            double[] buffer = new double[Math.min(STEP, order.length)];
            double a = 0;
            double b = Double.POSITIVE_INFINITY;
            for (int c = 0, from = 0; c < classes.classes(); from += classes.size(c++)) {
                int to = from + classes.size(c);
                if (c == own) {
                    a = (sum(at, products, from, at, buffer) + sum(at, products, at + 1, to, buffer)) / (to - from - 1);
                } else {
                    b = Math.min(b, sum(at, products, from, to, buffer) / (to - from));
                }
            }
            double larger = Math.max(a, b);
            return larger == 0 ? 0 : (b - a) / larger;
        }

        /** The distances to the rows of some places, summed. */
        private double sum(int at, float[] products, int from, int to, double[] buffer) {
            double sum = 0;
            for (int begin = from; begin < to; begin += buffer.length) {
                int count = Math.min(buffer.length, to - begin);
                squared(squares[at], products, squares, begin, count, buffer);
                double limit = near * (squares[at] + longest) + least;
                if (euclidean) {
                    roots(buffer, count);
                    limit = Math.sqrt(limit);
                }
                sum += sum(at, products, begin, count, buffer, limit);
                sum += euclidean ? 0 : sum(zeros, begin, count) + zeros[at] * count;
            }
            return sum;
        }

        private static void squared(double mine, float[] products, double[] squares, int begin, int count, double[] into) {
            for (int i = 0; i < count; i++) {
                into[i] = (mine + squares[begin + i]) - 2.0 * products[begin + i];
            }
        }

        private static void roots(double[] values, int count) {
            for (int i = 0; i < count; i++) {
                values[i] = Math.sqrt(values[i]);
            }
        }

        private static double sum(double[] values, int begin, int count) {
            double sum = 0;
            for (int i = begin; i < begin + count; i++) {
                sum += values[i];
            }
            return sum;
        }

        /**
         * The sum of distances, or for cosine half that of their squares; those up to {@code limit} may be too near to be sound.
         */
        private double sum(int at, float[] products, int begin, int count, double[] values, double limit) {
            double even = 0;
            double odd = 0;
            for (int i = 0; i < count; i++) {
                double value = values[i];
                if (!(value > limit)) { // NaN too: float has overflowed, or the difference is less than zero
                    value = sound(at, products, begin + i);
                }
                if ((i & 1) == 0) {
                    even += value;
                } else {
                    odd += value;
                }
            }
            return euclidean ? even + odd : (even + odd) / 2;
        }

        private double sound(int at, float[] products, int other) {
            double both = squares[at] + squares[other];
            double square = both - 2.0 * products[other];
            if (!(square > near * both + least)) {
                square = Distance.L2.between(rows, order[at], rows, order[other]);
            }
            return euclidean ? Math.sqrt(square) : square;
        }
    }
}
