package dev.perigee.compute.simd;

import dev.perigee.index.SqModel;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What a search derives from a model of IVF-SQ, and the choice of the lists that queries probe. */
final class SqProbes {
    /** Groups of lists for each list that is asked for: the more, the fewer keys pass beyond those. */
    private static final int GROUPS = 4;

    private final SqModel model;
    private final Axes axes;
    private final Panels centroids;
    private final Matrix rows;
    /** [columns]: more than any list's behind the last of them. */
    private final MemorySegment starts;

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
        this.starts = Arena.ofAuto().allocate(centroids.columns() * 4L, Matrix.ALIGNMENT);
        for (int l = 0; l < centroids.columns(); l++) {
            starts.set(Matrix.FLOAT, l * 4L, l < model.lists() ? model.starts().get(Matrix.FLOAT, l * 4L) : Float.MAX_VALUE);
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

    /** Bytes that a {@link Choice} needs. */
    long choiceBytes() {
        return 2 * centroids.columns() * 4L;
    }

    /** Chooses the lists of one query at a time. */
    final class Choice {
        private final long keys;
        /** Of the keys; behind it are the least ones of groups of lists. */
        private final long end;
        private long[] entries = new long[32];

        /** @param memory address of {@link #choiceBytes} */
        Choice(long memory) {
            this.keys = memory;
            this.end = memory + centroids.columns() * 4L;
        }

        /**
         * The lists of least keys, nearest first.
         *
         * @param products address of the products of the query's coordinates with all centroids
         * @param lists    gets {@code count} numbers, at most all there are
         * @return whether all keys are finite; else nothing was chosen
         */
        boolean choose(long products, int[] lists, int at, int count) {
            int vectors = centroids.columns() / Lanes.COUNT;
            int groups = Math.clamp((long) GROUPS * count / Lanes.COUNT, 1, vectors);
            boolean finite = true;
            for (int g = 0; g < groups; g++) {
                long from = vectors * (long) g / groups * Lanes.BYTES;
                long to = vectors * (g + 1L) / groups * Lanes.BYTES;
                finite &= SqKernel.keys(products + from, products + to, starts.address() + from, keys + from, end + g * Lanes.BYTES);
            }
            if (!finite) {
                return false;
            }
            int most = count == model.lists() ? Integer.MAX_VALUE : threshold(end + groups * Lanes.BYTES, count);
            int found = SqKernel.collect(keys, end, most, entries);
            if (found > entries.length) {
                entries = new long[2 * found];
                SqKernel.collect(keys, end, most, entries);
            }
            Candidates.sort(entries, found);
            for (int i = 0; i < count; i++) {
                lists[at + i] = (int) entries[i];
            }
            return true;
        }

        /** A key that the least of at least {@code count} groups are at most, and hardly more, but for ties. */
        private int threshold(long groupsEnd, int count) {
            float low = Candidates.key((long) SqKernel.least(end, groupsEnd) << 32);
            float high = Candidates.key((long) SqKernel.largest(end, groupsEnd) << 32);
            while (true) {
                float middle = low / 2 + high / 2;
                int below = middle > low && middle < high ? SqKernel.countAtMost(end, groupsEnd, Candidates.order(middle)) : -1;
                if (below < 0) {
                    return Candidates.order(high);
                }
                if (below < count) {
                    low = middle;
                } else {
                    high = middle;
                    if (below <= count + count / 4) {
                        return Candidates.order(high);
                    }
                }
            }
        }
    }
}
