package dev.perigee.compute.simd;

import dev.perigee.index.IvfPqData;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.MemorySegment;

/** Sums every code of 8 bits a part, and offers those that are near. */
final class ByteCodeScan implements CodeScan {
    /** Codes whose sums are made before they are looked at: they stay in the first-level cache. */
    private static final int CHUNK = 256;

    private final IvfPqData data;
    private final RowMask mask;
    private final LookupTables.Tables tables;
    private final float[] sums = new float[CHUNK];

    ByteCodeScan(IvfPqData data, LookupTables tables, RowMask mask) {
        this.data = data;
        this.mask = mask;
        this.tables = tables.new Tables();
    }

    @Override
    public Candidates search(Matrix queries, int query, int keep, int[] lists, float[] constants) {
        Candidates candidates = new Candidates(new int[] {keep});
        tables.fill(queries, query);
        for (int i = 0; i < lists.length; i++) {
            scan(candidates, lists[i], constants[i]);
        }
        return candidates;
    }

    private void scan(Candidates candidates, int list, float constant) {
        int stride = data.model().quantizer().codeStride();
        int end = data.lists().begin(list) + data.lists().size(list);
        for (int slot = data.lists().begin(list); slot < end; slot += CHUNK) {
            int count = Math.min(CHUNK, end - slot);
            MemorySegment.copy(data.terms(), Matrix.FLOAT, slot * 4L, sums, 0, count);
            for (int g = 0; g < tables.groups.length; g++) {
                long codes = data.codes().address() + (long) slot * stride + g * CodeKernel.GROUP;
                CodeKernel.add(codes, stride, count, tables.groups[g], sums);
            }
            for (int i = 0; i < count; i += Tile.STRIP) {
                // a little loose: here the constant leaves the threshold, in offer it joins the sum, and both round
                float threshold = candidates.threshold(0);
                float loose = (Math.abs(threshold) + Math.abs(constant)) * 0x1p-22f;
                if (Tile.anyAtMost(sums, i, FloatPass.NO_START, threshold - constant + loose)) {
                    offer(candidates, i, Math.min(Tile.STRIP, count - i), slot, constant);
                }
            }
        }
    }

    private void offer(Candidates candidates, int i, int count, int slot, float constant) {
        for (int j = i; j < i + count; j++) {
            float key = sums[j] + constant;
            if (key <= candidates.threshold(0)) {
                int row = data.lists().row(slot + j); // ties go in order of rows, whatever their lists
                if (mask == null || mask.allows(row)) {
                    candidates.offer(0, key, row);
                }
            }
        }
    }
}
