package dev.perigee.compute;

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

/** An index of kind IVF-SQ for benchmarks, all by chance: to search it costs what it costs to search a trained one. */
public final class RandomSq {
    private static final int BITS = 5;
    private static final float STEP = 0.05f;

    private final Arena arena;
    private final SplittableRandom random;

    /** @param arena of all that is made */
    public RandomSq(Arena arena, long seed) {
        this.arena = arena;
        this.random = new SplittableRandom(seed);
    }

    /** L2, codes of 5 bits, rows [lists x perList, dim]; a slot is a row. @param perList a multiple of 32 */
    public IvfSqData make(int lists, int perList, int dim, int dims) {
        SqModel model = ModelFile.of(Distance.L2, BITS, rows(1, dim), rows(dims, dim), rows(lists, dims),
                arena.allocate(lists * 4L), Double.NaN);
        InvertedLists slots = lists(arena, lists, perList);
        MemorySegment codes = arena.allocate((long) slots.slots() * dims, Matrix.ALIGNMENT);
        for (long at = 0; at < codes.byteSize(); at++) {
            codes.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt(model.codeMax() + 1));
        }
        MemorySegment terms = arena.allocate(slots.slots() * 4L, Matrix.ALIGNMENT);
        MemorySegment steps = arena.allocate(lists * 4L);
        MemorySegment lows = arena.allocate(lists * 4L);
        for (int l = 0; l < lists; l++) {
            steps.set(Matrix.FLOAT, l * 4L, STEP);
            lows.set(Matrix.FLOAT, l * 4L, -STEP * model.codeMax() / 2);
        }
        return new IvfSqData(model, slots, codes, terms, steps, lows, FlatData.of(Distance.L2, rows(slots.slots(), dim), arena));
    }

    /** [count, dim], between -2 and 2 */
    public Matrix rows(int count, int dim) {
        Matrix rows = Matrix.allocate(arena, count, dim);
        float[] row = new float[dim];
        for (int i = 0; i < count; i++) {
            for (int t = 0; t < dim; t++) {
                row[t] = (float) (random.nextInt() * 0x1p-31 + random.nextInt() * 0x1p-31);
            }
            rows.set(i, row);
        }
        return rows;
    }

    /** Lists of {@code perList} rows each, in order. @param perList a multiple of 32 */
    public static InvertedLists lists(Arena arena, int count, int perList) {
        MemorySegment begins = arena.allocate((count + 1) * 4L);
        MemorySegment sizes = arena.allocate(count * 4L);
        MemorySegment slots = arena.allocate((long) count * perList * 4);
        for (int l = 0; l <= count; l++) {
            begins.set(InvertedLists.INT, l * 4L, l * perList);
        }
        for (int l = 0; l < count; l++) {
            sizes.set(InvertedLists.INT, l * 4L, perList);
        }
        for (int i = 0; i < count * perList; i++) {
            slots.set(InvertedLists.INT, i * 4L, i);
        }
        return new InvertedLists(count, begins, sizes, slots);
    }
}
