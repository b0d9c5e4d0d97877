package dev.perigee.compute.simd;

import static dev.perigee.compute.simd.Lanes.ALL;
import static dev.perigee.compute.simd.Lanes.MASK;

import dev.perigee.index.InvertedLists;
import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;

/** {@link FastScan} of 8 bits a part without bounds: sums every code. */
final class ByteScan implements FastScan {
    static final ByteScan ONLY = new ByteScan();

    /** Blocks whose sums are made before they are looked at: they stay in the first-level cache. */
    private static final int CHUNK = 8;

    private ByteScan() {
    }

    @Override
    public String name() {
        return "java";
    }

    @Override
    public boolean bounds() {
        return false;
    }

    @Override
    public int scan(long queries, float[][][] tables, int count, Codes codes, int from, int to) {
        float[] sums = new float[CHUNK * BLOCK];
        while (from < to) {
            int blocks = Math.min(CHUNK, to - from);
            for (int i = 0; i < count; i++) {
                if (FastScan.full(queries + i * QUERY_BYTES, blocks * BLOCK)) {
                    return from; // a buffer has room for so many once it was cut
                }
            }
            for (int i = 0; i < count; i++) {
                sum(tables[i], codes, from, blocks, sums);
                for (int b = 0; b < blocks; b++) {
                    offer(queries + i * QUERY_BYTES, codes, from + b, sums, b * BLOCK);
                }
            }
            from += blocks;
        }
        return to;
    }

    private static void sum(float[][] tables, Codes codes, int block, int blocks, float[] sums) {
        int count = blocks * BLOCK;
        long slot = (long) block * BLOCK;
        MemorySegment.copy(ALL, Matrix.FLOAT, codes.terms() + slot * 4, sums, 0, count);
        for (int g = 0; g < tables.length; g++) {
            CodeKernel.add(codes.codes() + slot * codes.stride() + g * CodeKernel.GROUP, codes.stride(), count, tables[g], sums);
        }
    }

    private static void offer(long query, Codes codes, int block, float[] sums, int o) {
        float threshold = Lanes.get(query + THRESHOLD);
        float constant = Lanes.get(query + CONSTANT);
        // a little loose: here the constant leaves the threshold, in the key it joins the sum, and both round
        float loose = (Math.abs(threshold) + Math.abs(constant)) * 0x1p-22f;
        if (!Tile.anyAtMost(sums, o, FloatPass.NO_START, threshold - constant + loose)) {
            return;
        }
        int bits = codes.allowed() == 0 ? -1 : ALL.get(InvertedLists.INT, codes.allowed() + block * 4L & MASK);
        for (int i = 0; i < BLOCK; i++) {
            if ((bits >>> i & 1) != 0) {
                FastScan.offer(query, sums[o + i] + constant,
                        ALL.get(InvertedLists.INT, codes.rows() + ((long) block * BLOCK + i) * 4 & MASK));
            }
        }
    }
}
