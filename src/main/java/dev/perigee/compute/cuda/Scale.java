package dev.perigee.compute.cuda;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;

/**
 * Powers of two that bring rows and queries into the range of fp16; see {@code native/cuda/ingest.cu}.
 *
 * @param rows    brings the longest row below 2^15: full precision down to 2^-29 of it
 * @param queries of weights, for L2: a query as far from the centre as the longest row comes to 2^2, so one 2^13 times as far
 *                is still held; 0 for inner product and cosine: each query has its own
 * @param starts  of squared lengths; 0 for inner product and cosine, whose rows all start at 0
 * @param accumulation how far a sum of dim products in float32 on tensor cores may be off, relative to the sum of their
 *                     sizes. Tensor cores may cut where others round, and at other bits; two units for each addition cover it
 */
record Scale(double rows, double queries, double starts, float accumulation) {
    static Scale of(FlatData data, Centre centre) {
        int exponent = centre.radius() == 0 ? 0 : Math.getExponent(centre.radius());
        double rows = Math.scalb(1.0, 14 - exponent);
        double queries = data.distance() == Distance.L2 ? Math.scalb(1.0, -exponent) : 0;
        return new Scale(rows, queries, rows * queries, (data.dim() + 24) * 0x1p-22f);
    }
}
