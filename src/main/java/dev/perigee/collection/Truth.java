package dev.perigee.collection;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.Filter;
import dev.perigee.build.KMeans;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Exact distances of a collection as it was when this was made, or of those of its rows that a filter allows: what its index is
 * judged by. Distances are double, nearer is smaller. One thread.
 */
public final class Truth implements AutoCloseable {
    private final Space space;
    private final Snapshot snapshot;
    private final AllowedRows allowed;
    private final Searcher exact;
    /** Ids ascending, and where each of them is: segment and row as in TopK. Made when first asked for. */
    private long[] ids;
    private long[] positions;
    private boolean open = true;

    /** Takes over a share of the snapshot. */
    Truth(Snapshot snapshot, ComputeBackend backend, Optional<Filter> filter) {
        this.space = snapshot.space();
        this.snapshot = snapshot;
        List<IndexData> flat = snapshot.segments().stream().map(s -> (IndexData) s.flat()).toList();
        this.exact = backend.open(flat);
        this.allowed = snapshot.allowed(filter);
    }

    /** How many rows may be found. */
    public long rows() {
        return allowed.count();
    }

    /** Per query the distance of the k-th nearest row, of the last one where there are fewer, by exact search. */
    public double[] kthDistances(Matrix queries, int k) {
        TopK top = new TopK(filled(queries.rows(), k));
        try (Arena arena = Arena.ofShared()) {
            exact.search(SearchBatch.of(inSpace(queries, arena), k, new SearchParams.Flat(), allowed.masks()), top);
        }
        double[] distances = new double[queries.rows()];
        for (int q = 0; q < distances.length; q++) {
            distances[q] = top.size(q) == 0 ? Double.NEGATIVE_INFINITY : top.distance(q, top.size(q) - 1);
        }
        return distances;
    }

    /**
     * Distances of queries to rows of given ids.
     *
     * @param wanted [queries, k] ids; -1 gives +infinity
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for an id that is not there or not allowed
     */
    public double[] distances(Matrix queries, long[] wanted, int k) {
        index();
        double[] distances = new double[wanted.length];
        try (Arena arena = Arena.ofShared()) {
            Matrix mapped = inSpace(queries, arena);
            for (int i = 0; i < wanted.length; i++) {
                if (wanted[i] == -1) {
                    distances[i] = Double.POSITIVE_INFINITY;
                    continue;
                }
                long at = position(wanted[i]);
                distances[i] = space.distance().between(mapped, i / k, segment(at).flat().rows(), (int) at);
            }
        }
        return distances;
    }

    /** Ids of some rows that may be found, ascending: the same ones for the same seed. */
    long[] sample(int count, long seed) {
        index();
        return Arrays.stream(KMeans.sample(ids.length, count, seed)).mapToLong(i -> ids[i]).toArray();
    }

    /** Whether a row of that id may be found. */
    public boolean contains(long id) {
        index();
        return Arrays.binarySearch(ids, id) >= 0;
    }

    /** Rows of given ids as they were given, [ids, dim as given], in memory of {@code arena}. */
    public Matrix givenRows(long[] wanted, Arena arena) {
        return copies(wanted, space.spec().dim(), Segment::rows, arena);
    }

    /** Rows of given ids in the space that this is of, [ids, dim of the space]; unit rows for cosine. */
    public Matrix spaceRows(long[] wanted, Arena arena) {
        return copies(wanted, space.dim(), segment -> segment.flat().rows(), arena);
    }

    private Matrix copies(long[] wanted, int dim, Function<Segment, Matrix> rows, Arena arena) {
        index();
        Matrix copies = Matrix.allocate(arena, wanted.length, dim);
        for (int i = 0; i < wanted.length; i++) {
            long at = position(wanted[i]);
            copies.copy(rows.apply(segment(at)), (int) at, i, 1);
        }
        return copies;
    }

    private long position(long id) {
        int at = Arrays.binarySearch(ids, id);
        check(at >= 0, "id: %d (expected one of %d allowed in collection '%s')", id, ids.length, space.spec().name());
        return positions[at];
    }

    private Segment segment(long position) {
        return snapshot.segments().get((int) (position >> 32));
    }

    private Matrix inSpace(Matrix queries, Arena arena) {
        snapshot.space().spec().requireDim(queries);
        Matrix mapped = Matrix.allocate(arena, queries.rows(), space.dim());
        space.map(queries, mapped);
        return mapped;
    }

    private void index() {
        if (ids != null) {
            return;
        }
        long[] all = new long[Math.toIntExact(rows())];
        long[] at = new long[all.length];
        for (int s = 0, i = 0; s < snapshot.segments().size(); s++) {
            Segment segment = snapshot.segments().get(s);
            RowMask mask = allowed.masks().isEmpty() ? null : allowed.masks().get(s);
            for (int row = 0; row < segment.count(); row++) {
                if (mask == null || mask.allows(row)) {
                    all[i] = segment.ids().id(row);
                    at[i++] = TopK.at(s, row);
                }
            }
        }
        Integer[] order = new Integer[all.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingLong(i -> all[i]));
        positions = Arrays.stream(order).mapToLong(i -> at[i]).toArray();
        ids = Arrays.stream(order).mapToLong(i -> all[i]).toArray();
    }

    private static int[] filled(int count, int value) {
        int[] values = new int[count];
        Arrays.fill(values, value);
        return values;
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            exact.close();
            allowed.release();
            snapshot.release();
        }
    }
}
