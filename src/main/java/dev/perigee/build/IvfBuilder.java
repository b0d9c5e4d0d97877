package dev.perigee.build;

import dev.perigee.api.IndexKind;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IvfParts;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Builds an IVF index of rows and writes its files: the model first, then the lists. Memory beyond the rows is the training
 * sample, a few blocks, and some 12 bytes per row.
 *
 * <p>Lists are made by squared L2. For inner product the rows get sqrt(phi^2 - |row|^2), with phi the largest norm, as one
 * more coordinate first: then the nearest are those of the largest product, whatever their norm (Bachrach et al., RecSys 2014).
 */
public final class IvfBuilder {
    private static final int BLOCK_ROWS = 16_384;

    private final BuildPlan plan;
    private final ComputeBackend backend;
    private final Stages stages;
    private final FlatData rows;

    /** @param rows of the space, mapped or in memory */
    public IvfBuilder(BuildPlan plan, FlatData rows, ComputeBackend backend, Stages stages) {
        this.plan = plan;
        this.rows = rows;
        this.backend = backend;
        this.stages = stages;
    }

    /** Writes the two files. @throws dev.perigee.PerigeeException CANCELLED; then the files are not there */
    public void write(Path modelFile, Path listFile) {
        if (plan.spec().kind() == IndexKind.IVF_SQ) {
            new SqBuilder(plan, rows, backend, stages).write(modelFile, listFile);
            return;
        }
        try (Arena arena = Arena.ofShared()) {
            Matrix lifted = train(arena);
            int[] lists = assign(lifted, arena);
            Matrix centroids = isLifted() ? NormCoordinate.without(lifted, arena) : lifted;
            ProductQuantizer quantizer = plan.spec().kind() == IndexKind.IVF_PQ ? quantizer(lists, centroids, arena) : null;
            new IvfWriter(rows, backend, stages).write(new IvfParts(centroids, quantizer, lists, null), normCoordinates(lifted),
                    modelFile, listFile);
        }
    }

    private boolean isLifted() {
        return rows.distance() == Distance.INNER_PRODUCT;
    }

    private Matrix train(Arena arena) {
        int[] chosen = KMeans.sample(rows.count(), plan.sampleRows(), plan.spec().seed());
        stages.begin("k-means", BuildPlan.ITERATIONS);
        try (Arena local = Arena.ofShared()) {
            Matrix sample = Matrix.allocate(local, chosen.length, rows.dim() + (isLifted() ? 1 : 0));
            for (int i = 0; i < chosen.length; i++) {
                lift(chosen[i], sample, i);
            }
            return new KMeans(backend, BuildPlan.ITERATIONS, plan.spec().seed())
                    .centroids(sample, plan.lists(), arena, stages::at);
        }
    }

    /** Copies a row, for inner product with its extra coordinate. */
    private void lift(int row, Matrix to, int toRow) {
        MemorySegment.copy(rows.rows().segment(), row * rows.rows().stride(), to.segment(), toRow * to.stride(), rows.dim() * 4L);
        if (isLifted()) {
            to.set(toRow, rows.dim(), NormCoordinate.of(rows.rows(), row, rows));
        }
    }

    private int[] assign(Matrix lifted, Arena arena) {
        FlatData centroids = FlatData.of(Distance.L2, lifted, arena);
        int[] lists = new int[rows.count()];
        stages.begin("assign rows", rows.count());
        try (Arena local = Arena.ofShared()) {
            Matrix block = isLifted() ? Matrix.allocate(local, BLOCK_ROWS, lifted.dim()) : null;
            int[] part = new int[BLOCK_ROWS];
            for (int from = 0; from < lists.length; from += BLOCK_ROWS) {
                int count = Math.min(BLOCK_ROWS, lists.length - from);
                for (int i = 0; isLifted() && i < count; i++) {
                    lift(from + i, block, i);
                }
                backend.nearest(isLifted() ? block.slice(0, count) : rows.rows().slice(from, from + count), centroids, part);
                System.arraycopy(part, 0, lists, from, count);
                stages.at(from + count);
            }
        }
        return lists;
    }

    private float[] normCoordinates(Matrix lifted) {
        if (!isLifted()) {
            return null;
        }
        float[] extra = new float[lifted.rows()];
        for (int c = 0; c < extra.length; c++) {
            extra[c] = lifted.get(c, rows.dim());
        }
        return extra;
    }

    private ProductQuantizer quantizer(int[] lists, Matrix centroids, Arena arena) {
        int[] chosen = KMeans.sample(rows.count(), plan.quantizerRows(), plan.spec().seed() + 1);
        try (Arena local = Arena.ofShared()) {
            Matrix residuals = Matrix.allocate(local, chosen.length, rows.dim());
            for (int i = 0; i < chosen.length; i++) {
                ResidualEncoder.residual(rows.rows(), chosen[i], centroids, lists[chosen[i]], residuals, i);
            }
            return new QuantizerTraining(backend, plan.spec().seed())
                    .train(residuals, plan.codeWidth(), plan.spec().codeBits(), arena, stages);
        }
    }
}
