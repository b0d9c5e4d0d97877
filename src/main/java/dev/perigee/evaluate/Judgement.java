package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.Progress;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Every measure of labelled rows at once: does what is near belong together? Each row in turn is the query, and the others are
 * what can be found.
 *
 * @param labels     the classes
 * @param distance   how rows were compared
 * @param retrieval  what the queries found, at 1, 5 and {@value #DEPTH}
 * @param knn        classes by the vote of the {@value #KNN} nearest
 * @param separation triplets: all up to {@value #EXACT_PAIRS} pairs of anchor and row, else {@value #DRAWS} that are drawn
 * @param silhouette nothing for the inner product, which is no distance
 * @param seed       of everything that is drawn
 */
public record Judgement(Labels labels, Distance distance, Retrieval retrieval, KnnClassifier.Answer knn, Separation separation,
        Optional<Silhouette> silhouette, long seed) {
    /** N of the measures at N, besides 1 and 5. */
    public static final int DEPTH = 10;
    /** Rows that vote for the class of a query. */
    public static final int KNN = 5;
    private static final long EXACT_PAIRS = 100_000_000;
    private static final int DRAWS = 1_000_000;

    /** As {@link #of(Matrix, int[], Distance, ComputeBackend, long, int, Progress)}, of all rows. */
    public static Judgement of(Matrix rows, int[] labels, Distance distance, ComputeBackend backend, long seed) {
        return of(rows, labels, distance, backend, seed, rows.rows(), Progress.NONE);
    }

    /**
     * Judges rows as they are; for cosine it makes unit rows of its own.
     *
     * @param rows   [n, dim], finite
     * @param labels of each row, 0 or more
     * @param sample how many rows ask, drawn by {@code seed}; n or more = all. Each is compared with all rows
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for values that are not finite, labels of other rows, one class only,
     *     or classes of one row each; CANCELLED if {@code progress} says so
     */
    public static Judgement of(Matrix rows, int[] labels, Distance distance, ComputeBackend backend, long seed, int sample,
            Progress progress) {
        check(sample >= 1, "sample: %d (expected 1 or more rows)", sample);
        int bad = rows.firstNotFinite();
        check(bad < 0, "row %d: not finite (expected numbers)", bad);
        Labels classes = Labels.of(labels, rows.rows());
        classes.requireTwoClasses();
        classes.requirePairs();
        int[] numbers = classes.numbers();
        int[] some = drawn(rows.rows(), sample, seed);
        try (Arena arena = Arena.ofShared()) {
            Matrix compared = distance == Distance.COSINE ? UnitRows.of(rows, arena) : rows;
            Retrieval retrieval = Retrieval.leaveOneOut(classes, numbers, some, 1, 5, DEPTH);
            KnnClassifier.Answer knn = search(compared, numbers, distance, backend, some, retrieval, progress);
            Separation separation = (long) some.length * rows.rows() <= EXACT_PAIRS
                    ? Separation.exact(compared, numbers, distance, backend, some, progress)
                    : Separation.sampled(compared, numbers, distance, some, DRAWS, seed);
            Optional<Silhouette> silhouette = distance == Distance.INNER_PRODUCT ? Optional.empty()
                    : Optional.of(Silhouette.of(compared, numbers, distance, backend, some, progress));
            return new Judgement(classes, distance, retrieval, knn, separation, silhouette, seed);
        }
    }

    /** One search for both: retrieval, and the vote. */
    private static KnnClassifier.Answer search(Matrix rows, int[] labels, Distance distance, ComputeBackend backend, int[] some,
            Retrieval retrieval, Progress progress) {
        KnnClassifier classifier = KnnClassifier.of(KNN);
        int[] place = Retrieval.places(some, rows.rows());
        int[] k = new int[some.length];
        Arrays.fill(k, KNN);
        int[] queries = retrieval.queries();
        int[] wanted = retrieval.wanted();
        for (int i = 0; i < queries.length; i++) {
            k[place[queries[i]]] = Math.max(KNN, wanted[i]);
        }
        int[] placeInRetrieval = Retrieval.places(queries, rows.rows());
        int[] predicted = new int[some.length];
        try (Neighbours neighbours = Neighbours.among(rows, distance, backend)) {
            neighbours.ofRows(some, k, progress, (query, found, distances, count) -> {
                predicted[place[query]] = classifier.vote(found, distances, count, labels, distance);
                if (placeInRetrieval[query] >= 0) {
                    retrieval.add(placeInRetrieval[query], found, count, labels);
                }
            });
        }
        return new KnnClassifier.Answer(some, predicted);
    }

    /** The numbers of all rows or, where there are more than {@code sample}, of so many that are drawn by {@code seed}; ascending. */
    public static int[] drawn(int rows, int sample, long seed) {
        int[] all = IntStream.range(0, rows).toArray();
        if (sample >= rows) {
            return all;
        }
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < sample; i++) {
            int j = i + random.nextInt(rows - i);
            int swap = all[i];
            all[i] = all[j];
            all[j] = swap;
        }
        int[] some = Arrays.copyOf(all, sample);
        Arrays.sort(some);
        return some;
    }

    public double hitAt1() {
        return mean(retrieval.hitAt(1));
    }

    public double mapAtR() {
        return mean(retrieval.mapAtR());
    }

    public double separationAccuracy() {
        return separation.accuracy();
    }

    /** NaN for the inner product. */
    public double meanSilhouette() {
        return silhouette.map(Silhouette::mean).orElse(Double.NaN);
    }

    /**
     * Every measure with its interval, by the name that reports call it. Intervals resample queries, that of macro-recall
     * classes, and that of drawn triplets is Wilson's.
     */
    public Map<String, Interval> measures() {
        Map<String, Interval> measures = new LinkedHashMap<>();
        measures.put("hit_at_1", Bootstrap.mean(retrieval.hitAt(1), seed));
        measures.put("hit_at_5", Bootstrap.mean(retrieval.hitAt(5), seed));
        measures.put("hit_at_10", Bootstrap.mean(retrieval.hitAt(DEPTH), seed));
        measures.put("precision_at_10", Bootstrap.mean(retrieval.precisionAt(DEPTH), seed));
        measures.put("recall_at_10", Bootstrap.mean(retrieval.recallAt(DEPTH), seed));
        measures.put("r_precision", Bootstrap.mean(retrieval.rPrecision(), seed));
        measures.put("map_at_r", Bootstrap.mean(retrieval.mapAtR(), seed));
        measures.put("micro_recall", Bootstrap.ratio(retrieval.foundWithinR(), retrieval.relevant(), seed));
        measures.put("macro_recall", Bootstrap.mean(retrieval.recallPerClass(), seed));
        measures.put("knn_accuracy", Bootstrap.mean(knn.right(labels.numbers()), seed));
        measures.put("separation_accuracy", separation.interval(seed));
        silhouette.ifPresent(s -> measures.put("silhouette", Bootstrap.mean(s.perRow(), seed)));
        return measures;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }
}
