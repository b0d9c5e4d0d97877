package dev.perigee.learn;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.collection.Candidate;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Truth;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Judgement;
import dev.perigee.evaluate.Recall;
import dev.perigee.evaluate.Retrieval;
import dev.perigee.evaluate.Silhouette;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Whether a new space may take the place of the one in service: both are judged on the same labelled rows, best of classes that
 * the transform was not learned on.
 *
 * <ul>
 * <li>{@code hit_at_1}, {@code map_at_r}, {@code silhouette}: of exact distances in each space, leave one out among those rows
 *     (definitions: {@link Retrieval}, {@link Silhouette}; no silhouette where one of the spaces has the inner product);
 * <li>{@code ann_recall_at_10}: how many of the true ten neighbours among all rows of the collection each index finds as it
 *     searches by default, for {@value #ANN_QUERIES} of the rows.
 * </ul>
 *
 * <p><b>The rule</b>: a space is refused if hit@1 or MAP@R is worse, that is if the 95 % interval of the difference, by a paired
 * bootstrap over queries, lies below zero; or if the recall of its index is worse and below {@value #GOOD_RECALL}, which every
 * index reaches by default that holds what it should. The silhouette is shown, and decides nothing: it rates clusters, not neighbours.
 *
 * @param rows      that were judged
 * @param classes   of these
 * @param measures  of both spaces
 * @param refusals  the measures that are reasons to refuse; none if the space may serve
 */
public record Gate(int before, int after, int rows, int classes, List<Comparison> measures, List<Comparison> refusals) {
    /** Rows that ask, drawn where there are more; each is compared with all. */
    private static final int QUERIES = 10_000;
    private static final int ANN_QUERIES = 1_000;
    private static final int K = 10;
    private static final double GOOD_RECALL = 0.99;

    /**
     * Judges a candidate against the space in service.
     *
     * @param ids    rows to judge by; those that were added after the candidate was prepared are not in it
     * @param labels the class of each
     * @throws PerigeeException INVALID_ARGUMENT for ids that are not there, fewer than two classes, or no class of two rows
     */
    public static Gate judge(Collection collection, Candidate candidate, long[] ids, int[] labels, ComputeBackend backend, long seed,
            Progress progress) {
        check(ids.length == labels.length, "labels: %d (expected %d, one per row)", labels.length, ids.length);
        int[] asking = Judgement.drawn(ids.length, QUERIES, seed);
        int[] searching = Judgement.drawn(ids.length, ANN_QUERIES, seed);
        try (Arena arena = Arena.ofShared(); Truth old = collection.truth(); Truth young = candidate.truth()) {
            Distance oldDistance = collection.spec().distance();
            Distance newDistance = candidate.info().distance();
            Matrix oldRows = old.spaceRows(ids, arena);
            Matrix newRows = young.spaceRows(ids, arena);
            Retrieval found = Retrieval.leaveOneOut(oldRows, labels, oldDistance, backend, asking, progress, 1);
            Retrieval foundNow = Retrieval.leaveOneOut(newRows, labels, newDistance, backend, asking, progress, 1);
            List<Comparison> measures = new ArrayList<>();
            measures.add(Comparison.of("hit_at_1", found.hitAt(1), foundNow.hitAt(1), seed));
            measures.add(Comparison.of("map_at_r", found.mapAtR(), foundNow.mapAtR(), seed));
            if (oldDistance != Distance.INNER_PRODUCT && newDistance != Distance.INNER_PRODUCT) {
                measures.add(Comparison.of("silhouette", Silhouette.of(oldRows, labels, oldDistance, backend, asking, progress).perRow(),
                        Silhouette.of(newRows, labels, newDistance, backend, asking, progress).perRow(), seed));
            }
            Matrix queries = old.givenRows(Arrays.stream(searching).mapToLong(i -> ids[i]).toArray(), arena);
            measures.add(Comparison.of("ann_recall_at_10", recalls(old, collection::search, queries),
                    recalls(young, candidate::search, queries), seed));
            return new Gate(collection.info().space().version(), candidate.info().version(), ids.length,
                    (int) Arrays.stream(labels).distinct().count(), List.copyOf(measures), refusals(measures));
        }
    }

    private static List<Comparison> refusals(List<Comparison> measures) {
        return measures.stream().filter(Comparison::isWorse).filter(measure -> switch (measure.name()) {
            case "silhouette" -> false;
            case "ann_recall_at_10" -> measure.after() < GOOD_RECALL;
            default -> true;
        }).toList();
    }

    /** Of each query. */
    private static double[] recalls(Truth truth, BiFunction<Matrix, SearchRequest, SearchResult> search, Matrix queries) {
        double[] kth = truth.kthDistances(queries, K);
        SearchResult found = search.apply(queries, SearchRequest.nearest(K));
        double[] distances = truth.distances(queries, found.ids(), K);
        return IntStream.range(0, queries.rows()).mapToDouble(q -> Recall.byDistance(Arrays.copyOfRange(found.ids(), q * K, (q + 1) * K),
                Arrays.copyOfRange(distances, q * K, (q + 1) * K), new double[] {kth[q]}, K, truth.rows())).toArray();
    }

    public boolean passes() {
        return refusals.isEmpty();
    }

    /** @throws PerigeeException FAILED_PRECONDITION with the numbers if the space is worse */
    public void requirePass() {
        if (!passes()) {
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION, ("space %d is worse than %d, which stays in service: %s "
                    + "(on %d rows of %d classes; --force puts it in service all the same)").formatted(
                            after, before, numbers(refusals), rows, classes));
        }
    }

    /** The measures as one line. */
    public static String numbers(List<Comparison> measures) {
        return measures.stream().map(Comparison::toString).collect(Collectors.joining("; "));
    }
}
