package dev.perigee.learn.mining;

import dev.perigee.learn.loss.BatchDistances;
import dev.perigee.learn.loss.BatchLabels;
import dev.perigee.learn.loss.Triplets;
import java.util.random.RandomGenerator;

/**
 * One miner for the first steps, then another. Hard triplets from the start let a tower with random weights collapse to one
 * point; semi-hard or random ones first do not.
 */
public record WarmUp(Miner first, int steps, Miner then) implements Miner {
    @Override
    public String spec() {
        return then.spec() + (then.spec().contains(":") ? "," : ":") + "warmup=" + steps;
    }

    @Override
    public Triplets mine(int step, BatchDistances distances, BatchLabels labels, Triplets drawn, RandomGenerator random) {
        return (step < steps ? first : then).mine(step, distances, labels, drawn, random);
    }
}
