package dev.perigee.learn.loss;

/**
 * A softmax over the training classes, which have a vector of weights each ({@link ClassHead}). The weights are thrown away after
 * training, so that classes never seen work.
 *
 * <p>Logits are {@code scale cos} of the angle between a row and the weights, that of the row's own class
 * {@code scale psi(cos)} with a margin; {@link SoftmaxLoss} alone is plain.
 */
public sealed interface ClassLoss extends Loss permits SoftmaxLoss, NormFaceLoss, SphereFaceLoss, CosFaceLoss, ArcFaceLoss {
    /** What cosines are multiplied by; 0 = by the length of the embedding. */
    double scale();

    /** What stands for the cosine of a row with its own class. */
    double psi(double cosine);

    /** The slope of {@link #psi}. */
    double slope(double cosine);

    /** The loss at a step of training, for those that grow harder. */
    default ClassLoss at(int step) {
        return this;
    }
}
