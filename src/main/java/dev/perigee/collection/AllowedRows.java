package dev.perigee.collection;

import dev.perigee.api.Filter;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.List;

/**
 * The rows of a snapshot that may be returned, and their search: all rows, or those that a filter allows. Where these are few
 * they are searched exactly, as a copy. To be used while the snapshot lives.
 */
final class AllowedRows extends Shared {
    /**
     * Below this share of the rows, comparing each costs less than probing the lists of an index does by default, and probing
     * would miss most of them.
     */
    private static final double FEW = 0.02;

    private final List<Segment> segments;
    private final Searcher searcher;
    private final List<RowMask> masks;
    private final long count;
    private final Copy copy;

    private AllowedRows(List<Segment> segments, Searcher searcher, List<RowMask> masks, long count, Copy copy) {
        this.segments = segments;
        this.searcher = searcher;
        this.masks = masks;
        this.count = count;
        this.copy = copy;
    }

    /** @param searcher over the segments */
    static AllowedRows all(List<Segment> segments, Searcher searcher) {
        return new AllowedRows(segments, searcher, List.of(), SpaceSegments.rows(segments), null);
    }

    /** @param searcher over the segments; its backend searches the copy too */
    static AllowedRows of(Filter filter, List<Segment> segments, Searcher searcher) {
        List<RowMask> masks = segments.stream().map(segment -> mask(filter, segment)).toList();
        long count = masks.stream().mapToLong(RowMask::cardinality).sum();
        Copy copy = count < FEW * SpaceSegments.rows(segments) ? Copy.of(segments, masks, (int) count, searcher) : null;
        return new AllowedRows(segments, searcher, masks, count, copy);
    }

    private static RowMask mask(Filter filter, Segment segment) {
        BitSet allowed = new BitSet(segment.count());
        for (int row = 0; row < segment.count(); row++) {
            if (filter.allows(segment.ids().id(row))) {
                allowed.set(row);
            }
        }
        return RowMask.of(allowed, segment.count());
    }

    /** How many there are. */
    long count() {
        return count;
    }

    /** One per segment, or none where all rows are allowed. */
    List<RowMask> masks() {
        return masks;
    }

    /** As {@link Searcher#search}; what it finds has its id from {@link #id}. */
    void search(Matrix queries, int[] k, SearchParams[] params, TopK into) {
        if (copy == null) {
            searcher.search(new SearchBatch(queries, k, params, masks), into);
        } else {
            copy.searcher().search(new SearchBatch(queries, k, params, List.of()), into);
        }
    }

    /** The id of what {@link #search} found at a position. */
    long id(long position) {
        int row = (int) position;
        return copy == null ? segments.get((int) (position >> 32)).ids().id(row) : copy.ids()[row];
    }

    @Override
    protected void free() {
        if (copy != null) {
            copy.close();
        }
    }

    /** Allowed rows of all segments in one piece of memory, in order, so that ties go as they would in the segments. */
    private record Copy(Arena arena, Searcher searcher, long[] ids) {
        static Copy of(List<Segment> segments, List<RowMask> masks, int count, Searcher whole) {
            Arena arena = Arena.ofShared();
            try {
                FlatData first = segments.getFirst().flat();
                Matrix rows = Matrix.allocate(arena, count, first.dim());
                long[] ids = new long[count];
                int next = 0;
                for (int s = 0; s < masks.size(); s++) {
                    Segment segment = segments.get(s);
                    for (int row = 0; row < segment.count(); row++) {
                        if (masks.get(s).allows(row)) {
                            rows.copy(segment.flat().rows(), row, next, 1);
                            ids[next++] = segment.ids().id(row);
                        }
                    }
                }
                FlatData data = FlatData.of(first.distance(), rows, arena);
                return new Copy(arena, whole.backend().open(List.of(data)), ids);
            } catch (Throwable e) {
                arena.close();
                throw e;
            }
        }

        void close() {
            searcher.close();
            arena.close();
        }
    }
}
