package dev.perigee.compute.simd;

import dev.perigee.distance.Distance;
import dev.perigee.index.IvfModel;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;

/**
 * Look-up tables of a query for the codes of an IVF-PQ model: -2 (query - mean) . word, for inner product - query . word.
 * Codes of 4 bits are looked up by the byte, two parts at once, so both widths share one scan.
 */
final class LookupTables {
    private final IvfModel model;
    private final ProductQuantizer quantizer;
    private final Distance distance;
    /** [m][dsub][words]: k-major, so that a vector holds one value of several words. */
    private final float[] words;
    private final int groups;

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
        final float[][] groups = new float[LookupTables.this.groups][CodeKernel.TABLE];
        private final float[] weights = new float[model.dim()];
        private final float[] narrow = new float[16 * quantizer.m()];

        /** Makes the tables of one query. */
        void fill(Matrix queries, int query) {
            for (int t = 0; t < weights.length; t++) {
                float x = queries.get(query, t);
                weights[t] = distance == Distance.L2 ? -2f * (x - model.centroids().mean().get(0, t)) : -x;
            }
            int size = quantizer.size();
            int dsub = quantizer.dsub();
            for (int part = 0; part < quantizer.m(); part++) {
                float[] out = quantizer.bits() == 8 ? groups[part / 16] : narrow;
                int o = quantizer.bits() == 8 ? part % 16 * 256 : part * 16;
                CodeKernel.products(weights, part * dsub, dsub, words, part * dsub * size, size, out, o);
            }
            if (quantizer.bits() == 4) {
                pair();
            }
        }

        /** Table of byte b: the word b mod 16 of the even part plus the word b / 16 of the odd one. */
        private void pair() {
            for (int b = 0; b < quantizer.codeBytes(); b++) {
                float[] out = groups[b / 16];
                for (int v = 0; v < 256; v++) {
                    float high = 2 * b + 1 < quantizer.m() ? narrow[(2 * b + 1) * 16 + (v >> 4)] : 0f;
                    out[b % 16 * 256 + v] = narrow[2 * b * 16 + (v & 15)] + high;
                }
            }
        }
    }
}
