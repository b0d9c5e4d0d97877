package dev.perigee.compute.simd;

import dev.perigee.compute.TopK;
import dev.perigee.index.FlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.MemorySegment;

/** Searches the codes of probed lists query by query, and refines the best from the rows. */
final class CodeSearch {
    /** Codes whose sums are made before they are looked at: they stay in the first-level cache. */
    private static final int CHUNK = 256;

    private final Workers workers;

    CodeSearch(Workers workers) {
        this.workers = workers;
    }

    /** Merges the neighbours of queries {@code from} to {@code to} into {@code into}. */
    void search(IvfPqData data, LookupTables tables, int segment, RowMask mask, Matrix queries, int from, int to,
            SearchParams[] params, int[][] probes, TopK into) {
        One[] each = new One[workers.threads()];
        workers.run(to - from, to - from > 1, (worker, q) -> {
            if (each[worker] == null) {
                each[worker] = new One(data, tables, segment, mask);
            }
            each[worker].search(queries, from + q, (SearchParams.IvfPq) params[from + q], probes[q], into);
        });
    }

    /** The memory of one worker, and its search of one query. */
    private static final class One {
        private final IvfPqData data;
        private final int segment;
        private final RowMask mask;
        private final LookupTables.Tables tables;
        private final float[] sums = new float[CHUNK];

        One(IvfPqData data, LookupTables tables, int segment, RowMask mask) {
            this.data = data;
            this.tables = tables.new Tables();
            this.segment = segment;
            this.mask = mask;
        }

        void search(Matrix queries, int query, SearchParams.IvfPq params, int[] lists, TopK into) {
            int k = into.k(query);
            int keep = params.refine() == 0 ? k : Math.max(k, params.refine());
            Candidates candidates = new Candidates(new int[] {keep});
            tables.fill(queries, query);
            for (int list : lists) {
                Matrix centroids = data.model().centroids().rows();
                float constant = (float) ExactKernel.between(data.codeDistance(), queries, query, centroids, list);
                scan(candidates, data.lists().begin(list), data.lists().size(list), constant);
            }
            int count = candidates.finish(0);
            FlatData rows = data.rows();
            if (count < k && !candidates.dropped(0)) {
                compareAll(queries, query, lists, into); // few rows, or keys that float cannot hold
                return;
            }
            for (int i = 0; i < count; i++) {
                int row = candidates.row(0, i);
                double distance = params.refine() == 0 ? data.fromCode(candidates.key(0, i))
                        : ExactKernel.between(rows.distance(), queries, query, rows.rows(), row);
                into.offer(query, distance, TopK.at(segment, row));
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

        private void scan(Candidates candidates, int begin, int size, float constant) {
            int stride = data.model().quantizer().codeStride();
            for (int slot = begin; slot < begin + size; slot += CHUNK) {
                int count = Math.min(CHUNK, begin + size - slot);
                MemorySegment.copy(data.terms(), Matrix.FLOAT, slot * 4L, sums, 0, count);
                for (int g = 0; g < tables.groups.length; g++) {
                    long codes = data.codes().address() + (long) slot * stride + g * CodeKernel.GROUP;
                    CodeKernel.add(codes, stride, count, tables.groups[g], sums);
                }
                for (int i = 0; i < count; i += Tile.STRIP) {
                    // a little loose: here the constant leaves the threshold, in offer it joins the sum, and both round
                    float threshold = candidates.threshold(0);
                    float loose = (Math.abs(threshold) + Math.abs(constant)) * 0x1p-22f;
                    if (Tile.anyAtMost(sums, i, FloatPass.NO_START, threshold - constant + loose)) {
                        offer(candidates, i, Math.min(Tile.STRIP, count - i), slot, constant);
                    }
                }
            }
        }

        private void offer(Candidates candidates, int i, int count, int slot, float constant) {
            for (int j = i; j < i + count; j++) {
                float key = sums[j] + constant;
                if (key <= candidates.threshold(0)) {
                    int row = data.lists().row(slot + j); // ties go in order of rows, whatever their lists
                    if (mask == null || mask.allows(row)) {
                        candidates.offer(0, key, row);
                    }
                }
            }
        }
    }
}
