package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.get;
import static dev.perigee.compute.simd.Lanes.set;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;

/**
 * Queries as the tile wants them for one {@link FlatData} (see the table there): weight rows, constants, error bounds.
 *
 * @param address   weight rows, {@code stride} bytes each, zero behind dim
 * @param constants what a product and the row's start lack to a distance, per query
 * @param bounds    how far a key can be from the true distance, per query; infinite where float overflows
 */
record Weights(long address, long stride, float[] constants, double[] bounds) {
    /** Bytes that {@code count} rows of weights take. */
    static long bytes(int count, int dim) {
        return Matrix.bytes(count, dim);
    }

    /** Weights of queries {@code from} to {@code to}, at {@code address}. */
    static Weights of(FlatData data, Matrix queries, int from, int to, long address) {
        int dim = queries.dim();
        long stride = queries.stride();
        long mean = data.mean().address(0);
        float[] constants = new float[to - from];
        double[] bounds = new double[to - from];
        boolean l2 = data.distance() == Distance.L2;
        for (int i = from; i < to; i++) {
            long query = queries.address(i);
            long weight = address + (i - from) * stride;
            double length = 0;
            double constant = 0;
            for (int t = 0; t < stride / 4; t++) {
                float x = t < dim ? get(query + t * 4L) : 0f;
                float m = t < dim ? get(mean + t * 4L) : 0f;
                double y = l2 ? (double) x - m : x;
                set(weight + t * 4L, l2 ? -2f * (x - m) : -x);
                length += y * y;
                constant += l2 ? y * y : -(double) x * m;
            }
            constants[i - from] = (float) constant;
            bounds[i - from] = data.bound(Math.sqrt(length) * (1 + 1e-9), constant);
        }
        return new Weights(address, stride, constants, bounds);
    }

    long row(int query) {
        return address + query * stride;
    }
}
