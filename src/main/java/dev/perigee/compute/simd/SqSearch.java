package dev.perigee.compute.simd;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.TopK;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Searches the codes of probed lists and refines the best from the rows. Each core takes queries of its own from projection to
 * answer ({@link SqChunk}); within such a chunk the queries of a list share its codes.
 */
final class SqSearch {
    /** More queries than this share lists hardly better. */
    private static final int MOST = 1024;
    /** What the entries of a chunk take at most. */
    private static final long ENTRY_BYTES = 16 << 20;
    /** Fewer queries are not worth waking another core for. */
    private static final int SPREAD_FROM = 4;

    private final Workers workers;
    private final Scratch.Pool pool;
    private final SqProbes probes;
    private final SqTile tile;
    private final SlotMask.Cache masks = new SlotMask.Cache();

    SqSearch(Workers workers, Scratch.Pool pool, SqProbes probes) {
        this.workers = workers;
        this.pool = pool;
        this.probes = probes;
        this.tile = SqTile.of(probes.model().bits());
    }

    /** One of the segments that are searched, those of a search in order. */
    record Part(IvfSqData data, int segment) {
    }

    /** Merges the neighbours of all queries of a batch into {@code into}. */
    void search(List<Part> parts, SearchBatch batch, TopK into) {
        int slots = 0;
        SlotMask[] allowed = new SlotMask[parts.size()];
        for (int i = 0; i < allowed.length; i++) {
            Part part = parts.get(i);
            slots = Math.max(slots, part.data().lists().slots());
            allowed[i] = masks.of(batch.mask(part.segment()), part.data().lists());
        }
        int[] keep = new int[batch.count()];
        int most = 1;
        for (int q = 0; q < keep.length; q++) {
            int refine = ((SearchParams.IvfSq) batch.params()[q]).refine();
            keep[q] = Math.clamp(Math.max(refine, into.k(q)), 1, Math.max(1, slots));
            most = Math.max(most, keep[q]);
        }
        int share = (int) Math.clamp(ENTRY_BYTES / (SqEntries.capacity(most) * 8), 1, MOST);
        int chunks = Math.max((keep.length + share - 1) / share, Math.min(workers.threads(), keep.length / SPREAD_FROM));
        int[] order = order(batch.queries(), chunks);
        AtomicReferenceArray<SqChunk.Comparison> running = new AtomicReferenceArray<>(chunks);
        try {
            workers.run(chunks, keep.length > SPREAD_FROM, (worker, c) -> {
                int[] some = chunks == 1 ? order : Arrays.copyOfRange(order, (int) ((long) order.length * c / chunks),
                        (int) ((long) order.length * (c + 1) / chunks));
                try (SqChunk chunk = new SqChunk(probes, tile, pool, batch, some, keep)) {
                    chunk.project();
                    chunk.choose();
                    for (int i = 0; i < allowed.length; i++) {
                        chunk.scan(parts.get(i).data(), allowed[i]);
                        try (SqChunk.Comparison comparison = chunk.new Comparison(parts.get(i), allowed[i], into)) {
                            running.set(c, comparison);
                            comparison.run();
                        }
                    }
                }
                for (int other = 0; other < chunks; other++) {
                    SqChunk.Comparison comparison = running.get(other);
                    if (comparison != null) {
                        comparison.run();
                    }
                }
            });
        } finally {
            Reference.reachabilityFence(allowed); // kernels know their addresses only
            Reference.reachabilityFence(this);
        }
    }

    /** All queries; for several chunks in order of the first axis, for those that lie near each other share more lists. */
    private int[] order(Matrix queries, int chunks) {
        int[] order = new int[queries.rows()];
        Arrays.setAll(order, q -> q);
        if (chunks > 1) {
            float[] products = new float[order.length];
            RowKernel.dot(probes.model().axes().address(0), queries.address(0), order.length, queries.stride(), products);
            long[] entries = new long[order.length];
            Arrays.setAll(entries, q -> Candidates.entry(products[q], q));
            Arrays.sort(entries);
            Arrays.setAll(order, i -> (int) entries[i]);
        }
        return order;
    }
}
