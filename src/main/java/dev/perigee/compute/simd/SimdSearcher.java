package dev.perigee.compute.simd;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfModel;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/**
 * Searches the segments of a space on the CPU: block by block of queries, lists are chosen once per block, then each segment
 * is searched and merged.
 */
final class SimdSearcher implements Searcher {
    private final SimdBackend backend;
    private final List<IndexData> segments;
    private final IvfModel model;
    private final LookupTables tables;
    private final SqSearch sqSearch;
    private final List<SqSearch.Part> sqParts;
    private final int slots;
    private final Scratch.Pool pool;
    private final RowSearch rowSearch;
    private final CodeSearch codeSearch;
    private final Probes probes;
    private final CodeBlocks.Cache blockCache;
    /** Of each segment whose codes a kernel reads in blocks, else null. */
    private final CodeBlocks[] blocks;
    private final AtomicBoolean closed = new AtomicBoolean();

    SimdSearcher(SimdBackend backend, List<IndexData> segments, Workers workers, Scratch.Pool pool, LookupTables.Cache cache,
            SqProbes.Cache sqCache, CodeBlocks.Cache blockCache) {
        this.backend = backend;
        this.segments = segments;
        this.slots = workers.threads();
        this.pool = pool;
        this.rowSearch = new RowSearch(workers, pool);
        this.codeSearch = new CodeSearch(workers, pool);
        this.probes = new Probes(rowSearch);
        this.model = segments.stream().map(SimdSearcher::model).filter(m -> m != null).findFirst().orElse(null);
        this.tables = model == null || model.quantizer() == null ? null
                : cache.of(model, codeDistance(segments));
        this.sqParts = IntStream.range(0, segments.size()).filter(s -> segments.get(s) instanceof IvfSqData)
                .mapToObj(s -> new SqSearch.Part((IvfSqData) segments.get(s), s)).toList();
        this.sqSearch = sqParts.isEmpty() ? null
                : new SqSearch(workers, pool, sqCache.of(sqParts.getFirst().data().model()));
        this.blockCache = blockCache;
        this.blocks = segments.stream().map(this::blocks).toArray(CodeBlocks[]::new);
    }

    private CodeBlocks blocks(IndexData segment) {
        return segment instanceof IvfPqData ivf && FastScan.of(ivf.model().quantizer().bits()).bounds() ? blockCache.retain(ivf)
                : null;
    }

    private static Distance codeDistance(List<IndexData> segments) {
        return segments.stream().filter(s -> s instanceof IvfPqData).map(s -> ((IvfPqData) s).codeDistance())
                .findFirst().orElseThrow();
    }

    private static IvfModel model(IndexData segment) {
        return switch (segment) {
            case FlatData flat -> null;
            case IvfFlatData ivf -> ivf.model();
            case IvfPqData ivf -> ivf.model();
            case IvfSqData ivf -> null;
        };
    }

    @Override
    public void search(SearchBatch batch, TopK into) {
        if (sqSearch != null) {
            sqSearch.search(sqParts, batch, into);
        }
        if (sqParts.size() == segments.size()) {
            return;
        }
        int keep = 0;
        for (int k : batch.k()) {
            keep = Math.max(keep, Rescorer.keep(k));
        }
        int block = rowSearch.block(keep, batch.queries().dim(), model == null);
        for (int from = 0; from < batch.count(); from += block) {
            search(batch, from, Math.min(batch.count(), from + block), into);
        }
    }

    private void search(SearchBatch batch, int from, int to, TopK into) {
        int[][] lists = model == null ? null : lists(batch, from, to);
        for (int s = 0; s < segments.size(); s++) {
            Matrix queries = batch.queries();
            switch (segments.get(s)) {
                case FlatData flat ->
                        rowSearch.searchFlat(new Slots(flat, null, batch.mask(s), s), queries, from, to, into);
                case IvfFlatData ivf -> {
                    Slots slots = new Slots(ivf.slots(), ivf.lists(), batch.mask(s), s);
                    rowSearch.searchLists(slots, queries, from, to, lists, into);
                }
                case IvfSqData ivf -> {
                    // searched before, all such segments together
                }
                case IvfPqData ivf ->
                        codeSearch.search(ivf, tables, blocks[s], s, batch.mask(s), queries, from, to, batch.params(),
                                lists, into);
            }
        }
    }

    private int[][] lists(SearchBatch batch, int from, int to) {
        int[] counts = new int[to - from];
        for (int q = 0; q < counts.length; q++) {
            counts[q] = Math.min(model.lists(), batch.params()[from + q].probes());
        }
        int[][] lists = new int[counts.length][];
        probes.sets(batch.queries(), from, to, model.centroids(), counts, (query, set) -> lists[query - from] = set);
        return lists;
    }

    @Override
    public Queries queries(int rows) {
        int dim = segments.getFirst().dim();
        long bytes = Math.max(Matrix.ALIGNMENT, Matrix.bytes(rows, dim));
        Scratch scratch = pool.take(bytes);
        Matrix matrix = Matrix.of(scratch.memory().asSlice(0, bytes).fill((byte) 0), rows, dim);
        return new Lease(matrix, scratch);
    }

    /** Memory of the pool; goes back once. */
    private static final class Lease implements Queries {
        private final Matrix matrix;
        private Scratch scratch;

        Lease(Matrix matrix, Scratch scratch) {
            this.matrix = matrix;
            this.scratch = scratch;
        }

        @Override
        public Matrix matrix() {
            return matrix;
        }

        @Override
        public synchronized void close() {
            if (scratch != null) {
                scratch.close();
                scratch = null;
            }
        }
    }

    @Override
    public SimdBackend backend() {
        return backend;
    }

    @Override
    public int slots() {
        return slots;
    }

    @Override
    public long bytes() {
        return Arrays.stream(blocks).filter(b -> b != null).mapToLong(CodeBlocks::bytes).sum();
    }

    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            Arrays.stream(blocks).filter(b -> b != null).forEach(blockCache::release);
        }
    }
}
