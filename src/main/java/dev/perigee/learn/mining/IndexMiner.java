package dev.perigee.learn.mining;

import static dev.perigee.PerigeeException.check;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.SearchParams;
import dev.perigee.learn.loss.BatchDistances;
import dev.perigee.learn.loss.BatchLabels;
import dev.perigee.learn.loss.Triplets;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Negatives among all rows, through exact search by our own index, found anew every {@code refresh} steps as the model changes
 * (Xiong et al., ANCE, 2020). Of the rows near an anchor those of its class and of its content are dropped; of the rest, in order
 * of distance, ranks {@code from} (included) to {@code to} (excluded) are looked at, and those too near to be believed are
 * dropped: with similarity above {@code 1 - margin} times that of the nearest positive (Moreira et al., NV-Retriever, 2024:
 * TopK-PercPos), or, where {@code absolute}, above that less {@code margin}. For L2 rows the similarity is minus the Euclidean
 * distance, and the relative rule {@code d(a, p) <= (1 - margin) d(a, n)}. The first {@code keep} are kept.
 *
 * @param refresh steps between two searches
 */
public record IndexMiner(int keep, int from, int to, double margin, boolean absolute, int refresh) implements Miner {
    private static final int BLOCK_ROWS = 256;

    public IndexMiner {
        check(keep >= 1, "keep: %d (expected 1 or more)", keep);
        check(from >= 0 && to >= from + keep, "ranks: %d to %d (expected %d of them or more)", from, to, keep);
        check(Double.isFinite(margin) && (absolute || margin < 1), "margin: %s (expected %s)", margin, absolute ? "a number"
                : "below 1");
        check(refresh >= 1, "refresh: %d (expected 1 or more)", refresh);
    }

    /**
     * What was found.
     *
     * @param negatives of each row, the nearest first; {@code keep} of them or fewer
     * @param positive  of each row the nearest other row of its class, -1 where there is none: then it has no negatives either
     * @param tooFew    how many rows with a positive have fewer negatives than {@code keep}
     */
    public record Mined(int[][] negatives, int[] positive, int tooFew) {
    }

    @Override
    public String spec() {
        return "index:keep=%d,from=%d,to=%d,margin=%s%s,refresh=%d".formatted(keep, from, to, margin, absolute ? ",absolute" : "",
                refresh);
    }

    /**
     * The negatives of the drawn triplets have come from {@link #mine(Matrix, int[], long[], Distance, ComputeBackend)} already.
     */
    @Override
    public Triplets mine(int step, BatchDistances distances, BatchLabels labels, Triplets drawn, RandomGenerator random) {
        return drawn;
    }

    /**
     * Mines for every row. The same on every backend.
     *
     * @param rows     [n, dim]; unit rows for cosine
     * @param contents {@link Contents#hash} of what each row is made from
     * @param distance L2 or COSINE
     */
    public Mined mine(Matrix rows, int[] labels, long[] contents, Distance distance, ComputeBackend backend) {
        check(distance != Distance.INNER_PRODUCT, "mining: distance ip (expected l2 or cosine)");
        check(labels.length == rows.rows() && contents.length == rows.rows(),
                "labels: %d, contents: %d (expected %d, one per row)",
                labels.length, contents.length, rows.rows());
        int n = rows.rows();
        int most = Math.max(largest(labels.clone()), 1);
        int k = Math.min(n, keep + most + to); // itself and its positives may all be nearer than the window
        int[][] negatives = new int[n][];
        int[] positive = new int[n];
        int tooFew = 0;
        try (Arena arena = Arena.ofShared(); Searcher searcher = backend.open(List.of(FlatData.of(distance, rows, arena)))) {
            TopK top = null;
            for (int first = 0; first < n; first += BLOCK_ROWS) {
                int count = Math.min(BLOCK_ROWS, n - first);
                int[] ks = new int[count];
                Arrays.fill(ks, k);
                top = new TopK(ks);
                try (Searcher.Queries queries = searcher.queries(count)) {
                    queries.matrix().copy(rows, first, 0, count);
                    searcher.search(SearchBatch.of(queries.matrix(), k, new SearchParams.Flat()), top);
                }
                for (int q = 0; q < count; q++) {
                    int row = first + q;
                    positive[row] = nearestPositive(top, q, row, rows, labels, distance);
                    negatives[row] = positive[row] < 0 ? new int[0]
                            : choose(top, q, row, distance.between(rows, row, rows, positive[row]), labels, contents, distance);
                    tooFew += positive[row] >= 0 && negatives[row].length < keep ? 1 : 0;
                }
            }
        }
        return new Mined(negatives, positive, tooFew);
    }

    /** The size of the largest class; sorts. */
    private static int largest(int[] labels) {
        Arrays.sort(labels);
        int most = 0;
        int begin = 0;
        for (int i = 1; i <= labels.length; i++) {
            if (i == labels.length || labels[i] != labels[begin]) {
                most = Math.max(most, i - begin);
                begin = i;
            }
        }
        return most;
    }

    /** Found by the search, or else, beyond its k, one by one. */
    private static int nearestPositive(TopK top, int q, int row, Matrix rows, int[] labels, Distance distance) {
        for (int rank = 0; rank < top.size(q); rank++) {
            int other = (int) top.position(q, rank);
            if (other != row && labels[other] == labels[row]) {
                return other;
            }
        }
        int nearest = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int other = 0; other < labels.length; other++) {
            if (other != row && labels[other] == labels[row] && distance.between(rows, row, rows, other) < least) {
                least = distance.between(rows, row, rows, other);
                nearest = other;
            }
        }
        return nearest;
    }

    private int[] choose(TopK top, int q, int row, double nearestPositive, int[] labels, long[] contents, Distance distance) {
        int[] chosen = new int[keep];
        int count = 0;
        int place = 0;
        for (int rank = 0; rank < top.size(q) && place < to && count < keep; rank++) {
            int other = (int) top.position(q, rank);
            if (labels[other] == labels[row] || contents[other] == contents[row]) {
                continue;
            }
            if (place >= from && believed(nearestPositive, top.distance(q, rank), distance)) {
                chosen[count++] = other;
            }
            place++;
        }
        return Arrays.copyOf(chosen, count);
    }

    private boolean believed(double positive, double negative, Distance distance) {
        if (distance == Distance.COSINE) {
            double most = absolute ? -positive - margin : (1 - margin) * -positive;
            return -negative <= most;
        }
        double near = Math.sqrt(positive);
        double far = Math.sqrt(negative);
        return absolute ? far >= near + margin : (1 - margin) * far >= near;
    }
}
