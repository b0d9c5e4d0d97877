package dev.perigee.compute.faiss;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.ArenaQueries;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.faiss.Faiss;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Searches the segments of a space one after another with FAISS. It is asked for a few rows more than wanted, which are
 * re-scored in double and ordered: so scores are those of every backend, and ids too but for rows as near as FAISS's float
 * error. Codes alone (refine 0) keep FAISS's distances.
 */
final class FaissSearcher implements Searcher {
    /** Queries that are searched together: what they find takes some megabytes. */
    private static final int BLOCK = 4096;

    private final FaissBackend backend;
    private final List<OpenIndex> segments;
    private final int threads;

    /** @param segments leased from the backend, which takes them back at the end */
    FaissSearcher(FaissBackend backend, List<OpenIndex> segments, int threads) {
        this.backend = backend;
        this.segments = segments;
        this.threads = threads;
    }

    @Override
    public Queries queries(int rows) {
        return new ArenaQueries(rows, segments.getFirst().data().dim());
    }

    @Override
    public void search(SearchBatch batch, TopK into) {
        for (int from = 0; from < batch.count();) {
            int to = from + 1; // FAISS has one number of probes per call
            while (to < batch.count() && to - from < BLOCK && batch.params()[to].equals(batch.params()[from])) {
                to++;
            }
            for (int s = 0; s < segments.size(); s++) {
                if (segments.get(s).data().count() > 0) {
                    search(s, batch, from, to, into);
                }
            }
            from = to;
        }
    }

    private void search(int segment, SearchBatch batch, int from, int to, TopK into) {
        OpenIndex open = segments.get(segment);
        SearchParams params = batch.params()[from];
        int k = 0;
        for (int q = from; q < to; q++) {
            k = Math.max(k, batch.k()[q]);
        }
        int keep = Math.min(open.data().count(), keep(open.data(), params, k));
        int probes = probes(open.data(), params);
        if (probes > 0) {
            requireShort(batch.queries(), from, to);
        }
        int count = to - from;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment queries = open.queries(batch.queries(), from, to, arena);
            MemorySegment distances = arena.allocate((long) count * keep * 4, 64);
            MemorySegment rows = arena.allocate((long) count * keep * 8, 64);
            MemorySegment allowed = bitmap(batch.mask(segment), arena);
            FaissCall.run(ErrorCode.INTERNAL, "search", () -> Faiss.search(open.index(), count, queries.address(), keep,
                    distances.address(), rows.address(), probes, allowed.address(), allowed.byteSize(), threads));
            for (int q = from; q < to; q++) {
                long at = (long) (q - from) * keep;
                Found found = new Found(distances.asSlice(at * 4, keep * 4L), rows.asSlice(at * 8, keep * 8L));
                if (isOfCodes(open.data(), params)) {
                    offerCodes((IvfPqData) open.data(), segment, found, q, into);
                } else {
                    offer(open, segment, batch, found, q, into);
                }
            }
        }
    }

    /** What FAISS found for a query, nearest first. */
    private record Found(MemorySegment distances, MemorySegment rows) {
        int count() {
            int count = (int) (rows.byteSize() / 8);
            while (count > 0 && row(count - 1) < 0) {
                count--;
            }
            return count;
        }

        int row(int rank) {
            return (int) rows.get(ValueLayout.JAVA_LONG, rank * 8L);
        }

        float distance(int rank) {
            return distances.get(ValueLayout.JAVA_FLOAT, rank * 4L);
        }
    }

    /** Candidates to ask for: a few more than k, so that float ties do not decide, or those to refine. */
    private static int keep(IndexData data, SearchParams params, int k) {
        if (data instanceof IvfPqData) {
            return Math.max(k, ((SearchParams.IvfPq) params).refine());
        }
        return k + Math.max(12, k / 4);
    }

    private static boolean isOfCodes(IndexData data, SearchParams params) {
        return data instanceof IvfPqData && ((SearchParams.IvfPq) params).refine() == 0;
    }

    private static int probes(IndexData data, SearchParams params) {
        return data instanceof FlatData ? 0 : params.probes();
    }

    private static void requireShort(Matrix queries, int from, int to) {
        for (int q = from; q < to; q++) {
            double length = Math.sqrt(-Distance.INNER_PRODUCT.between(queries, q, queries, q));
            if (length > OpenIndex.MOST_LENGTH) {
                throw new PerigeeException(ErrorCode.UNSUPPORTED, "query %d: as long as %.1e (expected at most %.0e: FAISS sums in float32)"
                        .formatted(q, length, OpenIndex.MOST_LENGTH));
            }
        }
    }

    /** A mask as FAISS reads it; the null segment for none. */
    private static MemorySegment bitmap(RowMask mask, Arena arena) {
        if (mask == null) {
            return MemorySegment.NULL;
        }
        int groups = Math.max(1, (mask.rows() + 31) / 32);
        MemorySegment bits = arena.allocate(groups * 4L, 64);
        for (int group = 0; group < groups; group++) {
            bits.set(ValueLayout.JAVA_INT, group * 4L, mask.bits(group));
        }
        return bits;
    }

    private static void offerCodes(IvfPqData data, int segment, Found found, int query, TopK into) {
        int count = found.count();
        for (int rank = 0; rank < count; rank++) {
            double distance = data.codeDistance() == Distance.L2 ? found.distance(rank) : -found.distance(rank);
            into.offer(query, data.fromCode(distance), TopK.at(segment, found.row(rank)));
        }
    }

    private static void offer(OpenIndex open, int segment, SearchBatch batch, Found found, int query, TopK into) {
        FlatData rows = open.rows();
        int count = found.count();
        RowMask mask = batch.mask(segment);
        int most = mask == null ? open.data().count() : mask.cardinality();
        if (open.data() instanceof FlatData && count < Math.min(batch.k()[query], most)) {
            for (int row = 0; row < open.data().count(); row++) { // distances that float32 cannot hold
                if (mask == null || mask.allows(row)) {
                    into.offer(query, rows.distance().between(batch.queries(), query, rows.rows(), row), TopK.at(segment, row));
                }
            }
            return;
        }
        for (int rank = 0; rank < count; rank++) {
            int row = found.row(rank);
            into.offer(query, rows.distance().between(batch.queries(), query, rows.rows(), open.place(row)), TopK.at(segment, row));
        }
    }

    @Override
    public FaissBackend backend() {
        return backend;
    }

    @Override
    public int slots() {
        return threads;
    }

    @Override
    public void close() {
        backend.release(segments);
    }
}
