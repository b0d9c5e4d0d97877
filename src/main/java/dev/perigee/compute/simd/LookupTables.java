package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;

import dev.perigee.distance.Distance;
import dev.perigee.index.IvfModel;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Look-up tables of a query for the codes of an IVF-PQ model: -2 (query - mean) . word, for inner product - query . word.
 */
final class LookupTables {
    private final IvfModel model;
    private final ProductQuantizer quantizer;
    private final Distance distance;
    /** [m][dsub][words]: k-major, so that a vector holds one value of several words. */
    private final float[] words;
    private final int groups;
    /** Of a group. */
    private final int entries;
    private final ConcurrentLinkedDeque<Tables> idle = new ConcurrentLinkedDeque<>();

    /** The tables of the model that was asked for last: each snapshot of a collection has the model of the one before. */
    static final class Cache {
        private LookupTables last;

        synchronized LookupTables of(IvfModel model, Distance distance) {
            if (last == null || last.model != model || last.distance != distance) {
                last = new LookupTables(model, distance);
            }
            return last;
        }
    }

    /** @param distance of the codes: L2 or INNER_PRODUCT */
    LookupTables(IvfModel model, Distance distance) {
        this.model = model;
        this.quantizer = model.quantizer();
        this.distance = distance;
        this.groups = quantizer.codeStride() / CodeKernel.GROUP;
        this.entries = quantizer.bits() == 8 ? CodeKernel.TABLE : CodeKernel.SHORT_TABLE;
        int size = quantizer.size();
        int dsub = quantizer.dsub();
        this.words = new float[quantizer.m() * dsub * size];
        for (int part = 0; part < quantizer.m(); part++) {
            for (int c = 0; c < size; c++) {
                for (int t = 0; t < dsub; t++) {
                    words[(part * dsub + t) * size + c] = quantizer.codewords().get(part * size + c, t);
                }
            }
        }
    }

    /** Bytes of the tables of a query. */
    long bytes() {
        return (long) groups * entries * 4;
    }

    /** Tables on the heap that nobody uses now, or new ones. */
    Tables take() {
        Tables tables = idle.pollFirst();
        return tables == null ? new Tables() : tables;
    }

    /**
     * Makes the tables of some queries, part by part, so that the words of a part are read from the first-level cache by all but
     * the first of them.
     *
     * @param to {@link #bytes} for each: tables of 16 code bytes after those before, zero where no part is
     */
    void fill(Matrix queries, int[] some, long to) {
        float[][] weights = new float[some.length][];
        Arrays.setAll(weights, q -> weights(queries, some[q]));
        int size = quantizer.size();
        int dsub = quantizer.dsub();
        for (int part = 0; part < quantizer.m(); part++) {
            for (int q = 0; q < some.length; q++) {
                CodeKernel.products(weights[q], part * dsub, dsub, words, part * size * dsub, size,
                        to + q * bytes() + (long) part * size * 4);
            }
        }
        long made = (long) quantizer.m() * size * 4;
        for (int q = 0; q < some.length; q++) {
            ALL.asSlice(to + q * bytes() + made, bytes() - made).fill((byte) 0);
        }
    }

    private float[] weights(Matrix queries, int query) {
        float[] weights = new float[model.dim()];
        for (int t = 0; t < weights.length; t++) {
            float x = queries.get(query, t);
            weights[t] = distance == Distance.L2 ? -2f * (x - model.centroids().mean().get(0, t)) : -x;
        }
        return weights;
    }

    /** Tables on the heap, for one query at a time. */
    final class Tables implements AutoCloseable {
        /** Those of 16 code bytes each, zero where no part is. */
        final float[][] groups = new float[LookupTables.this.groups][LookupTables.this.entries];

        /** Makes the tables of one query. */
        void fill(Matrix queries, int query) {
            float[] weights = weights(queries, query);
            int size = quantizer.size();
            int dsub = quantizer.dsub();
            for (int part = 0; part < quantizer.m(); part++) {
                int o = part * size;
                CodeKernel.products(weights, part * dsub, dsub, words, o * dsub, size, groups[o / entries], o % entries);
            }
        }

        /** Gives them back to {@link #take}. */
        @Override
        public void close() {
            idle.addFirst(this);
        }
    }
}
