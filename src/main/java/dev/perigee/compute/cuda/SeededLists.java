package dev.perigee.compute.cuda;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfFlatData;
import dev.perigee.index.IvfModel;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.index.SqModel;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Inverted lists without training: centroids are the first rows, each row goes to a list by chance, codes are any. What a
 * search must find in them does not depend on how good they are.
 */
final class SeededLists {
    private final Arena arena;
    private final Distance distance;
    private final Matrix rows;
    private final int lists;
    private final InvertedLists inverted;
    private final SplittableRandom random = new SplittableRandom(41);

    SeededLists(Arena arena, Distance distance, Matrix rows, int lists) {
        this.arena = arena;
        this.distance = distance;
        this.rows = rows;
        this.lists = Math.min(lists, rows.rows());
        this.inverted = invert();
    }

    private InvertedLists invert() {
        int[] listOf = new int[rows.rows()];
        int[] sizes = new int[lists];
        for (int i = 0; i < listOf.length; i++) {
            int list = random.nextInt(lists);
            listOf[i] = list % 5 == 3 ? 0 : list; // some are empty, one is long
            sizes[listOf[i]]++;
        }
        int[] begins = new int[lists + 1];
        for (int l = 0; l < lists; l++) {
            begins[l + 1] = begins[l] + InvertedLists.padded(sizes[l]);
        }
        int[] slots = new int[begins[lists]];
        Arrays.fill(slots, -1);
        int[] next = begins.clone();
        for (int i = 0; i < listOf.length; i++) {
            slots[next[listOf[i]]++] = i;
        }
        return new InvertedLists(lists, ints(begins), ints(sizes), ints(slots));
    }

    private MemorySegment ints(int[] values) {
        MemorySegment segment = arena.allocate(Math.max(4, values.length * 4L), 64);
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_INT, 0, values.length);
        return segment.asSlice(0, values.length * 4L);
    }

    private IvfModel model(ProductQuantizer quantizer) {
        Distance probing = distance == Distance.INNER_PRODUCT ? Distance.INNER_PRODUCT : Distance.L2;
        return new IvfModel(1, FlatData.of(probing, rows.slice(0, lists), arena), quantizer);
    }

    IvfFlatData rows() {
        Matrix slots = Matrix.allocate(arena, inverted.slots(), rows.dim());
        for (int slot = 0; slot < inverted.slots(); slot++) {
            if (inverted.row(slot) >= 0) {
                slots.copy(rows, inverted.row(slot), slot, 1);
            }
        }
        return new IvfFlatData(model(null), inverted, FlatData.of(distance, slots, arena), rows.rows());
    }

    /** @param dims bytes of a code, a multiple of 8 */
    IvfSqData scalars(int dims, int bits) {
        Matrix mean = rows.slice(0, 1);
        Matrix axes = Matrix.allocate(arena, dims, rows.dim());
        for (int j = 0; j < dims; j++) {
            for (int t = 0; t < rows.dim(); t++) {
                axes.set(j, t, (float) (random.nextGaussian() / Math.sqrt(rows.dim())));
            }
        }
        Matrix centroids = Matrix.allocate(arena, lists, dims);
        float[] starts = new float[lists];
        float[] lows = new float[lists];
        float[] steps = new float[lists];
        byte[] codes = new byte[inverted.slots() * dims];
        float[] terms = new float[inverted.slots()];
        for (int l = 0; l < lists; l++) {
            for (int j = 0; j < dims; j++) {
                float c = ComputeBackend.coordinate(rows, l, mean, axes, j);
                centroids.set(l, j, c);
                starts[l] += c * c;
                lows[l] = Math.min(lows[l], -Math.abs(c));
            }
            steps[l] = (1 + l % 3) * -lows[l] / (1 << bits);
            for (int slot = inverted.begin(l); slot < inverted.begin(l + 1); slot++) {
                boolean there = inverted.row(slot) >= 0;
                for (int j = 0; there && j < dims; j++) {
                    codes[(int) IvfSqData.at(slot, j, dims)] = (byte) random.nextInt(1 << bits);
                }
                terms[slot] = there ? (float) (lows[l] * lows[l] * random.nextGaussian()) : Float.POSITIVE_INFINITY;
            }
        }
        SqModel model = new SqModel(1, distance, bits, mean, axes, centroids, floats(starts), Double.NaN);
        MemorySegment bytes = arena.allocate(codes.length, 64).copyFrom(MemorySegment.ofArray(codes));
        return new IvfSqData(model, inverted, bytes, floats(terms), floats(steps), floats(lows),
                FlatData.of(distance, rows, arena));
    }

    private MemorySegment floats(float[] values) {
        return arena.allocate(values.length * 4L, 64).copyFrom(MemorySegment.ofArray(values));
    }

    /** @param dsub dims of a part, a divisor of the dims */
    IvfPqData codes(int dsub, int bits) {
        int m = rows.dim() / dsub;
        Matrix words = Matrix.allocate(arena, m << bits, dsub);
        for (int w = 0; w < words.rows(); w++) {
            for (int t = 0; t < dsub; t++) { // of the size of the rows' values
                float size = rows.get(random.nextInt(rows.rows()), w / (1 << bits) * dsub + t);
                words.set(w, t, (float) (0.4 * size * random.nextGaussian()));
            }
        }
        ProductQuantizer quantizer = new ProductQuantizer(m, bits, words);
        int stride = quantizer.codeStride();
        MemorySegment codes = arena.allocate((long) inverted.slots() * stride, 64);
        MemorySegment terms = arena.allocate(inverted.slots() * 4L, 64);
        for (int slot = 0; slot < inverted.slots(); slot++) {
            boolean there = inverted.row(slot) >= 0;
            for (int b = 0; there && b < quantizer.codeBytes(); b++) {
                boolean half = bits == 4 && 2 * b + 1 == m;
                codes.set(ValueLayout.JAVA_BYTE, (long) slot * stride + b, (byte) random.nextInt(half ? 16 : 256));
            }
            float scale = rows.get(Math.max(0, inverted.row(slot)), 0);
            float term = distance == Distance.INNER_PRODUCT ? 0 : (float) (scale * (double) scale * random.nextDouble());
            terms.setAtIndex(ValueLayout.JAVA_FLOAT, slot, there ? term : Float.POSITIVE_INFINITY);
        }
        return new IvfPqData(model(quantizer), inverted, codes, terms, FlatData.of(distance, rows, arena));
    }
}
