package dev.perigee.build;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IvfModel;
import dev.perigee.index.IvfParts;
import dev.perigee.index.ListFile;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Makes codes and terms of rows (see IvfPqData) for the list file. */
final class ResidualEncoder implements ListFile.Encoder {
    private final IvfModel model;
    private final ProductQuantizer quantizer;
    private final FlatData rows;
    private final IvfParts parts;
    private final ComputeBackend backend;
    private final List<FlatData> codebooks;
    /** All codewords, [m x 2^bits x dsub]. */
    private final float[] words;
    private final Matrix residuals;
    private final int[] codes;

    ResidualEncoder(IvfModel model, FlatData rows, IvfParts parts, ComputeBackend backend, Arena arena) {
        this.model = model;
        this.quantizer = model.quantizer();
        this.rows = rows;
        this.parts = parts;
        this.backend = backend;
        this.codebooks = List.of(QuantizerTraining.centroids(quantizer, arena));
        this.words = new float[quantizer.codewords().rows() * quantizer.dsub()];
        for (int w = 0; w < quantizer.codewords().rows(); w++) {
            System.arraycopy(quantizer.codewords().get(w), 0, words, w * quantizer.dsub(), quantizer.dsub());
        }
        this.residuals = Matrix.allocate(arena, ListFile.BLOCK_SLOTS, rows.dim());
        this.codes = new int[ListFile.BLOCK_SLOTS * quantizer.m()];
    }

    /** Writes row - centroid in float, as a search will see it. */
    static void residual(Matrix rows, int row, Matrix centroids, int list, Matrix to, int toRow) {
        for (int t = 0; t < rows.dim(); t++) {
            to.set(toRow, t, rows.get(row, t) - centroids.get(list, t));
        }
    }

    @Override
    public void encode(int[] slots, MemorySegment out, MemorySegment terms) {
        if (parts.codes() == null) {
            make(slots);
        } else {
            take(slots);
        }
        double[] centroid = null;
        int list = -1;
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] >= 0) {
                if (parts.lists()[slots[i]] != list) {
                    list = parts.lists()[slots[i]];
                    centroid = centred(list);
                }
                put(out, i);
                terms.set(Matrix.FLOAT, i * 4L, rows.distance() == Distance.INNER_PRODUCT ? 0f : (float) term(i, centroid));
            }
        }
    }

    private void make(int[] slots) {
        for (int i = 0; i < slots.length; i++) {
            if (slots[i] >= 0) {
                residual(rows.rows(), slots[i], model.centroids().rows(), parts.lists()[slots[i]], residuals, i);
            }
        }
        backend.encode(residuals.slice(0, slots.length), codebooks, codes);
    }

    /** Numbers of the codewords from codes that are there. */
    private void take(int[] slots) {
        for (int i = 0; i < slots.length; i++) {
            for (int s = 0; slots[i] >= 0 && s < quantizer.m(); s++) {
                long at = (long) slots[i] * quantizer.codeStride();
                codes[i * quantizer.m() + s] = quantizer.bits() == 8 ? parts.codes().get(ValueLayout.JAVA_BYTE, at + s) & 255
                        : parts.codes().get(ValueLayout.JAVA_BYTE, at + s / 2) >> s % 2 * 4 & 15;
            }
        }
    }

    private void put(MemorySegment out, int slot) {
        long at = (long) slot * quantizer.codeStride();
        for (int s = 0; s < quantizer.m(); s++) {
            int code = codes[slot * quantizer.m() + s];
            if (quantizer.bits() == 8) {
                out.set(ValueLayout.JAVA_BYTE, at + s, (byte) code);
            } else if (s % 2 == 0) {
                out.set(ValueLayout.JAVA_BYTE, at + s / 2, (byte) code);
            } else {
                out.set(ValueLayout.JAVA_BYTE, at + s / 2, (byte) (out.get(ValueLayout.JAVA_BYTE, at + s / 2) | code << 4));
            }
        }
    }

    /** The centroid of a list less the mean of all. */
    private double[] centred(int list) {
        float[] centroid = model.centroids().rows().get(list);
        float[] mean = model.centroids().mean().get(0);
        double[] difference = new double[centroid.length];
        for (int t = 0; t < centroid.length; t++) {
            difference[t] = (double) centroid[t] - mean[t];
        }
        return difference;
    }

    /** |r|^2 + 2 c.r with r the decoded residual: a sum per part, then over the parts. */
    private double term(int slot, double[] centroid) {
        double sum = 0;
        int dsub = quantizer.dsub();
        for (int s = 0; s < quantizer.m(); s++) {
            int word = ((s << quantizer.bits()) + codes[slot * quantizer.m() + s]) * dsub;
            double share = 0;
            for (int t = 0; t < dsub; t++) {
                double r = words[word + t];
                share += r * (r + 2 * centroid[s * dsub + t]);
            }
            sum += share;
        }
        return sum;
    }
}
