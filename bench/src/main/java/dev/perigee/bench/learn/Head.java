package dev.perigee.bench.learn;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.learn.loss.EmbeddingDistance;
import dev.perigee.learn.loss.Losses;
import dev.perigee.learn.mining.Miners;
import dev.perigee.learn.tower.Recipe;
import dev.perigee.learn.tower.RowSource;
import dev.perigee.learn.tower.Sampler;
import dev.perigee.learn.tower.Starts;
import dev.perigee.learn.tower.Trained;
import dev.perigee.learn.tower.Training;
import dev.perigee.vector.Transform;

/**
 * A linear head over the vectors of a frozen encoder, which starts as the identity and is judged by cosine: what its loss and its
 * miner make of it.
 *
 * @param name of the row
 */
record Head(String name, String loss, String miner, String sampler, double rate) {
    /** More steps only unlearn: the best on the validation classes is among these. */
    private static final int STEPS = 240;
    private static final int CHECK_EVERY = 20;
    private static final int PATIENCE = 4;

    /** Learns on some classes; the weights that are best by MAP@R on others are kept. */
    Trained train(ClincVectors train, ClincVectors validation, long seed, ComputeBackend backend) {
        return training(train, STEPS, seed, backend)
                .validatedBy(transform -> Quality.of(validation.rows(), validation.labels(), transform, Distance.COSINE, backend)
                .map())
                .run(Training.Listener.NONE);
    }

    /** Learns on all classes that are there, for as many steps as were best. */
    Transform train(ClincVectors train, int steps, long seed, ComputeBackend backend) {
        return training(train, steps, seed, backend).run(Training.Listener.NONE).transform();
    }

    private Training training(ClincVectors train, int steps, long seed, ComputeBackend backend) {
        int dim = train.rows().dim();
        return new Training(recipe(steps, seed), Starts.unit(Starts.identity(dim, dim)), RowSource.of(train.rows()),
                train.labels(), backend);
    }

    private Recipe recipe(int steps, long seed) {
        return new Recipe(Losses.parse(loss), EmbeddingDistance.COSINE, Sampler.parse(sampler), Miners.parse(miner), steps, rate,
                seed, CHECK_EVERY, PATIENCE);
    }
}
