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
    private static final int STEPS = 150;
    private static final int CHECK_EVERY = 15;
    private static final int PATIENCE = 4;

    /** Learns on some classes; the weights that are best by MAP@R on others are kept. */
    Trained train(ClincVectors train, ClincVectors validation, long seed, ComputeBackend backend) {
        int dim = train.rows().dim();
        Transform start = Starts.unit(Starts.identity(dim, dim));
        return new Training(recipe(STEPS, seed), start, RowSource.of(train.rows()), train.labels(), backend)
                .validatedBy(transform -> Quality.of(validation.rows(), validation.labels(), transform, Distance.COSINE, backend).map())
                .run(Training.Listener.NONE);
    }

    Recipe recipe(int steps, long seed) {
        return new Recipe(Losses.parse(loss), EmbeddingDistance.COSINE, Sampler.parse(sampler), Miners.parse(miner), steps, rate, seed,
                CHECK_EVERY, PATIENCE);
    }
}
