package dev.perigee.build;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.ListFile;
import dev.perigee.index.ModelFile;
import dev.perigee.index.SqModel;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Builds an IVF-SQ index of rows and writes its files: the model first, then the lists. Memory beyond the rows is the training
 * samples, a few blocks, and some 20 bytes per row; the rows are projected three times, block by block.
 *
 * <p>Lists are made by squared L2 of the coordinates; for inner product with one more coordinate, as {@link IvfBuilder} does.
 */
final class SqBuilder {
    /** Share of the variance that the leading dimensions hold where nobody says how many there are. */
    private static final double ENERGY = 0.95;
    private static final int LEAST_DIMS = 32;
    private static final int BLOCK_ROWS = 4096;

    private final BuildPlan plan;
    private final FlatData rows;
    private final ComputeBackend backend;
    private final Stages stages;
    private final boolean lifted;

    SqBuilder(BuildPlan plan, FlatData rows, ComputeBackend backend, Stages stages) {
        this.plan = plan;
        this.rows = rows;
        this.backend = backend;
        this.stages = stages;
        this.lifted = rows.distance() == Distance.INNER_PRODUCT;
    }

    /** Writes the two files. @throws dev.perigee.PerigeeException CANCELLED; then the lists are not there */
    void write(Path modelFile, Path listFile) {
        try (Arena arena = Arena.ofShared()) {
            PrincipalAxes found = findAxes();
            int dims = dims(found);
            Matrix axes = found.matrix(dims, rows.dim(), arena);
            Matrix centroids = train(axes, arena);
            double[] bases = new double[rows.count()];
            int[] listOf = assign(axes, centroids, bases, arena);
            InvertedLists lists = IvfWriter.invert(listOf, plan.lists(), arena);
            Matrix lowered = lifted ? NormCoordinate.without(centroids, arena) : centroids;
            SqModel model = ModelFile.of(rows.distance(), plan.spec().codeBits(), rows.mean(), axes, lowered,
                    starts(lowered, listOf, bases, arena), found.energy(dims));
            ModelFile.write(modelFile, model);
            SqEncoder encoder = new SqEncoder(model, rows, listOf, bases, backend, arena);
            stages.begin("scale lists", lists.lists());
            encoder.scale(lists, stages::at);
            stages.begin("encode", lists.slots());
            ListFile.writeCodes(listFile, model, lists, rows, encoder.steps(), encoder.lows(), encoder, stages::at);
        }
    }

    private PrincipalAxes findAxes() {
        int[] chosen = KMeans.sample(rows.count(), BuildPlan.axisRows(rows.dim()), plan.spec().seed() + 1);
        try (Arena local = Arena.ofShared()) {
            return PrincipalAxes.of(rows.rows().select(local, chosen), rows.mean(), Math.min(plan.codeWidth(), rows.dim()),
                    plan.spec().seed(), stages);
        }
    }

    private int dims(PrincipalAxes found) {
        int enough = Math.max(LEAST_DIMS, (found.count(ENERGY) + 15) / 16 * 16);
        return plan.spec().codeWidth() > 0 ? plan.codeWidth() : Math.min(plan.codeWidth(), enough);
    }

    /** Centroids of the coordinates of a sample, lifted for inner product. */
    private Matrix train(Matrix axes, Arena arena) {
        int[] chosen = KMeans.sample(rows.count(), plan.sampleRows(), plan.spec().seed());
        try (Arena local = Arena.ofShared()) {
            Matrix sample = Matrix.allocate(local, chosen.length, axes.rows() + (lifted ? 1 : 0));
            stages.begin("project", chosen.length);
            for (int from = 0; from < chosen.length; from += BLOCK_ROWS) {
                int to = Math.min(chosen.length, from + BLOCK_ROWS);
                try (Arena block = Arena.ofShared()) {
                    place(rows.rows().select(block, Arrays.copyOfRange(chosen, from, to)), axes, sample.slice(from, to), block);
                }
                stages.at(to);
            }
            stages.begin("k-means", BuildPlan.ITERATIONS);
            return new KMeans(backend, BuildPlan.ITERATIONS, plan.spec().seed())
                    .centroids(sample, plan.lists(), arena, stages::at);
        }
    }

    /** Writes the coordinates of some rows, for inner product with sqrt(phi^2 - |row|^2) behind them. */
    private void place(Matrix some, Matrix axes, Matrix into, Arena local) {
        if (!lifted) {
            backend.project(some, rows.mean(), axes, into);
            return;
        }
        Matrix coordinates = Matrix.allocate(local, some.rows(), axes.rows());
        backend.project(some, rows.mean(), axes, coordinates);
        for (int i = 0; i < some.rows(); i++) {
            MemorySegment.copy(coordinates.segment(), i * coordinates.stride(),
                    into.segment(), i * into.stride(), axes.rows() * 4L);
            into.set(i, axes.rows(), NormCoordinate.of(some, i, rows));
        }
    }

    /** The list of each row; {@code bases} [rows] gets what the terms of the rows begin with. */
    private int[] assign(Matrix axes, Matrix centroids, double[] bases, Arena arena) {
        FlatData nearest = FlatData.of(Distance.L2, centroids, arena);
        int[] listOf = new int[rows.count()];
        int[] part = new int[BLOCK_ROWS];
        stages.begin("assign rows", rows.count());
        for (int from = 0; from < listOf.length; from += BLOCK_ROWS) {
            int count = Math.min(BLOCK_ROWS, listOf.length - from);
            Matrix block = rows.rows().slice(from, from + count);
            try (Arena local = Arena.ofShared()) {
                Matrix coordinates = Matrix.allocate(local, count, centroids.dim());
                place(block, axes, coordinates, local);
                backend.nearest(coordinates, nearest, part);
            }
            System.arraycopy(part, 0, listOf, from, count);
            bases(block, bases, from);
            stages.at(from + count);
        }
        return listOf;
    }

    /** |row - mean|^2, for inner product -2 mean.(row - mean). */
    private void bases(Matrix block, double[] bases, int first) {
        float[] mean = rows.mean().get(0);
        float[] row = new float[mean.length];
        for (int i = 0; i < block.rows(); i++) {
            MemorySegment.copy(block.segment(), Matrix.FLOAT, i * block.stride(), row, 0, row.length);
            double sum = 0;
            for (int t = 0; t < row.length; t++) {
                double x = (double) row[t] - mean[t];
                sum += lifted ? -2 * mean[t] * x : x * x;
            }
            bases[first + i] = sum;
        }
    }

    /** As {@link SqModel} has them; a list without rows is never probed for its inner product. */
    private MemorySegment starts(Matrix centroids, int[] listOf, double[] bases, Arena arena) {
        double[] sums = new double[centroids.rows()];
        int[] sizes = new int[sums.length];
        for (int row = 0; lifted && row < listOf.length; row++) {
            sums[listOf[row]] += bases[row];
            sizes[listOf[row]]++;
        }
        MemorySegment starts = arena.allocate(sums.length * 4L);
        for (int c = 0; c < sums.length; c++) {
            double start = lifted ? sums[c] / sizes[c] : square(centroids.get(c));
            starts.set(Matrix.FLOAT, c * 4L, lifted && sizes[c] == 0 ? Float.POSITIVE_INFINITY : (float) start);
        }
        return starts;
    }

    private static double square(float[] vector) {
        double sum = 0;
        for (float x : vector) {
            sum += (double) x * x;
        }
        return sum;
    }
}
