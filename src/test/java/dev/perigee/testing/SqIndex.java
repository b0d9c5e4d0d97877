package dev.perigee.testing;

import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ModelFile;
import dev.perigee.index.SqModel;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Indexes of IVF-SQ that no builder would make: random axes, codes and terms, so that what is compared is the search alone. */
public final class SqIndex {
    private SqIndex() {
    }

    /** A model for rows of {@code dim}, its centroids in the range of the coordinates. */
    public static SqModel model(Distance distance, int bits, int dim, int dims, int lists, long seed) {
        Matrix mean = Rows.GAUSSIAN.make(Distance.L2, 1, dim, seed);
        Matrix axes = Rows.GAUSSIAN.make(Distance.COSINE, dims, dim, seed + 1);
        Matrix centroids = Rows.GAUSSIAN.make(Distance.L2, lists, dims, seed + 2);
        MemorySegment starts = Arena.ofAuto().allocate(lists * 4L);
        for (int l = 0; l < lists; l++) {
            starts.set(Matrix.FLOAT, l * 4L, (float) -Distance.INNER_PRODUCT.between(centroids, l, centroids, l));
        }
        return ModelFile.of(distance, bits, mean, axes, centroids, starts, Double.NaN);
    }

    /** Rows in random lists, some of them empty, with random codes; a row in fifty has a term that float cannot hold. */
    public static IvfSqData data(SqModel model, Matrix rows, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] list = random.ints(rows.rows(), 0, Math.max(1, model.lists() * 2 / 3)).toArray();
        int[] sizes = new int[model.lists()];
        for (int l : list) {
            sizes[l]++;
        }
        MemorySegment begins = Arena.ofAuto().allocate((model.lists() + 1) * 4L);
        MemorySegment counts = Arena.ofAuto().allocate(model.lists() * 4L);
        int slots = 0;
        for (int l = 0; l < model.lists(); l++) {
            begins.set(InvertedLists.INT, l * 4L, slots);
            counts.set(InvertedLists.INT, l * 4L, sizes[l]);
            slots += InvertedLists.padded(sizes[l]);
        }
        begins.set(InvertedLists.INT, model.lists() * 4L, slots);
        MemorySegment slotRows = Arena.ofAuto().allocate(slots * 4L, 64);
        MemorySegment codes = Arena.ofAuto().allocate((long) slots * model.dims(), 64);
        MemorySegment terms = Arena.ofAuto().allocate(slots * 4L, 64);
        for (int slot = 0; slot < slots; slot++) {
            slotRows.set(InvertedLists.INT, slot * 4L, -1);
            terms.set(Matrix.FLOAT, slot * 4L, Float.POSITIVE_INFINITY);
        }
        int[] next = new int[model.lists()];
        for (int row = 0; row < rows.rows(); row++) {
            int slot = begins.get(InvertedLists.INT, list[row] * 4L) + next[list[row]]++;
            slotRows.set(InvertedLists.INT, slot * 4L, row);
            float term = random.nextInt(8); // many ties
            terms.set(Matrix.FLOAT, slot * 4L, random.nextInt(50) == 0 ? Float.POSITIVE_INFINITY : term);
            for (int j = 0; j < model.dims(); j++) {
                codes.set(ValueLayout.JAVA_BYTE, IvfSqData.at(slot, j, model.dims()), (byte) random.nextInt(model.codeMax() + 1));
            }
        }
        MemorySegment steps = Arena.ofAuto().allocate(model.lists() * 4L);
        MemorySegment lows = Arena.ofAuto().allocate(model.lists() * 4L);
        for (int l = 0; l < model.lists(); l++) {
            steps.set(Matrix.FLOAT, l * 4L, (float) random.nextDouble(0.01, 0.1));
            lows.set(Matrix.FLOAT, l * 4L, (float) -random.nextDouble(0.5, 2));
        }
        FlatData flat = FlatData.of(model.distance(), rows, Arena.ofAuto());
        return new IvfSqData(model, new InvertedLists(model.lists(), begins, counts, slotRows), codes, terms, steps, lows, flat);
    }
}
