package dev.perigee.cli;

import dev.perigee.build.Projection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.index.TransformFile;
import dev.perigee.learn.mining.Contents;
import dev.perigee.learn.mining.IndexMiner;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** What mining found for every row, and how far away it is: Euclid, or 1 - cosine. */
final class MinedRows {
    private final IndexMiner.Mined mined;
    private final Matrix mapped;
    private final int[] labels;
    private final Distance distance;

    /** A row near an anchor. */
    record Near(int row, double distance) {
    }

    private MinedRows(IndexMiner.Mined mined, Matrix mapped, int[] labels, Distance distance) {
        this.mined = mined;
        this.mapped = mapped;
        this.labels = labels;
        this.distance = distance;
    }

    /** @param transform file of the transform by which rows are mapped first, or null */
    static MinedRows of(Matrix rows, int[] labels, Distance distance, Path transform, ComputeBackend backend, int keep, int from,
            int to, double margin, boolean absolute) {
        IndexMiner miner = new IndexMiner(keep, from, to, margin, absolute, 1);
        Matrix mapped = mapped(rows, distance, transform, backend);
        long[] contents = IntStream.range(0, rows.rows()).mapToLong(row -> Contents.hash(rows.get(row))).toArray();
        return new MinedRows(miner.mine(mapped, labels, contents, distance, backend), mapped, labels, distance);
    }

    private static Matrix mapped(Matrix rows, Distance distance, Path transform, ComputeBackend backend) {
        Arena arena = Arena.ofAuto();
        Matrix mapped = transform == null ? rows : Projection.of(rows, TransformFile.read(transform).transform(), backend, arena);
        return distance == Distance.COSINE ? UnitRows.of(mapped, arena) : mapped;
    }

    /** Negatives of all rows together. */
    long total() {
        return Arrays.stream(mined.negatives()).mapToLong(few -> few.length).sum();
    }

    int tooFew() {
        return mined.tooFew();
    }

    long withoutPositive() {
        return Arrays.stream(mined.positive()).filter(row -> row < 0).count();
    }

    /** The nearest rows of the anchor's class. */
    List<Near> positives(int anchor, int most) {
        return IntStream.range(0, labels.length).filter(row -> row != anchor && labels[row] == labels[anchor])
                .mapToObj(row -> near(anchor, row)).sorted(Comparator.comparingDouble(Near::distance)).limit(most).toList();
    }

    List<Near> negatives(int anchor) {
        return Arrays.stream(mined.negatives()[anchor]).mapToObj(row -> near(anchor, row)).toList();
    }

    private Near near(int anchor, int row) {
        double d = distance.between(mapped, anchor, mapped, row);
        return new Near(row, distance == Distance.COSINE ? 1 + d : Math.sqrt(d));
    }
}
