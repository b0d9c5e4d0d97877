package dev.perigee.learn.loss;

/** A loss of distances between rows of a batch. */
public sealed interface TupleLoss extends Loss permits ContrastiveLoss, TripletLoss, InfoNceLoss {
    /**
     * What a loss says of a batch.
     *
     * @param loss     the mean over what is active, 0 if nothing is
     * @param active   how many pairs or triplets have a gradient; 0 = there is nothing to learn from this batch
     */
    record Value(double loss, int active, PairGradient gradient) {
    }

    /**
     * @param distances between rows of the batch
     * @param triplets  which rows to look at
     */
    Value of(Distances distances, BatchLabels labels, Triplets triplets);
}
