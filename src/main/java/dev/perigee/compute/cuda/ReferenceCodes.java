package dev.perigee.compute.cuda;

import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.ValueLayout;

/** What a search of codes must give: the float keys of the CPU (compute.simd.CodeKernel), in its order, one by one. */
final class ReferenceCodes {
    private static final int GROUP = 16;

    private final IvfPqData data;
    private final ProductQuantizer quantizer;
    private final Matrix queries;
    private final RowMask mask;
    private final boolean l2;

    ReferenceCodes(IvfPqData data, Matrix queries, RowMask mask) {
        this.data = data;
        this.quantizer = data.model().quantizer();
        this.queries = queries;
        this.mask = mask;
        this.l2 = data.codeDistance() == Distance.L2;
    }

    /** The k nearest of a query. */
    TopK search(int query, int k, SearchParams.IvfPq params) {
        FlatData centroids = data.model().centroids();
        TopK lists = new TopK(new int[] {Math.min(params.probes(), centroids.count())});
        for (int c = 0; c < centroids.count(); c++) {
            lists.offer(0, centroids.distance().between(queries, query, centroids.rows(), c), c);
        }
        float[] weights = queries.get(query);
        for (int t = 0; t < weights.length; t++) {
            weights[t] = l2 ? -2f * (weights[t] - centroids.mean().get(0, t)) : -weights[t];
        }
        TopK coded = new TopK(new int[] {params.refine() == 0 ? k : Math.max(k, params.refine())});
        TopK all = new TopK(new int[] {k});
        for (int j = 0; j < lists.size(0); j++) {
            int list = (int) lists.position(0, j);
            int begin = data.lists().begin(list);
            for (int slot = begin; slot < begin + data.lists().size(list); slot++) {
                int row = data.lists().row(slot);
                if (mask == null || mask.allows(row)) {
                    float key = sum(weights, slot) + (float) lists.distance(0, j);
                    if (key <= Float.MAX_VALUE) {
                        coded.offer(0, key + 0f, row);
                    }
                    all.offer(0, data.distance().between(queries, query, data.rows().rows(), row), row);
                }
            }
        }
        if (coded.size(0) < k) {
            return all; // few rows, or keys that float cannot hold
        }
        TopK top = new TopK(new int[] {k});
        for (int i = 0; i < coded.size(0); i++) {
            int row = (int) coded.position(0, i);
            double distance = params.refine() == 0 ? data.fromCode(coded.distance(0, i))
                    : data.distance().between(queries, query, data.rows().rows(), row);
            top.offer(0, distance, row);
        }
        return top;
    }

    private float sum(float[] weights, int slot) {
        float sum = data.terms().getAtIndex(ValueLayout.JAVA_FLOAT, slot);
        for (int group = 0; group < quantizer.codeStride(); group += GROUP) {
            float[] s = new float[4];
            for (int t = 0; t < 4; t++) {
                s[t] = looked(weights, slot, group + t) + looked(weights, slot, group + 4 + t);
                s[t] += looked(weights, slot, group + 8 + t) + looked(weights, slot, group + 12 + t);
            }
            sum += (s[0] + s[1]) + (s[2] + s[3]);
        }
        return sum;
    }

    private float looked(float[] weights, int slot, int b) {
        int value = data.codes().get(ValueLayout.JAVA_BYTE, (long) slot * quantizer.codeStride() + b) & 255;
        if (quantizer.bits() == 8) {
            return product(weights, b, value);
        }
        return product(weights, 2 * b, value & 15) + product(weights, 2 * b + 1, value >> 4);
    }

    private float product(float[] weights, int part, int word) {
        float sum = 0;
        for (int t = 0; part < quantizer.m() && t < quantizer.dsub(); t++) {
            float value = quantizer.codewords().get((part << quantizer.bits()) + word, t);
            sum = Math.fma(weights[part * quantizer.dsub() + t], value, sum);
        }
        return sum;
    }
}
