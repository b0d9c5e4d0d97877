package dev.perigee.learn.mining;

import dev.perigee.learn.loss.BatchDistances;
import dev.perigee.learn.loss.BatchLabels;
import dev.perigee.learn.loss.Triplets;
import java.util.random.RandomGenerator;

/** Takes the triplets that the sampler drew: a positive of the anchor's class and a negative of any other, both by chance. */
public record DrawnMiner() implements Miner {
    @Override
    public String spec() {
        return "drawn";
    }

    @Override
    public Triplets mine(int step, BatchDistances distances, BatchLabels labels, Triplets drawn, RandomGenerator random) {
        return drawn;
    }
}
