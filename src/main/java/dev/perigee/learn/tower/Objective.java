package dev.perigee.learn.tower;

import dev.perigee.learn.loss.BatchDistances;
import dev.perigee.learn.loss.ClassHead;
import dev.perigee.learn.loss.ClassLoss;
import dev.perigee.learn.loss.Products;
import dev.perigee.learn.loss.Triplets;
import dev.perigee.learn.loss.TupleLoss;
import java.util.List;
import java.util.SplittableRandom;

/** The loss of a batch and its gradient by the embeddings; holds the weights of the classes where the loss has some. */
final class Objective {
    private static final int MINE = 4;
    private static final int CLASS_WEIGHTS = 5;

    private final Recipe recipe;
    private final Products products;
    private final Parameter weights;
    private final Parameter bias;

    /** @param active 0 = nothing to learn from this batch */
    record Value(double loss, int active, double[][] gradient) {
    }

    Objective(Recipe recipe, int classes, int dim, Products products) {
        this.recipe = recipe;
        this.products = products;
        boolean ofClasses = recipe.loss() instanceof ClassLoss;
        this.weights = ofClasses ? new Parameter("class-weights", random(classes, dim, recipe.seed())) : null;
        this.bias = ofClasses ? new Parameter("class-bias", new float[1][classes]) : null;
    }

    private static float[][] random(int classes, int dim, long seed) {
        SplittableRandom random = Seeds.at(seed, CLASS_WEIGHTS);
        float[][] weights = new float[classes][dim];
        for (float[] row : weights) {
            for (int i = 0; i < dim; i++) {
                row[i] = (float) (random.nextGaussian() / Math.sqrt(dim));
            }
        }
        return weights;
    }

    List<Parameter> parameters() {
        return weights == null ? List.of() : List.of(weights, bias);
    }

    /** Steps the weights of the classes, too. @param x embeddings [n, dim] */
    Value of(int step, double[][] x, Batches.Batch batch, Adam adam) {
        return switch (recipe.loss()) {
            case TupleLoss loss -> {
                BatchDistances distances = BatchDistances.of(x, recipe.distance(), products);
                Triplets triplets = recipe.miner().mine(step, distances, batch.labels(), batch.drawn(),
                        Seeds.at(recipe.seed(), MINE, step));
                TupleLoss.Value value = loss.of(distances, batch.labels(), triplets);
                yield new Value(value.loss(), value.active(),
                        value.active() == 0 ? null : distances.gradient(value.gradient()));
            }
            case ClassLoss loss -> {
                double[][] rows = weights.doubles();
                ClassHead.Value value = ClassHead.of(loss.at(step), x, batch.labels().labels(), rows, bias.doubles()[0],
                        products);
                weights.step(adam, value.byWeights());
                bias.step(adam, new double[][] {value.byBias()});
                yield new Value(value.loss(), x.length, value.gradient());
            }
        };
    }
}
