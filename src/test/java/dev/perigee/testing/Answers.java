package dev.perigee.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
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
}
