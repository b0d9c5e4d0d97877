package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The answers of {@link ScalarBackend} to some queries, found by all cores, and how others compare with them: rows, order and
 * bits of the distances.
 */
final class ReferenceAnswers {
    private static final ErrorCode WRONG = ErrorCode.INTERNAL;

    private final int[] queries;
    private final TopK[] answers;

    private ReferenceAnswers(int[] queries, TopK[] answers) {
        this.queries = queries;
        this.answers = answers;
    }

    /** @param which numbers of the queries that are answered, ascending */
    static ReferenceAnswers of(List<? extends IndexData> segments, Matrix queries, int[] which, int k, List<RowMask> masks) {
        TopK[] answers = new TopK[which.length];
        try (ScalarBackend scalar = new ScalarBackend(); Searcher searcher = scalar.open(new ArrayList<>(segments))) {
            IntStream.range(0, which.length).parallel().forEach(i -> {
                answers[i] = new TopK(new int[] {k});
                searcher.search(new SearchBatch(queries.slice(which[i], which[i] + 1), new int[] {k},
                        new SearchParams[] {new SearchParams.Flat()}, masks), answers[i]);
            });
        }
        return new ReferenceAnswers(which, answers);
    }

    static int[] all(int count) {
        return IntStream.range(0, count).toArray();
    }

    /**
     * Compares the queries that are known here with an answer of as many neighbours or fewer.
     *
     * @param count how many queries were searched
     * @return part of the exact neighbours that were found, each counted once: 1
     * @throws PerigeeException INTERNAL at the first difference
     */
    double compare(String what, TopK actual, int count) {
        long found = 0;
        long wanted = 0;
        for (int i = 0; i < queries.length && queries[i] < count; i++) {
            int query = queries[i];
            TopK expected = answers[i];
            int size = Math.min(actual.k(query), expected.size(0));
            check(actual.size(query) == size, "%s: query %d: %d neighbours (expected %d)", what, query, actual.size(query), size);
            for (int rank = 0; rank < size; rank++) {
                check(actual.position(query, rank) == expected.position(0, rank)
                                && Double.doubleToRawLongBits(actual.distance(query, rank))
                                        == Double.doubleToRawLongBits(expected.distance(0, rank)),
                        "%s: query %d, place %d: row %x at %s (expected %x at %s)", what, query, rank,
                        actual.position(query, rank), actual.distance(query, rank), expected.position(0, rank),
                        expected.distance(0, rank));
            }
            // places agree one by one, so all are distinct and exact
            found += size;
            wanted += size;
        }
        return wanted == 0 ? Double.NaN : (double) found / wanted;
    }

    /**
     * What must hold for every answer without knowing the right one: full, in order, no row twice, and each distance that
     * of its row, looked at for every {@code step}-th place.
     */
    static void requireOrder(String what, TopK actual, int count, FlatData data, Matrix queries, int step) {
        Distance distance = data.distance();
        IntStream.range(0, count).parallel().forEach(query -> {
            int size = Math.min(actual.k(query), data.count());
            check(actual.size(query) == size, "%s: query %d: %d neighbours (expected %d)", what, query, actual.size(query), size);
            long[] positions = new long[size];
            for (int rank = 0; rank < size; rank++) {
                double here = actual.distance(query, rank);
                positions[rank] = actual.position(query, rank);
                check(positions[rank] >= 0 && positions[rank] < data.count(), "%s: query %d, place %d: row %d of %d", what, query,
                        rank, positions[rank], data.count());
                if (rank > 0) {
                    double before = actual.distance(query, rank - 1);
                    check(before < here || before == here && positions[rank - 1] < positions[rank],
                            "%s: query %d: places %d and %d are not in order", what, query, rank - 1, rank);
                }
                if (rank % step == 0) {
                    double exact = distance.between(queries, query, data.rows(), (int) positions[rank]);
                    check(exact == here, "%s: query %d, place %d: distance %s of row %d (expected %s)", what, query, rank, here,
                            positions[rank], exact);
                }
            }
            java.util.Arrays.sort(positions);
            for (int i = 1; i < size; i++) {
                check(positions[i - 1] != positions[i], "%s: query %d: row %d twice", what, query, positions[i]);
            }
        });
    }

    /** The nearer neighbours of a search for more must be those of a search for fewer. */
    static void requirePrefix(String what, TopK few, TopK many, int count) {
        for (int query = 0; query < count; query++) {
            for (int rank = 0; rank < Math.min(few.size(query), many.size(query)); rank++) {
                check(few.position(query, rank) == many.position(query, rank), "%s: query %d, place %d: row %d, and %d for fewer",
                        what, query, rank, many.position(query, rank), few.position(query, rank));
            }
        }
    }

    /** Requires the answer to one query to be that to one of another search, to the bit. */
    static void requireEqual(String what, TopK actual, int query, TopK expected, int same) {
        check(actual.size(query) == expected.size(same), "%s: query %d: %d rows (expected %d)", what, query, actual.size(query),
                expected.size(same));
        for (int rank = 0; rank < expected.size(same); rank++) {
            check(actual.position(query, rank) == expected.position(same, rank)
                    && actual.distance(query, rank) == expected.distance(same, rank),
                    "%s: query %d, place %d: row %d (expected %d)", what, query, rank, actual.position(query, rank),
                    expected.position(same, rank));
        }
    }

    static void check(boolean ok, String format, Object... arguments) {
        if (!ok) {
            throw new PerigeeException(WRONG, format.formatted(arguments));
        }
    }
}
