package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.JavaSqTile.INT;
import static dev.perigee.compute.simd.JavaSqTile.LINE;
import static dev.perigee.compute.simd.JavaSqTile.LOW;
import static dev.perigee.compute.simd.JavaSqTile.VECTOR;
import static dev.perigee.compute.simd.JavaSqTile.WORDS;
import static dev.perigee.compute.simd.JavaSqTile.at;
import static dev.perigee.compute.simd.JavaSqTile.query;
import static dev.perigee.compute.simd.JavaSqTile.store;
import static dev.perigee.compute.simd.JavaSqTile.wide;
import static dev.perigee.compute.simd.Lanes.MASK;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Sums of products of codes of 6 bits with queries of 8. A product is at most 63 x 127, so four fit in 16 bits: sums are widened
 * every 8 dims.
 */
final class Sums6 {
    private Sums6() {
    }

    /** As {@link Sums5#add}, without zeros. */
    static void add(long queries, int count, long x, long y, int dims, long out) {
        long end = x + dims / 4 * LINE;
        switch (count) {
            case 1 -> one(queries, x, y, end, out);
            case 2 -> two(queries, x, y, end, out);
            default -> three(queries, x, y, end, out);
        }
    }

    private static void one(long query, long x, long y, long end, long out) {
        IntVector zero = IntVector.zero(INT);
        IntVector a0 = zero;
        IntVector b0 = zero;
        ShortVector u;
        ShortVector w;
        ShortVector v;
        ShortVector s0;
        ShortVector t0;
        while (x != end) {
            long q = query & MASK;
            long p = x & MASK;
            long r = y & MASK;
            ShortVector x0 = at(p);
            ShortVector y0 = at(r);
            u = x0.and(LOW);
            w = y0.and(LOW);
            v = query(q);
            s0 = u.mul(v);
            t0 = w.mul(v);
            u = x0.lanewise(VectorOperators.LSHR, 8);
            w = y0.lanewise(VectorOperators.LSHR, 8);
            v = query(q + 4);
            s0 = s0.add(u.mul(v));
            t0 = t0.add(w.mul(v));
            ShortVector x1 = at(p + LINE);
            ShortVector y1 = at(r + LINE);
            u = x1.and(LOW);
            w = y1.and(LOW);
            v = query(q + 8);
            s0 = s0.add(u.mul(v));
            t0 = t0.add(w.mul(v));
            u = x1.lanewise(VectorOperators.LSHR, 8);
            w = y1.lanewise(VectorOperators.LSHR, 8);
            v = query(q + 12);
            s0 = s0.add(u.mul(v));
            t0 = t0.add(w.mul(v));
            a0 = a0.add(wide(s0));
            b0 = b0.add(wide(t0));
            query += 2 * WORDS;
            x += 2 * LINE;
            y += 2 * LINE;
        }
        long o = out & MASK;
        store(a0, o);
        store(b0, o + VECTOR);
    }

    private static void two(long query, long x, long y, long end, long out) {
        IntVector zero = IntVector.zero(INT);
        IntVector a0 = zero;
        IntVector b0 = zero;
        IntVector a1 = zero;
        IntVector b1 = zero;
        ShortVector u;
        ShortVector w;
        ShortVector v;
        ShortVector s0;
        ShortVector t0;
        ShortVector s1;
        ShortVector t1;
        while (x != end) {
            long q = query & MASK;
            long p = x & MASK;
            long r = y & MASK;
            ShortVector x0 = at(p);
            ShortVector y0 = at(r);
            u = x0.and(LOW);
            w = y0.and(LOW);
            v = query(q);
            s0 = u.mul(v);
            t0 = w.mul(v);
            v = query(q + 8);
            s1 = u.mul(v);
            t1 = w.mul(v);
            u = x0.lanewise(VectorOperators.LSHR, 8);
            w = y0.lanewise(VectorOperators.LSHR, 8);
            v = query(q + 4);
            s0 = s0.add(u.mul(v));
            t0 = t0.add(w.mul(v));
            v = query(q + 12);
            s1 = s1.add(u.mul(v));
            t1 = t1.add(w.mul(v));
            ShortVector x1 = at(p + LINE);
            ShortVector y1 = at(r + LINE);
            u = x1.and(LOW);
            w = y1.and(LOW);
            v = query(q + 16);
            s0 = s0.add(u.mul(v));
            t0 = t0.add(w.mul(v));
            v = query(q + 24);
            s1 = s1.add(u.mul(v));
            t1 = t1.add(w.mul(v));
            u = x1.lanewise(VectorOperators.LSHR, 8);
            w = y1.lanewise(VectorOperators.LSHR, 8);
            v = query(q + 20);
            s0 = s0.add(u.mul(v));
            t0 = t0.add(w.mul(v));
            v = query(q + 28);
            s1 = s1.add(u.mul(v));
            t1 = t1.add(w.mul(v));
            a0 = a0.add(wide(s0));
            b0 = b0.add(wide(t0));
            a1 = a1.add(wide(s1));
            b1 = b1.add(wide(t1));
            query += 4 * WORDS;
            x += 2 * LINE;
            y += 2 * LINE;
        }
        long o = out & MASK;
        store(a0, o);
        store(b0, o + VECTOR);
        store(a1, o + 128);
        store(b1, o + 128 + VECTOR);
    }

    private static void three(long query, long x, long y, long end, long out) {
        IntVector zero = IntVector.zero(INT);
        IntVector a0 = zero;
        IntVector b0 = zero;
        IntVector a1 = zero;
        IntVector b1 = zero;
        IntVector a2 = zero;
        IntVector b2 = zero;
        ShortVector u;
        ShortVector w;
        ShortVector v;
        ShortVector s0;
        ShortVector t0;
        ShortVector s1;
        ShortVector t1;
        ShortVector s2;
        ShortVector t2;
        while (x != end) {
            long q = query & MASK;
            long p = x & MASK;
            long r = y & MASK;
            ShortVector x0 = at(p);
            ShortVector y0 = at(r);
            u = x0.and(LOW);
            w = y0.and(LOW);
            v = query(q);
            s0 = u.mul(v);
            t0 = w.mul(v);
            v = query(q + 8);
            s1 = u.mul(v);
            t1 = w.mul(v);
            v = query(q + 16);
            s2 = u.mul(v);
            t2 = w.mul(v);
            u = x0.lanewise(VectorOperators.LSHR, 8);
            w = y0.lanewise(VectorOperators.LSHR, 8);
            v = query(q + 4);
            s0 = s0.add(u.mul(v));
            t0 = t0.add(w.mul(v));
            v = query(q + 12);
            s1 = s1.add(u.mul(v));
            t1 = t1.add(w.mul(v));
            v = query(q + 20);
            s2 = s2.add(u.mul(v));
            t2 = t2.add(w.mul(v));
            ShortVector x1 = at(p + LINE);
            ShortVector y1 = at(r + LINE);
            u = x1.and(LOW);
            w = y1.and(LOW);
            v = query(q + 24);
            s0 = s0.add(u.mul(v));
            t0 = t0.add(w.mul(v));
            v = query(q + 32);
            s1 = s1.add(u.mul(v));
            t1 = t1.add(w.mul(v));
            v = query(q + 40);
            s2 = s2.add(u.mul(v));
            t2 = t2.add(w.mul(v));
            u = x1.lanewise(VectorOperators.LSHR, 8);
            w = y1.lanewise(VectorOperators.LSHR, 8);
            v = query(q + 28);
            s0 = s0.add(u.mul(v));
            t0 = t0.add(w.mul(v));
            v = query(q + 36);
            s1 = s1.add(u.mul(v));
            t1 = t1.add(w.mul(v));
            v = query(q + 44);
            s2 = s2.add(u.mul(v));
            t2 = t2.add(w.mul(v));
            a0 = a0.add(wide(s0));
            b0 = b0.add(wide(t0));
            a1 = a1.add(wide(s1));
            b1 = b1.add(wide(t1));
            a2 = a2.add(wide(s2));
            b2 = b2.add(wide(t2));
            query += 6 * WORDS;
            x += 2 * LINE;
            y += 2 * LINE;
        }
        long o = out & MASK;
        store(a0, o);
        store(b0, o + VECTOR);
        store(a1, o + 128);
        store(b1, o + 128 + VECTOR);
        store(a2, o + 256);
        store(b2, o + 256 + VECTOR);
    }
}
