package dev.perigee.collection;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.IndexKind;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.build.Stages;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Recall;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Finds probes and refine that reach a recall soonest, with rows of the collection as queries; a row does not count among its
 * own neighbours. For each number of candidates it finds the fewest lists that suffice, then measures how long each such pair
 * takes.
 */
public final class Tuner {
    private static final int QUERIES = 1000;
    private static final int SINGLES = 200;
    private static final int ROUNDS = 5;
    /** Candidates per neighbour; codes of IVF-PQ are coarser. */
    private static final double[] SQ_REFINES = {1.2, 1.6, 2.4, 3.2, 4.8, 8, 16, 32};
    private static final double[] PQ_REFINES = {2, 4, 8, 16, 32, 64};
    /** Where so much recall is asked of few rows, all of them are scanned: choosing lists would gain nothing. */
    private static final double NEARLY_ALL = 0.999;
    private static final int FEW_ROWS = 15_000;

    private final Collection collection;
    private final double goal;
    private final int k;
    private final int lists;
    private final Stages stages;

    /**
     * @param goal recall at k, 0 to 1
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for a goal that is none, or a collection without lists
     */
    public Tuner(Collection collection, double goal, int k, Stages stages) {
        this.collection = collection;
        this.goal = goal;
        this.k = k;
        this.stages = stages;
        check(goal > 0 && goal <= 1, "recall: %s (expected more than 0, at most 1)", goal);
        check(k >= 1 && k < SearchRequest.MAX_K, "k: %d (expected 1 to %d)", k, SearchRequest.MAX_K - 1);
        this.lists = collection.model().map(model -> model.lists()).orElse(0);
        check(lists > 0, "tune: collection '%s' has no lists (expected an index with lists, built)", collection.spec().name());
    }

    /** A pair that was measured. */
    public record Row(int probes, int refine, double recall, boolean reaches, double batchMicros, double singleMicros) {
        /** Batches and single queries count alike. */
        private double cost() {
            return batchMicros * singleMicros;
        }

        private Row with(double batch, double single) {
            return new Row(probes, refine, recall, reaches, batch, single);
        }
    }

    /** What was measured, and the choice among it: the cheapest that reaches the goal, else that of the most recall. */
    public record Choice(List<Row> table, Row row, Tuned tuned) {
    }

    /** @param seed of the sample of rows */
    public Choice choose(long seed) {
        try (Truth truth = collection.truth(); Arena arena = Arena.ofShared()) {
            long[] ids = truth.sample(QUERIES, seed);
            Matrix queries = truth.givenRows(ids, arena);
            Judge judge = new Judge(truth, queries, ids);
            List<Row> pairs = pairs(judge);
            List<Row> table = timed(pairs, queries);
            Comparator<Row> cheapest = Comparator.comparingDouble(Row::cost);
            Row best = table.stream().filter(Row::reaches).min(cheapest)
                    .orElseGet(() -> table.stream().max(Comparator.comparingDouble(Row::recall)).orElseThrow());
            return new Choice(table, best, new Tuned(lists, k, best.probes(), best.refine(), best.recall()));
        }
    }

    /** For each number of candidates the fewest lists, as long as more candidates need fewer lists. */
    private List<Row> pairs(Judge judge) {
        int[] refines = refines();
        stages.begin("tune: find pairs", refines.length);
        boolean whole = goal >= NEARLY_ALL && collection.info().rows() < FEW_ROWS;
        List<Row> pairs = new ArrayList<>();
        for (int i = 0; i < refines.length; i++) {
            Row last = pairs.isEmpty() ? null : pairs.getLast();
            int most = last == null ? lists : last.probes();
            Row row = whole ? judge.judge(lists, refines[i]) : fewest(judge, refines[i], most);
            if (last == null || !last.reaches() || row.probes() < most) {
                pairs.add(row);
            }
            stages.at(i + 1);
        }
        return pairs;
    }

    /** The fewest lists that reach the goal, to a sixteenth, by doubling, then by halving; {@code most} if none do. */
    private Row fewest(Judge judge, int refine, int most) {
        int low = 1;
        int high = 1;
        Row found = judge.judge(high, refine);
        while (!found.reaches() && high < most) {
            low = high + 1;
            high = Math.min(most, 2 * high);
            found = judge.judge(high, refine);
        }
        while (low < high - high / 16) {
            int middle = (low + high) / 2;
            Row row = judge.judge(middle, refine);
            if (row.reaches()) {
                high = middle;
                found = row;
            } else {
                low = middle + 1;
            }
        }
        return found;
    }

    /** The pairs with their times, measured in turns: the best of some rounds. */
    private List<Row> timed(List<Row> pairs, Matrix queries) {
        Matrix singles = queries.slice(0, Math.min(SINGLES, queries.rows()));
        double[] batch = new double[pairs.size()];
        double[] single = new double[pairs.size()];
        Arrays.fill(batch, Double.MAX_VALUE);
        Arrays.fill(single, Double.MAX_VALUE);
        stages.begin("tune: measure", (long) ROUNDS * pairs.size());
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < pairs.size(); i++) {
                SearchRequest request = request(pairs.get(i).probes(), pairs.get(i).refine(), k);
                batch[i] = Math.min(batch[i], micros(queries, request) / queries.rows());
                double sum = 0;
                for (int q = 0; q < singles.rows(); q++) {
                    sum += micros(singles.slice(q, q + 1), request);
                }
                single[i] = Math.min(single[i], sum / singles.rows());
                stages.at((long) round * pairs.size() + i + 1);
            }
        }
        return IntStream.range(0, pairs.size()).mapToObj(i -> pairs.get(i).with(batch[i], single[i])).toList();
    }

    private double micros(Matrix some, SearchRequest request) {
        long start = System.nanoTime();
        collection.search(some, request);
        return (System.nanoTime() - start) * 1e-3;
    }

    private int[] refines() {
        IndexKind kind = collection.spec().index().kind();
        double[] each = kind == IndexKind.IVF_SQ ? SQ_REFINES : PQ_REFINES;
        return kind == IndexKind.IVF_FLAT ? new int[] {0}
                : Arrays.stream(each).mapToInt(r -> (int) Math.min(SearchRequest.MAX_K, Math.ceil(r * k))).distinct().toArray();
    }

    private SearchRequest request(int probes, int refine, int neighbours) {
        SearchRequest request = SearchRequest.nearest(neighbours).withProbes(probes);
        return refine == 0 ? request : request.withRefine(refine);
    }

    /** Judges answers to rows. */
    private final class Judge {
        private final Truth truth;
        private final Matrix queries;
        private final long[] ids;
        /** Per query the distance of its k-th neighbour, without itself. */
        private final double[] kth;

        Judge(Truth truth, Matrix queries, long[] ids) {
            this.truth = truth;
            this.queries = queries;
            this.ids = ids;
            this.kth = truth.kthDistances(queries, k + 1);
            if (collection.spec().distance() == Distance.INNER_PRODUCT) { // a row need not be among its own neighbours
                double[] own = truth.distances(queries, ids, 1);
                double[] without = truth.kthDistances(queries, k);
                Arrays.setAll(kth, q -> own[q] > without[q] ? without[q] : kth[q]);
            }
        }

        Row judge(int probes, int refine) {
            SearchResult result = collection.search(queries, request(probes, refine, k + 1));
            long[] others = others(result);
            double[] distances = truth.distances(queries, others, k);
            double sum = 0;
            double squares = 0;
            for (int q = 0; q < ids.length; q++) {
                double recall = Recall.byDistance(Arrays.copyOfRange(others, q * k, (q + 1) * k),
                        Arrays.copyOfRange(distances, q * k, (q + 1) * k), new double[] {kth[q]}, k, truth.rows() - 1);
                sum += recall;
                squares += recall * recall;
            }
            double mean = sum / ids.length;
            // what other queries get may be less by chance: so a standard error is kept in hand
            double error = Math.sqrt(Math.max(0, squares / ids.length - mean * mean) / ids.length);
            return new Row(probes, refine, mean, mean - error >= goal, 0, 0);
        }

        /** The first k ids of each answer without the query's own. */
        private long[] others(SearchResult result) {
            long[] others = new long[ids.length * k];
            for (int q = 0; q < ids.length; q++) {
                int place = 0;
                for (int i = q * (k + 1); place < k; i++) {
                    if (result.ids()[i] != ids[q]) {
                        others[q * k + place++] = result.ids()[i];
                    }
                }
            }
            return others;
        }
    }
}
