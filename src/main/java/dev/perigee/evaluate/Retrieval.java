package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;
import static dev.perigee.PerigeeException.invalid;

import dev.perigee.api.Progress;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How many of a query's nearest rows are of its class. With R = rows of its class (without itself), and rows ranked by exact
 * search, ties to the lower row:
 *
 * <ul>
 * <li>hit@N: 1 if one of the first N is of the class (what papers on metric learning call Recall@N);
 * <li>precision@N: how many of the first N are, divided by N;
 * <li>recall@N: how many of the first N are, divided by R;
 * <li>R-precision: precision@R;
 * <li>MAP@R: the mean over the first R places of precision@place where the row is of the class, else 0 (K. Musgrave and others, A
 *     metric learning reality check, 2020);
 * <li>micro-recall: rows of the class within the first R, summed over queries, divided by the sum of R; macro-recall: the same
 *     for each class, averaged over classes.
 * </ul>
 *
 * <p>Queries with R = 0 are left out and counted. Values are kept per query, so that they can be resampled and paired.
 */
public final class Retrieval {
    private final int[] depths;
    private final int[] queries;
    private final int[] classes;
    private final int[] relevant;
    private final int[][] found;
    private final int[] foundWithinR;
    private final double[] mapAtR;
    private final int excluded;

    /** @param relevant R of each query; those with 0 are left out */
    private Retrieval(int[] queries, int[] classes, int[] relevant, int[] depths) {
        check(depths.length > 0 && Arrays.stream(depths).allMatch(n -> n >= 1), "N: %s (expected 1 or more)",
                Arrays.toString(depths));
        int[] kept = IntStream.range(0, queries.length).filter(i -> relevant[i] > 0).toArray();
        check(kept.length > 0, "queries: for none of %d is there another row of its class (expected classes of 2 or more)",
                queries.length);
        this.depths = depths.clone();
        this.queries = Arrays.stream(kept).map(i -> queries[i]).toArray();
        this.classes = Arrays.stream(kept).map(i -> classes[i]).toArray();
        this.relevant = Arrays.stream(kept).map(i -> relevant[i]).toArray();
        this.found = new int[depths.length][kept.length];
        this.foundWithinR = new int[kept.length];
        this.mapAtR = new double[kept.length];
        this.excluded = queries.length - kept.length;
    }

    /**
     * Each row asks for the others: leave one out.
     *
     * @param rows   [n, dim], finite; unit rows for cosine
     * @param labels of each row, 0 or more
     * @param depths which N
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT if no class has a second row, or labels are of other rows
     */
    public static Retrieval leaveOneOut(Matrix rows, int[] labels, Distance distance, ComputeBackend backend, int... depths) {
        return leaveOneOut(rows, labels, distance, backend, IntStream.range(0, rows.rows()).toArray(), Progress.NONE, depths);
    }

    /** As {@link #leaveOneOut(Matrix, int[], Distance, ComputeBackend, int...)}; only {@code some} rows ask. */
    public static Retrieval leaveOneOut(Matrix rows, int[] labels, Distance distance, ComputeBackend backend, int[] some,
            Progress progress, int... depths) {
        Retrieval retrieval = leaveOneOut(Labels.of(labels, rows.rows()), labels, some, depths);
        int[] place = places(retrieval.queries, rows.rows());
        try (Neighbours neighbours = Neighbours.among(rows, distance, backend)) {
            neighbours.ofRows(retrieval.queries, retrieval.wanted(), progress,
                    (query, near, distances, count) -> retrieval.add(place[query], near, count, labels));
        }
        return retrieval;
    }

    /** One that has seen no neighbours yet. */
    static Retrieval leaveOneOut(Labels labels, int[] numbers, int[] some, int... depths) {
        return new Retrieval(some, Arrays.stream(some).map(row -> numbers[row]).toArray(),
                Arrays.stream(some).map(row -> labels.size(labels.of(row)) - 1).toArray(), depths);
    }

    /**
     * Queries that are not among the rows.
     *
     * @param queries     [q, dim], finite; unit rows for cosine
     * @param queryLabels classes of the queries, numbered as {@code labels}
     * @param rows        [n, dim], finite; unit rows for cosine
     * @param labels      classes of the rows, 0 or more
     * @param depths      which N
     */
    public static Retrieval of(Matrix queries, int[] queryLabels, Matrix rows, int[] labels, Distance distance,
            ComputeBackend backend, Progress progress, int... depths) {
        AllPairs.requireUnit(queries, distance);
        Labels.of(queryLabels, queries.rows());
        Labels.of(labels, rows.rows());
        Map<Integer, Integer> sizes = new HashMap<>();
        for (int label : labels) {
            sizes.merge(label, 1, Integer::sum);
        }
        int[] all = IntStream.range(0, queries.rows()).toArray();
        Retrieval retrieval = new Retrieval(all, queryLabels,
                Arrays.stream(queryLabels).map(label -> sizes.getOrDefault(label, 0)).toArray(), depths);
        int[] place = places(retrieval.queries, queries.rows());
        int[] k = new int[all.length];
        int[] wanted = retrieval.wanted();
        for (int i = 0; i < wanted.length; i++) {
            k[retrieval.queries[i]] = wanted[i];
        }
        try (Neighbours neighbours = Neighbours.among(rows, distance, backend)) {
            neighbours.of(queries, k, progress, (query, near, distances, count) -> {
                if (place[query] >= 0) {
                    retrieval.add(place[query], near, count, labels);
                }
            });
        }
        return retrieval;
    }

    /** Where among {@code queries} each of {@code count} is, -1 where it is not. */
    static int[] places(int[] queries, int count) {
        int[] places = new int[count];
        Arrays.fill(places, -1);
        for (int i = 0; i < queries.length; i++) {
            places[queries[i]] = i;
        }
        return places;
    }

    /** How many neighbours of each query must be seen. */
    int[] wanted() {
        int deepest = Arrays.stream(depths).max().orElseThrow();
        return Arrays.stream(relevant).map(r -> Math.max(r, deepest)).toArray();
    }

    /** Takes the neighbours of a query. @param place its place in {@link #queries} */
    void add(int place, int[] near, int count, int[] labels) {
        int r = relevant[place];
        int hits = 0;
        double precisions = 0;
        for (int i = 0; i < count; i++) {
            if (labels[near[i]] == classes[place]) {
                hits++;
                for (int d = 0; d < depths.length; d++) {
                    found[d][place] += i < depths[d] ? 1 : 0;
                }
                if (i < r) {
                    foundWithinR[place]++;
                    precisions += (double) hits / (i + 1);
                }
            }
        }
        mapAtR[place] = precisions / r;
    }

    /** The numbers of the queries that were judged; every array of values has their order. */
    public int[] queries() {
        return queries.clone();
    }

    /** How many queries were left out, because there was nothing to find. */
    public int excluded() {
        return excluded;
    }

    /** R of each query. */
    public double[] relevant() {
        return Arrays.stream(relevant).asDoubleStream().toArray();
    }

    /** Rows of its class within the first R of each query. */
    public double[] foundWithinR() {
        return Arrays.stream(foundWithinR).asDoubleStream().toArray();
    }

    /** Per query. @param n one of the depths */
    public double[] hitAt(int n) {
        return Arrays.stream(found(n)).mapToDouble(hits -> Math.min(hits, 1)).toArray();
    }

    /** Per query. @param n one of the depths */
    public double[] precisionAt(int n) {
        return Arrays.stream(found(n)).mapToDouble(hits -> (double) hits / n).toArray();
    }

    /** Per query. @param n one of the depths */
    public double[] recallAt(int n) {
        return divided(found(n));
    }

    /** Per query. */
    public double[] rPrecision() {
        return divided(foundWithinR);
    }

    /** Per query. */
    public double[] mapAtR() {
        return mapAtR.clone();
    }

    /** Over all queries. */
    public double microRecall() {
        return (double) Arrays.stream(foundWithinR).asLongStream().sum() / Arrays.stream(relevant).asLongStream().sum();
    }

    /** Per class of the queries, in order of class numbers. */
    public double[] recallPerClass() {
        return recallPerClass(classes, relevant, foundWithinR);
    }

    /** Mean over classes. */
    public double macroRecall() {
        return Arrays.stream(recallPerClass()).average().orElse(Double.NaN);
    }

    /** Per class, what its queries found divided by what there was. */
    static double[] recallPerClass(int[] classes, int[] relevant, int[] found) {
        Labels labels = Labels.of(classes);
        double[] there = new double[labels.classes()];
        double[] recall = new double[labels.classes()];
        for (int i = 0; i < classes.length; i++) {
            there[labels.of(i)] += relevant[i];
            recall[labels.of(i)] += found[i];
        }
        Arrays.setAll(recall, c -> recall[c] / there[c]);
        return recall;
    }

    private int[] found(int n) {
        for (int d = 0; d < depths.length; d++) {
            if (depths[d] == n) {
                return found[d];
            }
        }
        throw invalid("N: %d (expected one of %s)".formatted(n, Arrays.toString(depths)));
    }

    private double[] divided(int[] hits) {
        return IntStream.range(0, hits.length).mapToDouble(i -> (double) hits[i] / relevant[i]).toArray();
    }
}
