package dev.perigee.learn.loss;

/** What training makes smaller. Immutable. */
public sealed interface Loss permits TupleLoss, ClassLoss {
    /** Its name and options, as {@link Losses#parse} reads them: {@code triplet:margin=0.2,swap}. */
    String spec();
}
