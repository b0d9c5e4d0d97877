package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.at;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** What one core can do at most, measured with the same vectors: fused operations and reading memory. */
final class Ceilings {
    private static final long VECTOR = Lanes.COUNT * 4L;

    private static final VectorSpecies<Short> SHORT = VectorSpecies.of(short.class, FLOAT.vectorShape());

    private Ceilings() {
    }

    /** Twelve independent chains, enough to hide the latency of every operation; returns something that depends on all. */
    static float fma(long steps) {
        FloatVector x = FloatVector.broadcast(FLOAT, 0.999999f);
        FloatVector y = FloatVector.broadcast(FLOAT, 1e-6f);
        FloatVector a = y;
        FloatVector b = y;
        FloatVector c = y;
        FloatVector d = y;
        FloatVector e = y;
        FloatVector f = y;
        FloatVector g = y;
        FloatVector h = y;
        FloatVector i = y;
        FloatVector j = y;
        FloatVector k = y;
        FloatVector l = y;
        while (steps != 0) {
            a = a.fma(x, y);
            b = b.fma(x, y);
            c = c.fma(x, y);
            d = d.fma(x, y);
            e = e.fma(x, y);
            f = f.fma(x, y);
            g = g.fma(x, y);
            h = h.fma(x, y);
            i = i.fma(x, y);
            j = j.fma(x, y);
            k = k.fma(x, y);
            l = l.fma(x, y);
            steps--;
        }
        a = a.add(b).add(c).add(d).add(e).add(f);
        g = g.add(h).add(i).add(j).add(k).add(l);
        return a.add(g).reduceLanes(VectorOperators.ADD);
    }

    /** Floating-point operations of {@link #fma}. */
    static double fmaOperations(long steps) {
        return 2.0 * 12 * Lanes.COUNT * steps;
    }

    /** The same of 16-bit integers, whose product and sum are two operations. */
    static long shorts(long steps) {
        ShortVector x = ShortVector.broadcast(SHORT, (short) 3);
        ShortVector y = ShortVector.broadcast(SHORT, (short) 1);
        ShortVector a = y;
        ShortVector b = y;
        ShortVector c = y;
        ShortVector d = y;
        ShortVector e = y;
        ShortVector f = y;
        ShortVector g = y;
        ShortVector h = y;
        ShortVector i = y;
        ShortVector j = y;
        ShortVector k = y;
        ShortVector l = y;
        while (steps != 0) {
            a = a.mul(x).add(y);
            b = b.mul(x).add(y);
            c = c.mul(x).add(y);
            d = d.mul(x).add(y);
            e = e.mul(x).add(y);
            f = f.mul(x).add(y);
            g = g.mul(x).add(y);
            h = h.mul(x).add(y);
            i = i.mul(x).add(y);
            j = j.mul(x).add(y);
            k = k.mul(x).add(y);
            l = l.mul(x).add(y);
            steps--;
        }
        a = a.add(b).add(c).add(d).add(e).add(f);
        g = g.add(h).add(i).add(j).add(k).add(l);
        return a.add(g).reduceLanes(VectorOperators.ADD);
    }

    /** Multiply-adds of {@link #shorts}. */
    static double shortOperations(long steps) {
        return 12.0 * SHORT.length() * steps;
    }

    /** Adds up all floats from {@code from} to {@code to}, a multiple of 256 bytes apart. */
    static float read(long from, long to) {
        FloatVector a = FloatVector.zero(FLOAT);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        while (from != to) {
            long p = from & MASK;
            a = a.add(at(p));
            b = b.add(at(p + VECTOR));
            c = c.add(at(p + 2 * VECTOR));
            d = d.add(at(p + 3 * VECTOR));
            from += 4 * VECTOR;
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }
}
