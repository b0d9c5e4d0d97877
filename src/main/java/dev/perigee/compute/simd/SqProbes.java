package dev.perigee.compute.simd;

import dev.perigee.index.SqModel;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;

/** What a search derives from a model of IVF-SQ, and the choice of the lists that queries probe. */
final class SqProbes {
    /** More keys than were asked for, up to this many, are cheaper to sort than to bisect away. */
    private static final int SPARE = 12;

    private final SqModel model;
    private final Axes axes;
    private final Panels centroids;
    private final Matrix rows;
    private final float[] starts;

    /** Of the model that was asked for last: each snapshot of a collection has the model of the one before. */
    static final class Cache {
        private SqProbes last;

        synchronized SqProbes of(SqModel model) {
            if (last == null || last.model != model) {
                last = new SqProbes(model);
            }
            return last;
        }
    }

    SqProbes(SqModel model) {
        this.model = model;
        this.axes = new Axes(model.mean(), model.axes());
        this.centroids = new Panels(model.centroids());
        this.rows = model.dims() < 32 ? wide(model.centroids()) : model.centroids();
        this.starts = new float[centroids.columns()];
        for (int l = 0; l < starts.length; l++) {
            starts[l] = l < model.lists() ? model.starts().get(Matrix.FLOAT, l * 4L) : Float.POSITIVE_INFINITY;
        }
    }

    /** Short rows with padding to whole vectors. */
    private static Matrix wide(Matrix rows) {
        Matrix wide = Matrix.allocate(Arena.ofAuto(), rows.rows(), 32);
        for (int i = 0; i < rows.rows(); i++) {
            for (int t = 0; t < rows.dim(); t++) {
                wide.set(i, t, rows.get(i, t));
            }
        }
        return wide;
    }

    SqModel model() {
        return model;
    }

    Axes axes() {
        return axes;
    }

    /** Products of coordinates with all centroids. */
    Panels centroids() {
        return centroids;
    }

    /** Bytes of coordinates that kernels read: dims rounded up to whole vectors. */
    long bytes() {
        return (model.dims() + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT * 4L;
    }

    /** Address of a centroid, zero between dims and the next multiple of 16. */
    long centroid(int list) {
        return rows.address(list);
    }

    /** Memory for the choice of one query at a time. */
    final class Choice {
        private final float[] keys = new float[starts.length];
        private final long[] entries = new long[model.lists()];

        /**
         * The lists of least keys, nearest first.
         *
         * @param products address of the products of the query's coordinates with all centroids
         * @param lists    gets {@code count} numbers, at most all there are
         * @return whether all keys are finite; else nothing was chosen
         */
        boolean choose(long products, int[] lists, int at, int count) {
            float least = SqKernel.keys(products, starts, keys);
            if (!(least > Float.NEGATIVE_INFINITY) || SqKernel.countAtMost(keys, Float.MAX_VALUE) < model.lists()) {
                return false;
            }
            int found = SqKernel.collect(keys, count == model.lists() ? Float.MAX_VALUE : threshold(least, count), entries);
            Arrays.sort(entries, 0, found);
            for (int i = 0; i < count; i++) {
                lists[at + i] = (int) entries[i];
            }
            return true;
        }

        /** Some value that at least {@code count} keys are at most, and hardly more, but for ties. */
        private float threshold(float least, int count) {
            float low = least;
            float high = least;
            for (int i = 0; i < count; i++) {
                high = Math.max(high, keys[i]); // that many keys surely are
            }
            while (true) {
                float middle = low / 2 + high / 2;
                int below = middle > low && middle < high ? SqKernel.countAtMost(keys, middle) : -1;
                if (below < 0) {
                    return high;
                }
                if (below < count) {
                    low = middle;
                } else {
                    high = middle;
                    if (below <= count + SPARE) {
                        return high;
                    }
                }
            }
        }
    }
}
