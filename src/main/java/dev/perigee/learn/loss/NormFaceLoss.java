package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

/** {@code scale cos t}: a softmax over cosines. Wang et al., NormFace, ACM Multimedia 2017. */
public record NormFaceLoss(double scale) implements ClassLoss {
    public NormFaceLoss {
        check(Double.isFinite(scale) && scale > 0, "scale: %s (expected more than 0)", scale);
    }

    @Override
    public String spec() {
        return "normface:scale=" + scale;
    }

    @Override
    public double psi(double cosine) {
        return cosine;
    }

    @Override
    public double slope(double cosine) {
        return 1;
    }
}
