package dev.perigee.build;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ListFile;
import dev.perigee.index.SqModel;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.LongConsumer;

/** Makes the scales of lists and the codes and terms of rows (see {@link IvfSqData}) for the list file. */
final class SqEncoder implements ListFile.Encoder {
    /** Share of the numbers that a list's scale holds; the others become its first or its last number. */
    private static final double WITHIN = 0.9998;
    /** Rows that the scale of a list is taken from. */
    private static final int SCALE_ROWS = 4096;

    private final SqModel model;
    private final FlatData rows;
    private final int[] listOf;
    private final double[] bases;
    private final ComputeBackend backend;
    private final MemorySegment steps;
    private final MemorySegment lows;
    private final Matrix some;
    private final Matrix coordinates;
    private final float[] residual;
    private final float[] centroid;

    /** @param bases what the terms of the rows begin with */
    SqEncoder(SqModel model, FlatData rows, int[] listOf, double[] bases, ComputeBackend backend, Arena arena) {
        this.model = model;
        this.rows = rows;
        this.listOf = listOf;
        this.bases = bases;
        this.backend = backend;
        this.steps = arena.allocate(model.lists() * 4L);
        this.lows = arena.allocate(model.lists() * 4L);
        int block = Math.max(SCALE_ROWS, ListFile.BLOCK_SLOTS);
        this.some = Matrix.allocate(arena, block, rows.dim());
        this.coordinates = Matrix.allocate(arena, block, model.dims());
        this.residual = new float[model.dims()];
        this.centroid = new float[model.dims()];
    }

    MemorySegment steps() {
        return steps;
    }

    MemorySegment lows() {
        return lows;
    }

    /** Finds step and low of each list; {@code progress} hears how many are done. */
    void scale(InvertedLists lists, LongConsumer progress) {
        float[] sizes = new float[SCALE_ROWS * model.dims()];
        for (int list = 0; list < lists.lists(); list++) {
            int count = Math.min(lists.size(list), SCALE_ROWS);
            for (int i = 0; i < count; i++) { // evenly spread over a long list
                some.copy(rows.rows(), lists.row(lists.begin(list) + (int) ((long) i * lists.size(list) / count)), i, 1);
            }
            project(count);
            for (int i = 0; i < count; i++) {
                subtract(i, list);
                for (int j = 0; j < residual.length; j++) {
                    sizes[i * residual.length + j] = Math.abs(residual[j]);
                }
            }
            float most = quantile(sizes, count * residual.length);
            steps.set(Matrix.FLOAT, list * 4L, 2 * most / model.codeMax());
            lows.set(Matrix.FLOAT, list * 4L, -most);
            progress.accept(list + 1);
        }
    }

    private static float quantile(float[] sizes, int count) {
        if (count == 0) {
            return 0;
        }
        int rank = (int) (WITHIN * (count - 1));
        return select(sizes, count, rank);
    }

    private static float select(float[] values, int count, int rank) {
        Arrays.sort(values, 0, count);
        return values[rank];
    }

    private void project(int count) {
        backend.project(some.slice(0, count), model.mean(), model.axes(), coordinates.slice(0, count));
    }

    /** Coordinates of row {@code i} of the block less the centroid of its list. */
    private void subtract(int i, int list) {
        MemorySegment.copy(coordinates.segment(), Matrix.FLOAT, i * coordinates.stride(), residual, 0, residual.length);
        MemorySegment.copy(model.centroids().segment(), Matrix.FLOAT, list * model.centroids().stride(), centroid, 0, centroid.length);
        for (int j = 0; j < residual.length; j++) {
            residual[j] -= centroid[j];
        }
    }

    @Override
    public void encode(int[] slots, MemorySegment out, MemorySegment terms) {
        int count = 0;
        for (int row : slots) {
            if (row >= 0) {
                some.copy(rows.rows(), row, count++, 1);
            }
        }
        project(count);
        int i = 0;
        for (int slot = 0; slot < slots.length; slot++) {
            if (slots[slot] >= 0) {
                int list = listOf[slots[slot]];
                subtract(i++, list);
                put(slot, list, out);
                terms.set(Matrix.FLOAT, slot * 4L, (float) (bases[slots[slot]] - 2 * centroidProduct()));
            }
        }
    }

    private void put(int slot, int list, MemorySegment out) {
        float low = lows.get(Matrix.FLOAT, list * 4L);
        float step = steps.get(Matrix.FLOAT, list * 4L);
        float inverse = step > 0 ? 1 / step : 0;
        int most = model.codeMax();
        for (int j = 0; j < residual.length; j++) {
            int number = Math.clamp((int) Math.rint((residual[j] - low) * inverse), 0, most);
            out.set(ValueLayout.JAVA_BYTE, IvfSqData.at(slot, j, residual.length), (byte) number);
        }
    }

    private double centroidProduct() {
        double sum = 0;
        for (int j = 0; j < residual.length; j++) {
            sum += (double) centroid[j] * residual[j];
        }
        return sum;
    }
}
