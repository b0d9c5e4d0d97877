package dev.perigee.collection;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.vector.Matrix;
import java.time.Duration;
import java.util.List;

/** A search of however many queries, some at a time, so that the memory it takes besides its answer is bounded. */
final class SlicedSearch {
    /** Neighbours that are looked for at a time. */
    private static final int PLACES = 1 << 21;
    private static final long BYTES = 256 << 20;
    /** Of an answer: half of the heap. */
    private static final long MOST_PLACES = Math.min(Integer.MAX_VALUE - 64,
            Runtime.getRuntime().maxMemory() / 2 / (Long.BYTES + Float.BYTES));
    private static final int[] WARM_UP_QUERIES = {1, 1, 1, 3, 1, 1, 24, 1, 1, 200};

    private SlicedSearch() {
    }

    /** All of it of one moment. */
    static SearchResult search(Snapshot snapshot, Matrix queries, SearchRequest request) {
        snapshot.space().spec().requireDim(queries);
        int k = request.k();
        long places = (long) queries.rows() * k;
        if (places > MOST_PLACES) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED, "answers: %d queries x %d (expected at most %d in this heap)"
                    .formatted(queries.rows(), k, MOST_PLACES));
        }
        int slice = (int) Math.max(64, Math.min(PLACES / k, BYTES / Matrix.stride(queries.dim())));
        if (queries.rows() <= slice) {
            return one(snapshot, queries, request);
        }
        long[] ids = new long[(int) places];
        float[] scores = new float[ids.length];
        for (int from = 0; from < queries.rows(); from += slice) {
            SearchResult part = one(snapshot, queries.slice(from, Math.min(queries.rows(), from + slice)), request);
            System.arraycopy(part.ids(), 0, ids, from * k, part.ids().length);
            System.arraycopy(part.scores(), 0, scores, from * k, part.scores().length);
        }
        return new SearchResult(queries.rows(), k, ids, scores, snapshot.space().version());
    }

    private static SearchResult one(Snapshot snapshot, Matrix queries, SearchRequest request) {
        snapshot.retain();
        try (Batch batch = new Batch(snapshot, queries.rows())) {
            batch.queries().copy(queries, 0, 0, queries.rows());
            return batch.search(List.of(new Batch.Part(queries.rows(), request))).getFirst();
        }
    }

    /** Searches for a snapshot's own rows for a while, one by one and in batches. */
    static void warmUp(Snapshot snapshot, Duration most) {
        long end = System.nanoTime() + most.toNanos();
        Matrix rows = snapshot.segments().getFirst().rows();
        for (int round = 0; rows.rows() > 0 && System.nanoTime() < end; round++) {
            int count = Math.min(rows.rows(), WARM_UP_QUERIES[round % WARM_UP_QUERIES.length]);
            search(snapshot, rows.slice(0, count), SearchRequest.nearest(10));
        }
    }
}
