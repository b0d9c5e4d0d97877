package dev.perigee.learn.loss;

/** Distances between the rows of a batch. */
@FunctionalInterface
public interface Distances {
    /** Symmetric. */
    double between(int i, int j);

    /** Told before most pairs are asked for. */
    default void prepareAll() {
    }
}
