package dev.perigee.learn.tower;

import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;

/** Rows between matrices and arrays. */
final class Rows {
    private static final int BLOCK = 16;

    private Rows() {
    }

    static void get(Matrix from, int row, float[] into) {
        MemorySegment.copy(from.segment(), Matrix.FLOAT, row * from.stride(), into, 0, into.length);
    }

    /** The rows of {@code from} [n, m] become columns of {@code into} [m, n or more]; columns beyond become zero. */
    static void transpose(Matrix from, Matrix into) {
        float[][] rows = new float[BLOCK][from.dim()];
        float[] part = new float[BLOCK * from.dim()];
        for (int first = 0; first < into.dim(); first += BLOCK) {
            int count = Math.min(BLOCK, into.dim() - first);
            for (int i = 0; i < count; i++) {
                if (first + i < from.rows()) {
                    get(from, first + i, rows[i]);
                } else {
                    java.util.Arrays.fill(rows[i], 0);
                }
            }
            for (int i = 0; i < count; i++) {
                float[] row = rows[i];
                for (int t = 0; t < row.length; t++) {
                    part[t * BLOCK + i] = row[t];
                }
            }
            for (int t = 0; t < from.dim(); t++) {
                MemorySegment.copy(part, t * BLOCK, into.segment(), Matrix.FLOAT, t * into.stride() + first * 4L, count);
            }
        }
    }
}
