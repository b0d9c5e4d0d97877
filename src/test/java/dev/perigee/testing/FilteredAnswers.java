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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What searches by a mask must give: the answer of the same probes without the mask, of every row that they reach, without
 * the rows that are not allowed, cut to k.
 */
public final class FilteredAnswers {
    private final Searcher searcher;
    private final List<IndexData> segments;
    private final Matrix queries;
    private final SearchParams[] params;
    private final TopK reached;

    public FilteredAnswers(Searcher searcher, List<IndexData> segments, Matrix queries, SearchParams params) {
        this.searcher = searcher;
        this.segments = segments;
        this.queries = queries;
        this.params = new SearchParams[queries.rows()];
        Arrays.fill(this.params, params);
        int[] all = new int[queries.rows()];
        Arrays.fill(all, segments.stream().mapToInt(IndexData::count).sum());
        // a search that finds fewer than k may compare codes' rows exactly: only one that asks for what there is shows the codes
        this.reached = search(sizes(search(all, List.of())), List.of());
    }

    /** Masks that leave each row with a chance of {@code share}. */
    public List<RowMask> random(double share, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<RowMask> masks = new ArrayList<>();
        for (IndexData segment : segments) {
            BitSet allowed = new BitSet();
            for (int row = 0; row < segment.count(); row++) {
                allowed.set(row, random.nextDouble() < share);
            }
            masks.add(RowMask.of(allowed, segment.count()));
        }
        return masks;
    }

    /** Asks for the k nearest, or for as many as there are where the probes reach fewer. */
    public void check(List<RowMask> masks, int k, String what) {
        List<List<Long>> expected = new ArrayList<>();
        int[] ks = new int[queries.rows()];
        for (int q = 0; q < ks.length; q++) {
            List<Long> rows = positions(reached, q).stream()
                    .filter(at -> masks.get((int) (at >> 32)).allows((int) (long) at)).limit(k).toList();
            expected.add(rows);
            ks[q] = Math.max(1, rows.size());
        }
        TopK found = search(ks, masks);
        Arrays.fill(ks, k);
        TopK padded = search(ks, masks);
        for (int q = 0; q < ks.length; q++) {
            assertThat(positions(found, q)).as("%s, query %d", what, q).isEqualTo(expected.get(q));
            assertThat(positions(padded, q)).as("%s, query %d, asked for %d", what, q, k)
                    .containsExactlyInAnyOrderElementsOf(expected.get(q));
        }
    }

    private TopK search(int[] k, List<RowMask> masks) {
        TopK top = new TopK(k);
        searcher.search(new SearchBatch(queries, k, params, masks), top);
        return top;
    }

    private static int[] sizes(TopK top) {
        int[] sizes = new int[top.queries()];
        Arrays.setAll(sizes, q -> Math.max(1, top.size(q)));
        return sizes;
    }

    private static List<Long> positions(TopK top, int query) {
        List<Long> positions = new ArrayList<>();
        for (int i = 0; i < top.size(query); i++) {
            positions.add(top.position(query, i));
        }
        return positions;
    }
}
