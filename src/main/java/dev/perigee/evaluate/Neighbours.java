package dev.perigee.evaluate;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The true neighbours of many queries, by exact search, ties to the lower row: handed over one query after the other, so that
 * memory stays bounded whatever is asked. The same on every backend. For one thread; the rows must outlive it.
 */
public final class Neighbours implements AutoCloseable {
    /** Neighbours that are held at a time: 16 bytes each. */
    private static final int PLACES = 1 << 22;
    private static final int MOST_QUERIES = 1024;
    private static final String STAGE = "neighbours";

    private final Arena arena = Arena.ofShared();
    private final Matrix rows;
    private final Searcher searcher;

    private Neighbours(Matrix rows, Distance distance, ComputeBackend backend) {
        check(rows.rows() > 0, "rows: 0 (expected 1 or more)");
        this.rows = rows;
        this.searcher = backend.open(List.of(FlatData.of(distance, rows, arena)));
    }

    /** @param rows [n, dim], finite; unit rows for cosine */
    public static Neighbours among(Matrix rows, Distance distance, ComputeBackend backend) {
        AllPairs.requireUnit(rows, distance);
        return new Neighbours(rows, distance, backend);
    }

    /** Takes the neighbours of one query. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * @param query     the query's number
         * @param found     rows, nearest first; valid during the call only
         * @param distances of each, in the inside sense of {@link Distance}; valid during the call only
         * @param count     how many there are: k, or all rows where there are fewer
         */
        void query(int query, int[] found, double[] distances, int count);
    }

    /**
     * The k nearest rows of each query.
     *
     * @param queries [q, dim], finite; unit rows for cosine
     * @param k       per query, 0 or more
     */
    public void of(Matrix queries, int[] k, Progress progress, Visitor visitor) {
        check(queries.dim() == rows.dim(), "queries: dim %d (expected %d, that of the rows)", queries.dim(), rows.dim());
        search(queries, IntStream.range(0, queries.rows()).toArray(), k, false, progress, visitor);
    }

    /**
     * The k nearest <em>other</em> rows of some rows: leave one out. A row is left out by its number, so that another at the
     * same place counts.
     *
     * @param some numbers of rows, in the order in which they are visited
     * @param k    of each of {@code some}, 0 or more
     */
    public void ofRows(int[] some, int[] k, Progress progress, Visitor visitor) {
        search(rows, some, k, true, progress, visitor);
    }

    private void search(Matrix queries, int[] some, int[] k, boolean leaveOut, Progress progress, Visitor visitor) {
        check(k.length == some.length, "k: %d (expected %d, one per query)", k.length, some.length);
        int extra = leaveOut ? 1 : 0;
        int[] places = Arrays.stream(k).map(n -> (int) Math.clamp(n + (long) extra, 1, rows.rows())).toArray();
        for (int from = 0; from < some.length;) {
            int to = end(places, from);
            try (Searcher.Queries lease = searcher.queries(to - from)) {
                for (int i = from; i < to; i++) {
                    lease.matrix().copy(queries, some[i], i - from, 1);
                }
                int[] block = Arrays.copyOfRange(places, from, to);
                SearchParams[] params = new SearchParams[to - from];
                Arrays.fill(params, new SearchParams.Flat());
                TopK top = new TopK(block);
                searcher.search(new SearchBatch(lease.matrix(), block, params, List.of()), top);
                for (int i = from; i < to; i++) {
                    visit(top, i - from, some[i], leaveOut ? some[i] : -1, k[i], visitor);
                }
            }
            from = to;
            if (!progress.at(STAGE, to, some.length)) {
                throw new PerigeeException(ErrorCode.CANCELLED,
                        "neighbours: given up after %d of %d queries".formatted(to, some.length));
            }
        }
    }

    private static int end(int[] places, int from) {
        int to = from;
        long sum = 0;
        while (to < places.length && to - from < MOST_QUERIES && (to == from || sum + places[to] <= PLACES)) {
            sum += places[to++];
        }
        return to;
    }

    private static void visit(TopK top, int place, int query, int leftOut, int k, Visitor visitor) {
        int size = top.size(place);
        int[] found = new int[size];
        double[] distances = new double[size];
        int count = 0;
        for (int i = 0; i < size && count < k; i++) {
            int row = (int) top.position(place, i);
            if (row != leftOut) {
                found[count] = row;
                distances[count++] = top.distance(place, i);
            }
        }
        visitor.query(query, found, distances, count);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            searcher.close();
            arena.close();
        }
    }
}
