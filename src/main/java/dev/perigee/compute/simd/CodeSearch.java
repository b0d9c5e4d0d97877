package dev.perigee.compute.simd;

import dev.perigee.compute.TopK;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.ref.Reference;
import java.util.Arrays;

/**
 * Searches the codes of probed lists and refines the best from the rows. Each core takes queries of its own from look-up tables to
 * answer ({@link CodeChunk}); within such a chunk the queries of a list share its codes.
 */
final class CodeSearch {
    /** What the tables and entries of a chunk take, so that they stay in the caches. */
    private static final long CHUNK_BYTES = 2 << 20;
    /** Fewer queries are not worth waking another core for. */
    private static final int SPREAD_FROM = 2;

    private final Workers workers;
    private final Scratch.Pool pool;
    private final SlotMask.Cache masks = new SlotMask.Cache();

    CodeSearch(Workers workers, Scratch.Pool pool) {
        this.workers = workers;
        this.pool = pool;
    }

    /**
     * Merges the neighbours of queries {@code from} to {@code to} into {@code into}.
     *
     * @param blocks of the data if its kernel reads them, else null
     */
    void search(IvfPqData data, LookupTables tables, CodeBlocks blocks, int segment, RowMask mask, Matrix queries, int from,
            int to, SearchParams[] params, int[][] probes, TopK into) {
        if (blocks != null) {
            blocks.prepare(workers);
        }
        SlotMask allowed = masks.of(mask, data.lists());
        CodeChunk.Part part = new CodeChunk.Part(data, blocks, allowed, segment);
        int count = to - from;
        int[] keep = new int[count];
        int most = 1;
        for (int q = 0; q < count; q++) {
            int refine = ((SearchParams.IvfPq) params[from + q]).refine();
            keep[q] = Math.clamp(Math.max(refine, into.k(from + q)), 1, Math.max(1, data.lists().slots()));
            most = Math.max(most, keep[q]);
        }
        int share = (int) Math.max(1, CHUNK_BYTES / CodeChunk.bytes(part, tables, most));
        int chunks = Math.max((count + share - 1) / share, Math.min(workers.threads(), count / SPREAD_FROM));
        int[] order = order(probes, chunks);
        try {
            workers.run(chunks, chunks > 1, (worker, c) -> {
                int[] some = Arrays.copyOfRange(order, (int) ((long) count * c / chunks), (int) ((long) count * (c + 1) / chunks));
                try (CodeChunk chunk = new CodeChunk(part, tables, pool, queries, from, some, keep, probes)) {
                    chunk.scan();
                    chunk.compare(params, into);
                }
            });
        } finally {
            Reference.reachabilityFence(allowed); // kernels know its address only
        }
    }

    /** All queries; for several chunks in order of a list that is near them, for those that lie near each other share more. */
    private static int[] order(int[][] probes, int chunks) {
        int[] order = new int[probes.length];
        Arrays.setAll(order, q -> q);
        if (chunks > 1) {
            long[] entries = new long[order.length];
            Arrays.setAll(entries, q -> (long) probes[q][0] << 32 | q);
            Arrays.sort(entries);
            Arrays.setAll(order, i -> (int) entries[i]);
        }
        return order;
    }
}
