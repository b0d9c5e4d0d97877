package dev.perigee.learn.tower;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.List;

/** A dense layer that is trained: {@code y = W x + bias}, then max(0, y) where {@code relu}. All products are the backend's. */
final class Layer {
    private final ComputeBackend backend;
    private final boolean relu;
    private final boolean first;
    private final Parameter weights;
    private final Parameter bias;
    private final Matrix mirror; // [out, in], the weights
    private final Matrix output; // [batch, out]
    private final Matrix inputT; // [in, batch]
    private final Matrix gradientT; // [out, batch]
    private final Matrix byWeights; // [out, in]
    private final Matrix mirrorT; // [in, out]
    private final Matrix byInput; // [batch, in]
    private Matrix input;

    /** @param first whether nothing is trained before it, so that no gradient by its input is wanted */
    Layer(int number, Transform.Dense start, boolean first, int batch, ComputeBackend backend, Arena arena) {
        this.backend = backend;
        this.relu = start.relu();
        this.first = first;
        int in = start.inputDim();
        int out = start.outputDim();
        float[][] rows = new float[out][];
        float[] biases = new float[out];
        for (int o = 0; o < out; o++) {
            rows[o] = start.weights()[o].clone();
            biases[o] = (float) start.bias()[o];
        }
        this.weights = new Parameter("weights-" + number, rows);
        this.bias = new Parameter("bias-" + number, new float[][] {biases});
        this.mirror = Matrix.allocate(arena, out, in);
        this.output = Matrix.allocate(arena, batch, out);
        this.inputT = Matrix.allocate(arena, in, batch);
        this.gradientT = Matrix.allocate(arena, out, batch);
        this.byWeights = Matrix.allocate(arena, out, in);
        this.mirrorT = first ? null : Matrix.allocate(arena, in, out);
        this.byInput = first ? null : Matrix.allocate(arena, batch, in);
        restored();
    }

    List<Parameter> parameters() {
        return List.of(weights, bias);
    }

    /** Call after the parameters were changed from outside. */
    void restored() {
        for (int o = 0; o < mirror.rows(); o++) {
            mirror.set(o, weights.values()[o]);
        }
    }

    /** @param x [n, in], kept until {@link #backward}; returns memory [n, out] of this layer */
    Matrix forward(Matrix x) {
        input = x;
        Matrix y = output.slice(0, x.rows());
        backend.multiply(x, mirror, y);
        float[] row = new float[y.dim()];
        float[] add = bias.values()[0];
        for (int i = 0; i < y.rows(); i++) {
            Rows.get(y, i, row);
            for (int o = 0; o < row.length; o++) {
                float value = row[o] + add[o];
                row[o] = relu ? Math.max(0, value) : value;
            }
            y.set(i, row);
        }
        return y;
    }

    /**
     * Steps its parameters.
     *
     * @param gradient by its output [n, out], changed where {@code relu}
     * @return the gradient by its input [n, in] before the step, or null for the first layer
     */
    Matrix backward(Matrix gradient, Adam adam) {
        float[] sums = new float[gradient.dim()];
        float[] row = new float[gradient.dim()];
        float[] y = new float[gradient.dim()];
        for (int i = 0; i < gradient.rows(); i++) {
            Rows.get(gradient, i, row);
            if (relu) {
                Rows.get(output, i, y);
                for (int o = 0; o < row.length; o++) {
                    row[o] *= Math.signum(y[o]); // 1 or 0, and without a branch it runs in vectors
                }
                gradient.set(i, row);
            }
            for (int o = 0; o < row.length; o++) {
                sums[o] += row[o];
            }
        }
        Matrix by = null;
        if (!first) {
            Rows.transpose(mirror, mirrorT);
            by = byInput.slice(0, gradient.rows());
            backend.multiply(gradient, mirrorT, by);
        }
        Rows.transpose(gradient, gradientT);
        Rows.transpose(input, inputT);
        backend.multiply(gradientT, inputT, byWeights);
        weights.step(adam, byWeights, mirror);
        adam.step(bias.values()[0], sums, bias.first()[0], bias.second()[0]);
        return by;
    }

    Transform.Dense dense() {
        float[][] rows = new float[weights.values().length][];
        double[] biases = new double[rows.length];
        for (int o = 0; o < rows.length; o++) {
            rows[o] = weights.values()[o].clone();
            biases[o] = bias.values()[0][o];
        }
        return new Transform.Dense(rows, biases, relu);
    }
}
