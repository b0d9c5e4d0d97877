package dev.perigee.learn.tower;

import static dev.perigee.PerigeeException.check;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.learn.loss.FloatProducts;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * A transform in training: its dense layers learn, scales before them stay as they are, a unit step at the end too. Forward and
 * back in float32 by the backend's products.
 */
final class Tower implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<Transform.Step> front = new ArrayList<>();
    private final List<Layer> layers = new ArrayList<>();
    private final boolean unit;
    private final int inputDim;
    private final Matrix gradient;

    /** @param batch most rows of a batch */
    Tower(Transform start, int batch, ComputeBackend backend) {
        List<Transform.Step> steps = start.steps();
        int from = 0;
        while (from < steps.size() && !(steps.get(from) instanceof Transform.Dense)) {
            front.add(steps.get(from++));
        }
        unit = steps.getLast() instanceof Transform.Unit;
        int to = unit ? steps.size() - 1 : steps.size();
        check(from < to, "start: no dense layer (expected one or more to be trained)");
        for (int n = from; n < to; n++) {
            check(steps.get(n) instanceof Transform.Dense, "start: step %d is %s (expected dense layers, then unit or nothing)",
                    n, steps.get(n).getClass().getSimpleName());
            layers.add(new Layer(n, (Transform.Dense) steps.get(n), n == from, batch, backend, arena));
        }
        inputDim = start.inputDim();
        gradient = Matrix.allocate(arena, batch, start.outputDim());
    }

    int inputDim() {
        return inputDim;
    }

    boolean unit() {
        return unit;
    }

    /** What the first layer sees of a row: by the steps that are not trained. Thread-safe. */
    float[] front(float[] row) {
        return front.isEmpty() ? row : Transform.of(front).apply(row);
    }

    /** Dim of what {@link #front} gives. */
    int frontDim() {
        return front.isEmpty() ? inputDim : front.getLast().outputDim();
    }

    /** @param x [n, frontDim], kept until {@link #backward}; returns the embeddings [n, dim], before the unit step */
    double[][] forward(Matrix x) {
        Matrix y = x;
        for (Layer layer : layers) {
            y = layer.forward(y);
        }
        return FloatProducts.doubles(y);
    }

    /** Steps all layers. @param byOutput the gradient by the embeddings [n, dim] */
    void backward(double[][] byOutput, Adam adam) {
        Matrix by = gradient.slice(0, byOutput.length);
        FloatProducts.copy(byOutput, by);
        for (Layer layer : layers.reversed()) {
            by = layer.backward(by, adam);
        }
    }

    List<Parameter> parameters() {
        return layers.stream().flatMap(layer -> layer.parameters().stream()).toList();
    }

    void restored() {
        layers.forEach(Layer::restored);
    }

    /** As it is now, a copy. */
    Transform transform() {
        List<Transform.Step> steps = new ArrayList<>(front);
        layers.forEach(layer -> steps.add(layer.dense()));
        if (unit) {
            steps.add(new Transform.Unit(steps.getLast().outputDim()));
        }
        return Transform.of(steps);
    }

    @Override
    public void close() {
        arena.close();
    }
}
