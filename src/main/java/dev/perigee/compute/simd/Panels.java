package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.FLOAT;
import static dev.perigee.compute.simd.Lanes.MASK;
import static dev.perigee.compute.simd.Lanes.at;
import static dev.perigee.compute.simd.Lanes.broadcast;

import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Rows of weights that were packed once for many products. Every sum runs in ascending order, each step one fused multiply-add
 * from zero: a product has the same bits whether its row comes alone or with others, at any lane width.
 */
final class Panels {
    private static final long PANEL_STEP = Tile.PANEL * 4L;
    private static final long HALF_STEP = Tile.PANEL * 2L;
    /** From this many rows on, a tile costs less than reading the weights again for each of them. */
    private static final int TILE_FROM = 4;

    private final int dim;
    private final int strips;
    private final MemorySegment packed;

    Panels(Matrix weights) {
        this.dim = weights.dim();
        this.strips = (weights.rows() + Tile.STRIP - 1) / Tile.STRIP;
        // zeroed: columns beyond the last weight give zero products
        this.packed = Arena.ofAuto().allocate(strips * Tile.stripBytes(dim), Matrix.ALIGNMENT);
        for (int s = 0; s < strips; s++) {
            int first = s * Tile.STRIP;
            long strip = packed.address() + s * Tile.stripBytes(dim);
            Tile.packStrip(weights.address(first), weights.stride(), Math.min(Tile.STRIP, weights.rows() - first), dim, strip);
            pad(strip);
        }
    }

    /** What is multiplied beyond dim must not turn a sum of -0 into 0. */
    private void pad(long strip) {
        long panelBytes = PANEL_STEP * Tile.depth(dim);
        for (long panel = strip; panel < strip + Tile.stripBytes(dim); panel += panelBytes) {
            for (long at = panel + dim * PANEL_STEP; at < panel + panelBytes; at += 4) {
                Lanes.set(at, -0f);
            }
        }
    }

    /** Products of one row: weights rounded up to {@link Tile#STRIP}. */
    int columns() {
        return strips * Tile.STRIP;
    }

    long bytes() {
        return packed.byteSize();
    }

    /** Bytes that {@link #multiply} needs for {@code count} rows. */
    long scratchBytes(int count) {
        return count < TILE_FROM ? 0 : (count + Tile.QUERIES - 1) / Tile.QUERIES * Tile.groupBytes(dim);
    }

    /**
     * Products of {@code count} rows at {@code rows} with all weights.
     *
     * @param stride  bytes from row to row; what lies between dim and the next multiple of four is zero
     * @param scratch {@link #scratchBytes}
     * @param into    [count] rows of {@link #columns}, {@code intoStride} bytes apart
     */
    void multiply(long rows, long stride, int count, long scratch, long into, long intoStride) {
        if (count < TILE_FROM) {
            for (int i = 0; i < count; i++) {
                single(rows + i * stride, into + i * intoStride);
            }
            return;
        }
        for (int i = 0; i < count; i += Tile.QUERIES) {
            Tile.packGroup(rows + i * stride, stride, Math.min(Tile.QUERIES, count - i), dim,
                    scratch + i / Tile.QUERIES * Tile.groupBytes(dim));
        }
        float[] products = new float[Tile.QUERIES * Tile.STRIP];
        for (int s = 0; s < strips; s++) {
            long strip = packed.address() + s * Tile.stripBytes(dim);
            for (int i = 0; i < count; i += Tile.QUERIES) {
                Tile.multiply(scratch + i / Tile.QUERIES * Tile.groupBytes(dim), strip, dim, products);
                for (int j = 0; j < Math.min(Tile.QUERIES, count - i); j++) {
                    Tile.storeStrip(products, j * Tile.STRIP, into + (i + j) * intoStride + s * Tile.STRIP * 4L);
                }
            }
        }
    }

    private void single(long row, long into) {
        long end = row + Tile.depth(dim) * 4L;
        long panelBytes = PANEL_STEP * Tile.depth(dim);
        int panels = strips * (Tile.STRIP / Tile.PANEL);
        int p = 0;
        for (; p + 2 < panels; p += 4) {
            int last = Math.min(p + 3, panels - 1); // a third one that is the last is made twice, as an odd last one below
            long weights = packed.address() + p * panelBytes;
            four(row, end, weights, weights + panelBytes, weights + 2 * panelBytes, packed.address() + last * panelBytes,
                    into + p * PANEL_STEP, into + last * PANEL_STEP);
        }
        if (p < panels) {
            int other = Math.min(p + 1, panels - 1);
            two(row, end, packed.address() + p * panelBytes, packed.address() + other * panelBytes, into + p * PANEL_STEP,
                    into + other * PANEL_STEP);
        }
    }

    /** One row with two panels: four sums at a time hide most of what each step waits for the one before. */
    private static void two(long x, long end, long a, long b, long into, long otherInto) {
        FloatVector a0 = FloatVector.zero(FLOAT);
        FloatVector a1 = FloatVector.zero(FLOAT);
        FloatVector b0 = FloatVector.zero(FLOAT);
        FloatVector b1 = FloatVector.zero(FLOAT);
        FloatVector w;
        while (x != end) {
            long p = a & MASK;
            long q = b & MASK;
            w = broadcast(x & MASK);
            a0 = w.fma(at(p), a0);
            a1 = w.fma(at(p + HALF_STEP), a1);
            b0 = w.fma(at(q), b0);
            b1 = w.fma(at(q + HALF_STEP), b1);
            x += 4;
            a += PANEL_STEP;
            b += PANEL_STEP;
        }
        store(a0, a1, into);
        store(b0, b1, otherInto);
    }

    /** One row with four panels: eight sums at a time hide that each step waits for the one before. */
    private static void four(long x, long end, long a, long b, long c, long d, long into, long intoD) {
        FloatVector a0 = FloatVector.zero(FLOAT);
        FloatVector a1 = FloatVector.zero(FLOAT);
        FloatVector b0 = FloatVector.zero(FLOAT);
        FloatVector b1 = FloatVector.zero(FLOAT);
        FloatVector c0 = FloatVector.zero(FLOAT);
        FloatVector c1 = FloatVector.zero(FLOAT);
        FloatVector d0 = FloatVector.zero(FLOAT);
        FloatVector d1 = FloatVector.zero(FLOAT);
        FloatVector w;
        while (x != end) {
            w = broadcast(x & MASK);
            a0 = w.fma(at(a & MASK), a0);
            a1 = w.fma(at((a & MASK) + HALF_STEP), a1);
            b0 = w.fma(at(b & MASK), b0);
            b1 = w.fma(at((b & MASK) + HALF_STEP), b1);
            c0 = w.fma(at(c & MASK), c0);
            c1 = w.fma(at((c & MASK) + HALF_STEP), c1);
            d0 = w.fma(at(d & MASK), d0);
            d1 = w.fma(at((d & MASK) + HALF_STEP), d1);
            x += 4;
            a += PANEL_STEP;
            b += PANEL_STEP;
            c += PANEL_STEP;
            d += PANEL_STEP;
        }
        store(a0, a1, into);
        store(b0, b1, into + PANEL_STEP);
        store(c0, c1, into + 2 * PANEL_STEP);
        store(d0, d1, intoD);
    }

    private static void store(FloatVector low, FloatVector high, long into) {
        low.intoMemorySegment(ALL, into & MASK, ByteOrder.LITTLE_ENDIAN);
        high.intoMemorySegment(ALL, (into & MASK) + HALF_STEP, ByteOrder.LITTLE_ENDIAN);
    }
}
