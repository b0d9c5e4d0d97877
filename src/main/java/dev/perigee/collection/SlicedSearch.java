package dev.perigee.collection;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.vector.Matrix;
import java.util.List;

/** A search of however many queries, some at a time, so that the memory it takes besides its answer is bounded. */
final class SlicedSearch {
    /** Neighbours that are looked for at a time. */
    private static final int PLACES = 1 << 21;
    private static final long BYTES = 256 << 20;

    private SlicedSearch() {
    }

    static SearchResult search(Collection collection, Matrix queries, SearchRequest request) {
        int k = request.k();
        long places = (long) queries.rows() * k;
        long most = Math.min(Integer.MAX_VALUE - 64, Runtime.getRuntime().maxMemory() / 2 / (Long.BYTES + Float.BYTES));
        if (places > most) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED, "answers: %d queries x %d (expected at most %d in this heap)"
                    .formatted(queries.rows(), k, most));
        }
        int slice = (int) Math.max(64, Math.min(PLACES / k, BYTES / Matrix.stride(queries.dim())));
        if (queries.rows() <= slice) {
            return one(collection, queries, request);
        }
        long[] ids = new long[(int) places];
        float[] scores = new float[ids.length];
        for (int from = 0; from < queries.rows(); from += slice) {
            SearchResult part = one(collection, queries.slice(from, Math.min(queries.rows(), from + slice)), request);
            System.arraycopy(part.ids(), 0, ids, from * k, part.ids().length);
            System.arraycopy(part.scores(), 0, scores, from * k, part.scores().length);
        }
        return new SearchResult(queries.rows(), k, ids, scores);
    }

    private static SearchResult one(Collection collection, Matrix queries, SearchRequest request) {
        try (Batch batch = collection.batch(queries.rows())) {
            batch.queries().copy(queries, 0, 0, queries.rows());
            return batch.search(List.of(new Batch.Part(queries.rows(), request))).getFirst();
        }
    }
}
