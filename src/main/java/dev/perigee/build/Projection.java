package dev.perigee.build;

import static dev.perigee.PerigeeException.check;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;

/**
 * Many rows through a {@link Transform}, by the matrix products of a backend: float32 between steps, sums in the backend's
 * order, so that values may differ from {@link Transform#apply(float[])} and between backends in the last places.
 */
public final class Projection implements AutoCloseable {
    private static final int BLOCK_ROWS = 1024;

    private final Transform transform;
    private final ComputeBackend backend;
    private final Arena arena = Arena.ofShared();
    /** Of each step, if it is dense. */
    private final Matrix[] weights;
    /** What each step gives of a block of rows. */
    private final Matrix[] blocks;

    /** @param backend must stay open as long as this is used */
    public Projection(Transform transform, ComputeBackend backend) {
        this.transform = transform;
        this.backend = backend;
        int steps = transform.steps().size();
        weights = new Matrix[steps];
        blocks = new Matrix[steps];
        for (int n = 0; n < steps; n++) {
            Transform.Step step = transform.steps().get(n);
            blocks[n] = Matrix.allocate(arena, BLOCK_ROWS, step.outputDim());
            if (step instanceof Transform.Dense dense) {
                weights[n] = Matrix.copyOf(arena, dense.weights());
            }
        }
    }

    /** What a transform makes of rows [n, inputDim], in memory of {@code arena}; as {@link #project}. */
    public static Matrix of(Matrix rows, Transform transform, ComputeBackend backend, Arena arena) {
        Matrix mapped = Matrix.allocate(arena, rows.rows(), transform.outputDim());
        try (Projection projection = new Projection(transform, backend)) {
            projection.project(rows, mapped);
        }
        return mapped;
    }

    /**
     * Maps rows [n, inputDim] to {@code into} [n, outputDim]. One thread at a time.
     *
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for other shapes, or a value that leaves the range of float32
     */
    public void project(Matrix rows, Matrix into) {
        check(rows.dim() == transform.inputDim(), "dim: %d (expected %d, what the transform takes)", rows.dim(), transform.inputDim());
        check(into.dim() == transform.outputDim() && into.rows() == rows.rows(), "into: %d x %d (expected %d x %d)", into.rows(),
                into.dim(), rows.rows(), transform.outputDim());
        for (int from = 0; from < rows.rows(); from += BLOCK_ROWS) {
            int count = Math.min(BLOCK_ROWS, rows.rows() - from);
            Matrix block = rows.slice(from, from + count);
            for (int n = 0; n < blocks.length; n++) {
                Matrix next = blocks[n].slice(0, count);
                step(n, block, next);
                block = next;
            }
            into.copy(block, 0, from, count);
            int bad = block.firstNotFinite();
            check(bad < 0, "row %d: not finite after the transform (expected float32)", from + bad);
        }
    }

    private void step(int n, Matrix from, Matrix to) {
        switch (transform.steps().get(n)) {
            case Transform.Dense dense -> {
                backend.multiply(from, weights[n], to);
                finish(dense, to);
            }
            case Transform.Scale scale -> rowByRow(scale, from, to);
            case Transform.Unit unit -> rowByRow(unit, from, to);
        }
    }

    private static void finish(Transform.Dense dense, Matrix to) {
        for (int i = 0; i < to.rows(); i++) {
            for (int o = 0; o < to.dim(); o++) {
                double value = to.get(i, o) + dense.bias()[o];
                to.set(i, o, (float) (dense.relu() ? Math.max(0, value) : value));
            }
        }
    }

    private static void rowByRow(Transform.Step step, Matrix from, Matrix to) {
        double[] x = new double[from.dim()];
        for (int i = 0; i < from.rows(); i++) {
            for (int t = 0; t < x.length; t++) {
                x[t] = from.get(i, t);
            }
            double[] y = step.apply(x);
            for (int t = 0; t < y.length; t++) {
                to.set(i, t, (float) y[t]);
            }
        }
    }

    /** Frees its memory. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
