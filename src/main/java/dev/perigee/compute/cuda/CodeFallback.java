package dev.perigee.compute.cuda;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.SqReference;
import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.RowMask;

/** Where codes give too few candidates, for there are few rows or float cannot hold their keys: all rows that are probed. */
final class CodeFallback {
    private CodeFallback() {
    }

    /** Offers every row of the lists that a query probes, compared exactly, on the host. */
    static void compareAll(IndexData data, int segment, SearchBatch batch, int query, TopK into) {
        switch (data) {
            case IvfPqData codes -> compareAll(codes, segment, batch, query, into);
            case IvfSqData codes -> new SqReference(codes, segment, batch.mask(segment)).search(batch, query, into);
            default -> throw new IllegalStateException();
        }
    }

    private static void compareAll(IvfPqData data, int segment, SearchBatch batch, int query, TopK into) {
        FlatData centroids = data.model().centroids();
        int probes = Math.min(centroids.count(), ((SearchParams.IvfPq) batch.params()[query]).probes());
        TopK lists = new TopK(new int[] {probes});
        for (int c = 0; c < centroids.count(); c++) {
            lists.offer(0, centroids.distance().between(batch.queries(), query, centroids.rows(), c), c);
        }
        RowMask mask = batch.mask(segment);
        for (int j = 0; j < lists.size(0); j++) {
            int list = (int) lists.position(0, j);
            int begin = data.lists().begin(list);
            for (int slot = begin; slot < begin + data.lists().size(list); slot++) {
                int row = data.lists().row(slot);
                if (mask == null || mask.allows(row)) {
                    double distance = data.distance().between(batch.queries(), query, data.rows().rows(), row);
                    into.offer(query, distance, TopK.at(segment, row));
                }
            }
        }
    }
}
