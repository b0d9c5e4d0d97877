package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.Progress;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Separation accuracy: of all triplets (anchor, another row of its class, a row of another class), the part whose positive is
 * nearer to the anchor than the negative; ties count as wrong. (With half credit for ties it would be the area under the ROC
 * curve.) Anchors without a positive are left out and counted.
 *
 * @param anchors  numbers of the anchors with a positive
 * @param excluded anchors without one
 * @param sampled  whether triplets were drawn; then the three arrays count drawn triplets only
 * @param right    of each anchor, triplets with d(positive) &lt; d(negative)
 * @param tied     of each anchor, triplets with d(positive) = d(negative)
 * @param triplets of each anchor, in all
 */
public record Separation(int[] anchors, int excluded, boolean sampled, long[] right, long[] tied, long[] triplets) {
    /** As {@link #exact(Matrix, int[], Distance, ComputeBackend, int[], Progress)}, of all anchors. */
    public static Separation exact(Matrix rows, int[] labels, Distance distance, ComputeBackend backend) {
        return exact(rows, labels, distance, backend, IntStream.range(0, rows.rows()).toArray(), Progress.NONE);
    }

    /**
     * All triplets of some anchors, in O(n log n) each: the positives are sorted by their exact distances, and each negative is
     * looked up among them by its float32 distance; exact, in double, only where a positive lies within the error bound of that.
     *
     * @param rows   [n, dim], finite; unit rows for cosine
     * @param labels of each row, 0 or more
     * @param some   numbers of the rows that are anchors
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for one class only, for no class with a second row, and for labels of
     *     other rows; CANCELLED if {@code progress} says so
     */
    public static Separation exact(Matrix rows, int[] labels, Distance distance, ComputeBackend backend, int[] some,
            Progress progress) {
        Separation separation = empty(rows, labels, distance, some, false);
        int[] place = Retrieval.places(separation.anchors, rows.rows());
        try (Arena arena = Arena.ofShared()) {
            int[] order = IntStream.range(0, rows.rows()).toArray();
            Matrix compared = distance == Distance.L2 ? AllPairs.centred(rows, order, arena) : rows;
            double[] squares = AllPairs.squares(compared);
            AllPairs.each(compared, separation.anchors, backend, "separation", progress,
                    (anchor, products) -> separation.count(place[anchor], rows, labels, distance, squares, products));
        }
        return separation;
    }

    private void count(int place, Matrix rows, int[] labels, Distance distance, double[] squares, float[] products) {
        int anchor = anchors[place];
        int own = labels[anchor];
        double[] positives = IntStream.range(0, labels.length).filter(i -> labels[i] == own && i != anchor)
                .mapToDouble(i -> distance.between(rows, anchor, rows, i)).sorted().toArray();
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] == own) {
                continue;
            }
            double both = squares[anchor] + squares[i];
            double about = distance == Distance.L2 ? both - 2.0 * products[i] : -(double) products[i];
            double bound = AllPairs.relativeBound(rows.dim()) * both + rows.dim() * 0x1p-125;
            int nearer = below(positives, about - bound);
            int tiedWith = 0;
            // written so that a NaN, where float overflowed, means "compare"
            if (!(nearer == positives.length || positives[nearer] > about + bound)) {
                double exact = distance.between(rows, anchor, rows, i);
                nearer = below(positives, exact);
                tiedWith = below(positives, Math.nextUp(exact)) - nearer;
            }
            right[place] += nearer;
            tied[place] += tiedWith;
            triplets[place] += positives.length;
        }
    }

    /** How many of sorted values are less than {@code limit}. */
    private static int below(double[] sorted, double limit) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < limit) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * Triplets drawn at random, each of all as likely, with replacement, compared in double.
     *
     * @param draws how many triplets
     */
    public static Separation sampled(Matrix rows, int[] labels, Distance distance, int draws, long seed) {
        return sampled(rows, labels, distance, IntStream.range(0, rows.rows()).toArray(), draws, seed);
    }

    /** As {@link #sampled(Matrix, int[], Distance, int, long)}, of {@code some} anchors. */
    static Separation sampled(Matrix rows, int[] labels, Distance distance, int[] some, int draws, long seed) {
        check(draws >= 1, "triplets: %d (expected 1 or more)", draws);
        Separation separation = empty(rows, labels, distance, some, true);
        Labels classes = Labels.of(labels);
        // rows by class: those of class c from begins[c] to begins[c + 1]
        int[] begins = new int[classes.classes() + 1];
        for (int c = 0; c < classes.classes(); c++) {
            begins[c + 1] = begins[c] + classes.size(c);
        }
        int[] next = begins.clone();
        int[] order = new int[labels.length];
        int[] at = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            at[i] = next[classes.of(i)]++;
            order[at[i]] = i;
        }
        double[] upTo = new double[separation.anchors.length]; // triplets of the anchors so far
        double total = 0;
        for (int i = 0; i < upTo.length; i++) {
            double size = classes.size(classes.of(separation.anchors[i]));
            total += (size - 1) * (labels.length - size);
            upTo[i] = total;
        }
        SplittableRandom random = new SplittableRandom(seed);
        for (int draw = 0; draw < draws; draw++) {
            int place = Math.min(below(upTo, Math.nextUp(random.nextDouble() * total)), upTo.length - 1);
            int anchor = separation.anchors[place];
            int own = classes.of(anchor);
            int size = classes.size(own);
            int other = begins[own] + random.nextInt(size - 1); // the anchor's place stands for the last of its class
            int positive = order[other == at[anchor] ? begins[own + 1] - 1 : other];
            int rest = random.nextInt(labels.length - size);
            int negative = order[rest < begins[own] ? rest : rest + size];
            double near = distance.between(rows, anchor, rows, positive);
            double far = distance.between(rows, anchor, rows, negative);
            separation.right[place] += near < far ? 1 : 0;
            separation.tied[place] += near == far ? 1 : 0;
            separation.triplets[place]++;
        }
        return separation;
    }

    private static Separation empty(Matrix rows, int[] labels, Distance distance, int[] some, boolean sampled) {
        AllPairs.requireUnit(rows, distance);
        Labels classes = Labels.of(labels, rows.rows());
        classes.requireTwoClasses();
        int[] anchors = Arrays.stream(some).filter(row -> classes.size(classes.of(row)) > 1).toArray();
        check(anchors.length > 0, "anchors: none of %d has another row of its class (expected classes of 2 or more)",
                some.length);
        int n = anchors.length;
        return new Separation(anchors, some.length - n, sampled, new long[n], new long[n], new long[n]);
    }

    /** The part of the triplets that is right. */
    public double accuracy() {
        return (double) Arrays.stream(right).sum() / Arrays.stream(triplets).sum();
    }

    /** Of how many triplets it speaks. */
    public long count() {
        return Arrays.stream(triplets).sum();
    }

    /** Of drawn triplets Wilson's interval; of all triplets one by resampling the anchors. */
    public Interval interval(long seed) {
        return sampled ? Interval.wilson(Arrays.stream(right).sum(), count())
                : Bootstrap.ratio(Arrays.stream(right).asDoubleStream().toArray(),
                        Arrays.stream(triplets).asDoubleStream().toArray(), seed);
    }
}
