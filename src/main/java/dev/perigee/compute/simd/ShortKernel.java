package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.get;

import dev.perigee.index.FlatData;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The nearest of some centroids to one short row, as the parts of a product quantiser are: all keys of a row are made from
 * centroids that lie k-major in the first-level cache, then those near the least are counted. Six times the speed of the
 * tile at dim 8, which spends its time on packing.
 */
final class ShortKernel {
    /** Longest rows that this is better for than the tile. */
    static final int MAX_DIM = 32;
    private static final int STEP = 2 * Lanes.COUNT;

    private final FlatData centroids;
    private final int dim;
    /** Centroids, rounded up to whole steps. */
    private final int size;
    /** [dim][size] */
    private final float[] words;
    private final float[] starts;
    private final float[] mean;

    ShortKernel(FlatData centroids) {
        this.centroids = centroids;
        this.dim = centroids.dim();
        this.size = (centroids.count() + STEP - 1) / STEP * STEP;
        this.words = new float[dim * size];
        this.starts = new float[size];
        this.mean = centroids.mean().get(0);
        Arrays.fill(starts, Float.POSITIVE_INFINITY);
        for (int c = 0; c < centroids.count(); c++) {
            starts[c] = get(centroids.starts().address() + c * 4L);
            for (int t = 0; t < dim; t++) {
                words[t * size + c] = get(centroids.rows().address(c) + t * 4L) - mean[t];
            }
        }
    }

    /** The memory to search for one row at a time. */
    final class Row {
        private final float[] weights = new float[dim];
        private final float[] keys = new float[size];

        /** The nearest centroid of the row at an address, or -1 where floats cannot tell. */
        int nearest(long row) {
            boolean l2 = centroids.distance() == dev.perigee.distance.Distance.L2;
            double square = 0;
            double constant = 0;
            for (int t = 0; t < dim; t++) {
                float x = get(row + t * 4L);
                double y = l2 ? (double) x - mean[t] : x;
                weights[t] = l2 ? -2f * (x - mean[t]) : -x;
                square += y * y;
                constant -= l2 ? 0 : (double) x * mean[t];
            }
            double bound = centroids.bound(Math.sqrt(square) * (1 + 1e-9), l2 ? square : constant);
            float least = keys(weights, words, starts, size, keys);
            return only(keys, size, least + 2.001f * (float) bound);
        }
    }

    /** All keys, and the least of them. */
    private static float keys(float[] weights, float[] words, float[] starts, int size, float[] keys) {
        FloatVector least = FloatVector.broadcast(FLOAT, Float.POSITIVE_INFINITY);
        for (int c = 0; c < size; c += STEP) {
            FloatVector a = FloatVector.zero(FLOAT);
            FloatVector b = FloatVector.zero(FLOAT);
            int word = c;
            for (int t = 0; t < weights.length; t++) {
                FloatVector x = FloatVector.broadcast(FLOAT, weights[t]);
                a = x.fma(FloatVector.fromArray(FLOAT, words, word), a);
                b = x.fma(FloatVector.fromArray(FLOAT, words, word + Lanes.COUNT), b);
                word += size;
            }
            a = a.add(FloatVector.fromArray(FLOAT, starts, c)); // last, as the bound assumes
            b = b.add(FloatVector.fromArray(FLOAT, starts, c + Lanes.COUNT));
            a.intoArray(keys, c);
            b.intoArray(keys, c + Lanes.COUNT);
            least = least.min(a).min(b);
        }
        return least.reduceLanes(VectorOperators.MIN);
    }

    /** The number of the only key up to {@code limit}, or -1 if there is none or more than one. */
    private static int only(float[] keys, int size, float limit) {
        int count = 0;
        int last = -1;
        for (int c = 0; c < size; c += Lanes.COUNT) {
            VectorMask<Float> near = FloatVector.fromArray(FLOAT, keys, c).compare(VectorOperators.LE, limit);
            if (near.anyTrue()) {
                count += near.trueCount();
                last = c + near.firstTrue();
            }
        }
        return count == 1 && limit < Float.POSITIVE_INFINITY ? last : -1;
    }
}
