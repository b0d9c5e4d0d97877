package dev.perigee.compute;

import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Points of a backend that reads rows where they are. */
final class HostPoints implements Points {
    private final ComputeBackend backend;
    private final Matrix rows;
    private int[] labels;
    private int[] before;

    HostPoints(ComputeBackend backend, Matrix rows) {
        this.backend = backend;
        this.rows = rows;
    }

    @Override
    public boolean assign(FlatData centroids) {
        int[] next = before == null ? new int[rows.rows()] : before;
        before = labels;
        labels = next;
        backend.nearest(rows, centroids, labels);
        return !Arrays.equals(labels, before);
    }

    @Override
    public void labels(int[] into) {
        System.arraycopy(labels, 0, into, 0, labels.length);
    }

    @Override
    public int[] means(Matrix centroids) {
        int k = centroids.rows();
        int dim = rows.dim();
        int[] sizes = new int[k];
        for (int list : labels) {
            sizes[list]++;
        }
        int[] next = new int[k];
        for (int c = 1; c < k; c++) {
            next[c] = next[c - 1] + sizes[c - 1];
        }
        int[] sorted = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            sorted[next[labels[i]]++] = i;
        }
        double[] sums = new double[dim];
        float[] row = new float[dim];
        for (int c = 0, i = 0; c < k; c++) {
            if (sizes[c] == 0) {
                continue;
            }
            Arrays.fill(sums, 0);
            for (int end = i + sizes[c]; i < end; i++) {
                MemorySegment.copy(rows.segment(), Matrix.FLOAT, sorted[i] * rows.stride(), row, 0, dim);
                for (int t = 0; t < dim; t++) {
                    sums[t] += row[t];
                }
            }
            for (int t = 0; t < dim; t++) {
                centroids.set(c, t, (float) (sums[t] / sizes[c]));
            }
        }
        return sizes;
    }

    @Override
    public void close() {
    }
}
