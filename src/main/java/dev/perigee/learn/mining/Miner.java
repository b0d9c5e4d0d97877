package dev.perigee.learn.mining;

import dev.perigee.learn.loss.BatchDistances;
import dev.perigee.learn.loss.BatchLabels;
import dev.perigee.learn.loss.Triplets;
import java.util.random.RandomGenerator;

/** Chooses the triplets of a batch. Immutable. */
public sealed interface Miner permits BatchMiner, WarmUp, DrawnMiner, IndexMiner {
    /** Its name and options, as {@link Miners#parse} reads them. */
    String spec();

    /**
     * @param step      of training, from 0
     * @param distances between the rows of the batch
     * @param drawn     what the sampler drew as triplets already, or none
     */
    Triplets mine(int step, BatchDistances distances, BatchLabels labels, Triplets drawn, RandomGenerator random);
}
