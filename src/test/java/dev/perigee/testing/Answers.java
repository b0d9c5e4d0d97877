package dev.perigee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.util.Arrays;
import java.util.List;

/** Answers as text, so that two backends can be compared to the last bit and a difference is read at a glance. */
public final class Answers {
    private Answers() {
    }

    public static TopK search(ComputeBackend backend, List<IndexData> segments, Matrix queries, int k, SearchParams params,
            List<RowMask> masks) {
        int[] ks = new int[queries.rows()];
        Arrays.fill(ks, k);
        SearchParams[] all = new SearchParams[queries.rows()];
        Arrays.fill(all, params);
        TopK top = new TopK(ks);
        try (Searcher searcher = backend.open(segments)) {
            searcher.search(new SearchBatch(queries, ks, all, masks), top);
        }
        return top;
    }

    /** One line per query: position and distance of each place. */
    public static List<String> lines(TopK top) {
        String[] lines = new String[top.queries()];
        for (int q = 0; q < lines.length; q++) {
            StringBuilder line = new StringBuilder("query " + q + ":");
            for (int i = 0; i < top.k(q); i++) {
                long position = top.position(q, i);
                line.append(' ').append(position >> 32).append('/').append((int) position).append('=').append(top.distance(q, i));
            }
            lines[q] = line.toString();
        }
        return Arrays.asList(lines);
    }

    public static void assertSame(TopK actual, TopK expected, String what) {
        assertThat(lines(actual)).as(what).isEqualTo(lines(expected));
    }

    /** The answers of the first queries. */
    public static TopK first(TopK top, int queries) {
        int[] k = new int[queries];
        Arrays.setAll(k, top::k);
        TopK first = new TopK(k);
        for (int q = 0; q < queries; q++) {
            first.offerAll(q, top, q);
        }
        return first;
    }

    /** The square of the longest row's length and the longest query's together: no distance is larger. */
    public static double scale(Matrix rows, Matrix queries) {
        double length = longest(rows) + longest(queries);
        return length * length;
    }

    private static double longest(Matrix rows) {
        double most = 0;
        for (int i = 0; i < rows.rows(); i++) {
            most = Math.max(most, -Distance.INNER_PRODUCT.between(rows, i, rows, i));
        }
        return Math.sqrt(most);
    }

    /** Places have distances within {@code tolerance} of those expected; which of two rows that are nearly as near does not count. */
    public static void assertNear(TopK actual, TopK expected, double tolerance, String what) {
        for (int q = 0; q < expected.queries(); q++) {
            assertThat(actual.size(q)).as("%s, query %d: rows found", what, q).isEqualTo(expected.size(q));
            for (int i = 0; i < expected.size(q); i++) {
                assertThat(actual.distance(q, i)).as("%s, query %d, place %d", what, q, i)
                        .isCloseTo(expected.distance(q, i), within(tolerance));
            }
        }
    }
}
