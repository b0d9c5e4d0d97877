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
import java.util.function.LongConsumer;

/** Makes the scales of lists and the codes and terms of rows (see {@link IvfSqData}) for the list file. */
final class SqEncoder implements ListFile.Encoder {
    /** Share of the numbers that lie beyond a list's scale: they become its first or its last number. */
    private static final double BEYOND = 0.0002;
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
        for (int from = 0, to; from < lists.lists(); from = to) { // as many lists as fit: one projection for all
            int count = 0;
            for (to = from; to < lists.lists() && count + scaleRows(lists, to) <= SCALE_ROWS; to++) {
                int size = scaleRows(lists, to);
                for (int i = 0; i < size; i++) { // evenly spread over a long list
                    int slot = lists.begin(to) + (int) ((long) i * lists.size(to) / size);
                    some.copy(rows.rows(), lists.row(slot), count++, 1);
                }
            }
            project(count);
            int next = 0;
            for (int list = from; list < to; list++) {
                int size = scaleRows(lists, list);
                setScale(list, next, size);
                next += size;
            }
            progress.accept(to);
        }
    }

    private static int scaleRows(InvertedLists lists, int list) {
        return Math.min(lists.size(list), SCALE_ROWS);
    }

    /** The scale of a list of which some rows are in the block. */
    private void setScale(int list, int first, int count) {
        float[] largest = new float[1 + (int) (BEYOND * count * residual.length)];
        for (int i = 0; i < count; i++) {
            subtract(first + i, list);
            keepLargest(largest);
        }
        steps.set(Matrix.FLOAT, list * 4L, 2 * largest[0] / model.codeMax());
        lows.set(Matrix.FLOAT, list * 4L, -largest[0]);
    }

    /** Takes the sizes of the residual's numbers into the largest so far, which stay in ascending order. */
    private void keepLargest(float[] largest) {
        for (float r : residual) {
            float size = Math.abs(r);
            if (size > largest[0]) {
                int place = 1;
                for (; place < largest.length && largest[place] < size; place++) {
                    largest[place - 1] = largest[place];
                }
                largest[place - 1] = size;
            }
        }
    }

    private void project(int count) {
        backend.project(some.slice(0, count), model.mean(), model.axes(), coordinates.slice(0, count));
    }

    /** Coordinates of row {@code i} of the block less the centroid of its list. */
    private void subtract(int i, int list) {
        MemorySegment.copy(coordinates.segment(), Matrix.FLOAT, i * coordinates.stride(), residual, 0, residual.length);
        MemorySegment.copy(model.centroids().segment(), Matrix.FLOAT, list * model.centroids().stride(),
                centroid, 0, centroid.length);
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
