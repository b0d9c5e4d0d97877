package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.JavaSqTile.LINE;
import static dev.perigee.compute.simd.JavaSqTile.LOW;
import static dev.perigee.compute.simd.JavaSqTile.SHORT;
import static dev.perigee.compute.simd.JavaSqTile.VECTOR;
import static dev.perigee.compute.simd.JavaSqTile.WORDS;
import static dev.perigee.compute.simd.JavaSqTile.at;
import static dev.perigee.compute.simd.JavaSqTile.ints;
import static dev.perigee.compute.simd.JavaSqTile.query;
import static dev.perigee.compute.simd.JavaSqTile.store;
import static dev.perigee.compute.simd.JavaSqTile.wide;
import static dev.perigee.compute.simd.Lanes.MASK;

import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Sums of products of codes of 5 bits with queries of 6. A product is at most 31 x 31, so 34 fit in 16 bits: 64 dims, 32 of
 * them to each half of a lane, are added before sums are widened.
 */
final class Sums5 {
    private static final int DIMS_AT_ONCE = 64;

    private Sums5() {
    }

    /**
     * Sums of {@code count} queries, 1 to 3, with two vectors of rows.
     *
     * @param x     where the codes of the first vector of rows begin; the next four dims are a {@code LINE} away
     * @param zeros as many zeros as there are sums
     * @param out   [count, 32] int32, of which the first two vectors of each query are written
     */
    static void add(long queries, int count, long x, long y, int dims, long zeros, long out) {
        long from = zeros;
        for (int done = 0; done < dims; done += DIMS_AT_ONCE) {
            long end = x + Math.min(DIMS_AT_ONCE, dims - done) / 4 * LINE;
            switch (count) {
                case 1 -> one(queries, x, y, end, from, out);
                case 2 -> two(queries, x, y, end, from, out);
                default -> three(queries, x, y, end, from, out);
            }
            queries += DIMS_AT_ONCE / 4 * count * WORDS;
            y += end - x;
            x = end;
            from = out;
        }
    }

    private static void one(long query, long x, long y, long end, long from, long out) {
        ShortVector zero = ShortVector.zero(SHORT);
        ShortVector a0 = zero;
        ShortVector b0 = zero;
        ShortVector u;
        ShortVector w;
        ShortVector v;
        while (x != end) {
            long q = query & MASK;
            ShortVector xs = at(x & MASK);
            ShortVector ys = at(y & MASK);
            u = xs.and(LOW);
            w = ys.and(LOW);
            v = query(q);
            a0 = a0.add(u.mul(v));
            b0 = b0.add(w.mul(v));
            u = xs.lanewise(VectorOperators.LSHR, 8);
            w = ys.lanewise(VectorOperators.LSHR, 8);
            v = query(q + 4);
            a0 = a0.add(u.mul(v));
            b0 = b0.add(w.mul(v));
            query += WORDS;
            x += LINE;
            y += LINE;
        }
        long f = from & MASK;
        long o = out & MASK;
        store(wide(a0).add(ints(f)), o);
        store(wide(b0).add(ints(f + VECTOR)), o + VECTOR);
    }

    private static void two(long query, long x, long y, long end, long from, long out) {
        ShortVector zero = ShortVector.zero(SHORT);
        ShortVector a0 = zero;
        ShortVector b0 = zero;
        ShortVector a1 = zero;
        ShortVector b1 = zero;
        ShortVector u;
        ShortVector w;
        ShortVector v;
        while (x != end) {
            long q = query & MASK;
            ShortVector xs = at(x & MASK);
            ShortVector ys = at(y & MASK);
            u = xs.and(LOW);
            w = ys.and(LOW);
            v = query(q);
            a0 = a0.add(u.mul(v));
            b0 = b0.add(w.mul(v));
            v = query(q + 8);
            a1 = a1.add(u.mul(v));
            b1 = b1.add(w.mul(v));
            u = xs.lanewise(VectorOperators.LSHR, 8);
            w = ys.lanewise(VectorOperators.LSHR, 8);
            v = query(q + 4);
            a0 = a0.add(u.mul(v));
            b0 = b0.add(w.mul(v));
            v = query(q + 12);
            a1 = a1.add(u.mul(v));
            b1 = b1.add(w.mul(v));
            query += 2 * WORDS;
            x += LINE;
            y += LINE;
        }
        long f = from & MASK;
        long o = out & MASK;
        store(wide(a0).add(ints(f)), o);
        store(wide(b0).add(ints(f + VECTOR)), o + VECTOR);
        store(wide(a1).add(ints(f + 128)), o + 128);
        store(wide(b1).add(ints(f + 128 + VECTOR)), o + 128 + VECTOR);
    }

    private static void three(long query, long x, long y, long end, long from, long out) {
        ShortVector zero = ShortVector.zero(SHORT);
        ShortVector a0 = zero;
        ShortVector b0 = zero;
        ShortVector a1 = zero;
        ShortVector b1 = zero;
        ShortVector a2 = zero;
        ShortVector b2 = zero;
        ShortVector u;
        ShortVector w;
        ShortVector v;
        while (x != end) {
            long q = query & MASK;
            ShortVector xs = at(x & MASK);
            ShortVector ys = at(y & MASK);
            u = xs.and(LOW);
            w = ys.and(LOW);
            v = query(q);
            a0 = a0.add(u.mul(v));
            b0 = b0.add(w.mul(v));
            v = query(q + 8);
            a1 = a1.add(u.mul(v));
            b1 = b1.add(w.mul(v));
            v = query(q + 16);
            a2 = a2.add(u.mul(v));
            b2 = b2.add(w.mul(v));
            u = xs.lanewise(VectorOperators.LSHR, 8);
            w = ys.lanewise(VectorOperators.LSHR, 8);
            v = query(q + 4);
            a0 = a0.add(u.mul(v));
            b0 = b0.add(w.mul(v));
            v = query(q + 12);
            a1 = a1.add(u.mul(v));
            b1 = b1.add(w.mul(v));
            v = query(q + 20);
            a2 = a2.add(u.mul(v));
            b2 = b2.add(w.mul(v));
            query += 3 * WORDS;
            x += LINE;
            y += LINE;
        }
        long f = from & MASK;
        long o = out & MASK;
        store(wide(a0).add(ints(f)), o);
        store(wide(b0).add(ints(f + VECTOR)), o + VECTOR);
        store(wide(a1).add(ints(f + 128)), o + 128);
        store(wide(b1).add(ints(f + 128 + VECTOR)), o + 128 + VECTOR);
        store(wide(a2).add(ints(f + 256)), o + 256);
        store(wide(b2).add(ints(f + 256 + VECTOR)), o + 256 + VECTOR);
    }
}
