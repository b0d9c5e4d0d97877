package dev.perigee.compute.simd;

import dev.perigee.distance.Distance;
import dev.perigee.index.IvfModel;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;

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

    /** Tables and the memory to make them, for one query at a time. */
    final class Tables {
        /** Those of 16 code bytes each, zero where no part is. */
        final float[][] groups = new float[LookupTables.this.groups][LookupTables.this.entries];
        private final float[] weights = new float[model.dim()];

        /** Makes the tables of one query. */
        void fill(Matrix queries, int query) {
            for (int t = 0; t < weights.length; t++) {
                float x = queries.get(query, t);
                weights[t] = distance == Distance.L2 ? -2f * (x - model.centroids().mean().get(0, t)) : -x;
            }
            int size = quantizer.size();
            int dsub = quantizer.dsub();
            for (int part = 0; part < quantizer.m(); part++) {
                int o = part * size;
                CodeKernel.products(weights, part * dsub, dsub, words, o * dsub, size, groups[o / entries], o % entries);
            }
        }
    }
}
