package dev.perigee.compute.simd;

import dev.perigee.compute.TopK;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.util.Arrays;

/** Searches the codes of probed lists query by query, and refines the best from the rows. */
final class CodeSearch {
    private final Workers workers;
    private final Scratch.Pool pool;

    CodeSearch(Workers workers, Scratch.Pool pool) {
        this.workers = workers;
        this.pool = pool;
    }

    /**
     * Merges the neighbours of queries {@code from} to {@code to} into {@code into}.
     *
     * @param blocks of the data if its codes have 4 bits a part, else null
     */
    void search(IvfPqData data, LookupTables tables, CodeBlocks blocks, int segment, RowMask mask, Matrix queries, int from,
            int to, SearchParams[] params, int[][] probes, TopK into) {
        if (blocks != null) {
            blocks.prepare(workers);
        }
        One[] each = new One[workers.threads()];
        try {
            workers.run(to - from, to - from > 1, (worker, q) -> {
                if (each[worker] == null) {
                    each[worker] = new One(data, segment, mask, blocks == null ? new ByteCodeScan(data, tables, mask)
                            : new ShortCodeScan(data, tables, blocks, mask, pool));
                }
                each[worker].search(queries, from + q, (SearchParams.IvfPq) params[from + q], probes[q], into);
            });
        } finally {
            for (One one : each) {
                if (one != null) {
                    one.scan.close();
                }
            }
        }
    }

    /** The memory of one worker, and its search of one query. */
    private static final class One {
        private final IvfPqData data;
        private final int segment;
        private final RowMask mask;
        private final CodeScan scan;
        private final EightRows eightRows = new EightRows();
        private float[] constants;

        One(IvfPqData data, int segment, RowMask mask, CodeScan scan) {
            this.data = data;
            this.segment = segment;
            this.mask = mask;
            this.scan = scan;
        }

        void search(Matrix queries, int query, SearchParams.IvfPq params, int[] lists, TopK into) {
            int k = into.k(query);
            int keep = params.refine() == 0 ? k : Math.max(k, params.refine());
            sortNearestFirst(queries, query, lists);
            Candidates candidates = scan.search(queries, query, keep, lists, constants);
            int count = candidates.finish(0);
            if (count < k && !candidates.dropped(0)) {
                compareAll(queries, query, lists, into); // few rows, or keys that float cannot hold
                return;
            }
            if (params.refine() > 0) {
                compare(queries, query, candidates.least(0), into);
                return;
            }
            for (int i = 0; i < count; i++) {
                into.offer(query, data.fromCode(candidates.key(0, i)), TopK.at(segment, candidates.row(0, i)));
            }
        }

        private void compare(Matrix queries, int query, long[] entries, TopK into) {
            Matrix rows = data.rows().rows();
            for (int i = 0; i < entries.length; i += EightRows.ROWS) {
                double[] distances = eightRows.between(data.distance(), queries, query, rows, entries, i, entries.length - 1);
                for (int j = i; j < Math.min(entries.length, i + EightRows.ROWS); j++) {
                    into.offer(query, distances[j - i], TopK.at(segment, Candidates.row(entries[j])));
                }
            }
        }

        private void compareAll(Matrix queries, int query, int[] lists, TopK into) {
            for (int list : lists) {
                int begin = data.lists().begin(list);
                for (int slot = begin; slot < begin + data.lists().size(list); slot++) {
                    int row = data.lists().row(slot);
                    if (mask == null || mask.allows(row)) {
                        into.offer(query, ExactKernel.between(data.distance(), queries, query, data.rows().rows(), row),
                                TopK.at(segment, row));
                    }
                }
            }
        }

        /** Sorts lists by what they add to every key, so that thresholds are low early; this order changes no answer. */
        private void sortNearestFirst(Matrix queries, int query, int[] lists) {
            Matrix centroids = data.model().centroids().rows();
            constants = new float[lists.length];
            long[] order = new long[lists.length];
            for (int i = 0; i < lists.length; i++) {
                order[i] = lists[i];
            }
            for (int i = 0; i < lists.length; i += EightRows.ROWS) {
                double[] distances = eightRows.between(data.codeDistance(), queries, query, centroids, order, i, lists.length - 1);
                for (int j = i; j < Math.min(lists.length, i + EightRows.ROWS); j++) {
                    order[j] = Candidates.entry((float) distances[j - i], lists[j]);
                }
            }
            Arrays.sort(order);
            for (int i = 0; i < lists.length; i++) {
                lists[i] = Candidates.row(order[i]);
                constants[i] = Candidates.key(order[i]);
            }
        }
    }
}
