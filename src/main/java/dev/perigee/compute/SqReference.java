package dev.perigee.compute;

import dev.perigee.index.IvfSqData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.SearchParams;
import dev.perigee.index.SqModel;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/** IVF-SQ as {@link SqModel} and {@link IvfSqData} define it, word by word: what other backends are tested against. */
public final class SqReference {
    private final IvfSqData data;
    private final SqModel model;
    private final int segment;
    private final RowMask mask;

    /** @param mask which rows may be returned; null = all */
    public SqReference(IvfSqData data, int segment, RowMask mask) {
        this.data = data;
        this.model = data.model();
        this.segment = segment;
        this.mask = mask;
    }

    /** Merges the neighbours of a query of a batch into {@code into}. */
    public void search(SearchBatch batch, int q, TopK into) {
        SearchParams.IvfSq params = (SearchParams.IvfSq) batch.params()[q];
        float[] y = coordinates(batch.queries(), q);
        float[] products = new float[model.lists()];
        int[] lists = probes(y, params.probes(), products);
        TopK coded = new TopK(new int[] {Math.max(params.refine(), into.k(q))});
        for (int list : lists) {
            offer(list, y, products[list], coded);
        }
        if (coded.size(0) < into.k(q)) {
            for (int list : lists) {
                compareAll(list, batch.queries(), q, into);
            }
        }
        for (int i = 0; i < coded.size(0); i++) {
            compare((int) coded.position(0, i), batch.queries(), q, into);
        }
    }

    /** [dims] */
    public float[] coordinates(Matrix queries, int q) {
        float[] y = new float[model.dims()];
        for (int j = 0; j < y.length; j++) {
            y[j] = ComputeBackend.coordinate(queries, q, model.mean(), model.axes(), j);
        }
        return y;
    }

    /** The lists that are probed, nearest first; {@code products} [lists] gets y . centroid of every list. */
    public int[] probes(float[] y, int count, float[] products) {
        TopK keys = new TopK(new int[] {Math.min(count, model.lists())});
        for (int l = 0; l < model.lists(); l++) {
            float sum = 0;
            for (int j = 0; j < y.length; j++) {
                sum = Math.fma(y[j], model.centroids().get(l, j), sum);
            }
            products[l] = sum;
            keys.offer(0, Math.fma(-2f, sum, model.starts().get(Matrix.FLOAT, l * 4L)), l);
        }
        return IntStream.range(0, keys.size(0)).map(i -> (int) keys.position(0, i)).toArray();
    }

    private void offer(int list, float[] y, float product, TopK coded) {
        float most = 0;
        for (int j = 0; j < y.length; j++) {
            most = Math.max(most, Math.abs(y[j] - model.centroids().get(list, j)));
        }
        float unit = most / model.queryMax();
        float quotient = model.queryMax() / most;
        float inverse = quotient <= Float.MAX_VALUE ? quotient : 0;
        int[] v = new int[y.length];
        int sum = 0;
        for (int j = 0; j < y.length; j++) {
            v[j] = (int) Math.rint((y[j] - model.centroids().get(list, j)) * inverse);
            sum += v[j];
        }
        float scale = -2f * (data.steps().get(Matrix.FLOAT, list * 4L) * unit);
        float add = Math.fma(-2f * (data.lows().get(Matrix.FLOAT, list * 4L) * unit), (float) sum, -2f * product);
        InvertedLists lists = data.lists();
        for (int slot = lists.begin(list); slot < lists.begin(list) + lists.size(list); slot++) {
            float key = Math.fma(scale, (float) product(v, slot), data.terms().get(Matrix.FLOAT, slot * 4L) + add);
            if (allows(lists.row(slot)) && Float.isFinite(key)) {
                coded.offer(0, key, lists.row(slot));
            }
        }
    }

    private int product(int[] v, int slot) {
        int sum = 0;
        for (int j = 0; j < v.length; j++) {
            sum += v[j] * data.codes().get(ValueLayout.JAVA_BYTE, IvfSqData.at(slot, j, v.length));
        }
        return sum;
    }

    private boolean allows(int row) {
        return mask == null || mask.allows(row);
    }

    private void compareAll(int list, Matrix queries, int q, TopK into) {
        InvertedLists lists = data.lists();
        for (int slot = lists.begin(list); slot < lists.begin(list) + lists.size(list); slot++) {
            if (allows(lists.row(slot))) {
                compare(lists.row(slot), queries, q, into);
            }
        }
    }

    private void compare(int row, Matrix queries, int q, TopK into) {
        into.offer(q, data.distance().between(queries, q, data.rows().rows(), row), TopK.at(segment, row));
    }
}
