package dev.perigee.learn.tower;

import static dev.perigee.PerigeeException.check;

import dev.perigee.learn.loss.BatchLabels;
import dev.perigee.learn.loss.Triplets;
import dev.perigee.learn.mining.Contents;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Draws the batch of any step, by the seed and the number of the step alone. One thread at a time. */
final class Batches implements AutoCloseable {
    private static final int SAMPLE = 1;
    private static final int AUGMENT = 2;
    private static final int EPOCH = 3;
    /** Tries to draw a row of another class. */
    private static final int TRIES = 1000;

    private final RowSource source;
    private final Classes classes;
    private final long[] contents;
    private final Sampler sampler;
    private final Tower tower;
    private final long seed;
    private final Arena arena = Arena.ofShared();
    /** One is filled while the other is trained on. */
    private final Matrix[] vectors = new Matrix[2];
    private int[][] negatives;
    private long epoch = -1;
    private int[] order;

    /** @param vectors [n, dim], the memory of this until the batch after the next is drawn */
    record Batch(Matrix vectors, int[] rows, BatchLabels labels, Triplets drawn) {
    }

    Batches(RowSource source, Classes classes, long[] contents, Sampler sampler, Tower tower, long seed) {
        this.source = source;
        this.classes = classes;
        this.contents = contents;
        this.sampler = sampler;
        this.tower = tower;
        this.seed = seed;
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = Matrix.allocate(arena, sampler.batch(), tower.frontDim());
        }
    }

    /** From now on drawn triplets take their negatives from these, where there are any. @param mined of each row */
    void negatives(int[][] mined) {
        negatives = mined;
    }

    /** Content hashes of all rows. */
    long[] contents() {
        return contents;
    }

    Batch draw(long step) {
        SplittableRandom random = Seeds.at(seed, SAMPLE, step);
        int[] rows = switch (sampler) {
            case Sampler.Classes s -> ofClasses(s, random);
            case Sampler.DrawnTriplets s -> triplets(s, random);
            case Sampler.Uniform s -> some(IntStream.range(0, source.rows()).toArray(), s.count(), random);
            case Sampler.Epochs s -> next(s, step);
        };
        Matrix into = vectors[(int) (step & 1)].slice(0, rows.length);
        float[] vector = new float[source.dim()];
        for (int i = 0; i < rows.length; i++) {
            source.draw(rows[i], Seeds.at(seed, AUGMENT, step, i), vector);
            into.set(i, tower.front(vector));
        }
        BatchLabels labels = new BatchLabels(Arrays.stream(rows).map(row -> classes.labels()[row]).toArray(),
                Arrays.stream(rows).mapToLong(row -> contents[row]).toArray());
        return new Batch(into, rows, labels, sampler instanceof Sampler.DrawnTriplets ? inThirds(rows.length / 3)
                : Triplets.NONE);
    }

    private int[] ofClasses(Sampler.Classes s, SplittableRandom random) {
        int[] chosen = some(classes.paired(), s.classes(), random);
        return Arrays.stream(chosen).flatMap(c -> Arrays.stream(some(classes.members(c), s.members(), random))).toArray();
    }

    /** {@code count} of these by chance, in the order of the chance; all of them if there are not so many. */
    private static int[] some(int[] of, int count, SplittableRandom random) {
        int[] from = of.clone();
        int n = Math.min(count, from.length);
        for (int i = 0; i < n; i++) {
            int j = i + random.nextInt(from.length - i);
            int swap = from[i];
            from[i] = from[j];
            from[j] = swap;
        }
        return Arrays.copyOf(from, n);
    }

    private int[] triplets(Sampler.DrawnTriplets s, SplittableRandom random) {
        int n = s.count();
        int[] rows = new int[3 * n];
        for (int i = 0; i < n; i++) {
            int[] members = classes.members(classes.paired()[random.nextInt(classes.paired().length)]);
            int anchor = random.nextInt(members.length);
            int positive = random.nextInt(members.length - 1);
            rows[i] = members[anchor];
            rows[n + i] = members[positive < anchor ? positive : positive + 1];
            rows[2 * n + i] = negative(rows[i], random);
        }
        return rows;
    }

    private int negative(int anchor, SplittableRandom random) {
        if (negatives != null && negatives[anchor].length > 0) {
            return negatives[anchor][random.nextInt(negatives[anchor].length)];
        }
        for (int i = 0; i < TRIES; i++) {
            int row = random.nextInt(source.rows());
            if (classes.labels()[row] != classes.labels()[anchor] && contents[row] != contents[anchor]) {
                return row;
            }
        }
        throw dev.perigee.PerigeeException.invalid("row %d: no row of another class found in %d tries".formatted(anchor, TRIES));
    }

    private static Triplets inThirds(int n) {
        int[] first = IntStream.range(0, n).toArray();
        return new Triplets(first, IntStream.range(n, 2 * n).toArray(), IntStream.range(2 * n, 3 * n).toArray());
    }

    private int[] next(Sampler.Epochs s, long step) {
        int[] rows = new int[Math.min(s.count(), source.rows())];
        for (int i = 0; i < rows.length; i++) {
            long place = step * rows.length + i;
            if (place / source.rows() != epoch) {
                epoch = place / source.rows();
                order = some(IntStream.range(0, source.rows()).toArray(), source.rows(), Seeds.at(seed, EPOCH, epoch));
            }
            rows[i] = order[(int) (place % source.rows())];
        }
        return rows;
    }

    /** Content hashes of all rows as they are. */
    static long[] contents(RowSource source) {
        long[] contents = new long[source.rows()];
        float[] row = new float[source.dim()];
        for (int i = 0; i < contents.length; i++) {
            source.read(i, row);
            for (float value : row) {
                check(Float.isFinite(value), "row %d: not finite (expected numbers)", i);
            }
            contents[i] = Contents.hash(row);
        }
        return contents;
    }

    @Override
    public void close() {
        arena.close();
    }
}
