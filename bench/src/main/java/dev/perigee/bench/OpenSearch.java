package dev.perigee.bench;

import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.util.List;

/** An index that is open on one core, and its queries, together and one by one. */
final class OpenSearch implements AutoCloseable {
    private final ComputeBackend compute;
    private final Searcher searcher;
    private final SearchBatch batch;
    private final SearchBatch[] singles;
    private final TopK batchTop;
    private final TopK singleTop;
    private int next;

    OpenSearch(String backend, IndexData data, Matrix queries, int k, SearchParams params) {
        compute = Backends.open(backend, 1);
        searcher = compute.open(List.of(data));
        batch = SearchBatch.of(queries, k, params);
        batchTop = new TopK(batch.k());
        singles = new SearchBatch[queries.rows()];
        for (int q = 0; q < singles.length; q++) {
            singles[q] = SearchBatch.of(queries.slice(q, q + 1), k, params);
        }
        singleTop = new TopK(singles[0].k());
    }

    /** All queries at once. */
    TopK batch() {
        batchTop.clear();
        searcher.search(batch, batchTop);
        return batchTop;
    }

    /** One query alone; they take turns. */
    TopK single() {
        singleTop.clear();
        searcher.search(singles[next], singleTop);
        next = (next + 1) % singles.length;
        return singleTop;
    }

    @Override
    public void close() {
        searcher.close();
        compute.close();
    }
}
