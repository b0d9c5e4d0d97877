package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

/** {@code scale (cos t - margin)} for the row's own class. Wang et al., CosFace, CVPR 2018. */
public record CosFaceLoss(double scale, double margin) implements ClassLoss {
    public CosFaceLoss {
        check(Double.isFinite(scale) && scale > 0, "scale: %s (expected more than 0)", scale);
        check(margin >= 0 && margin < 2, "margin: %s (expected 0 to 2)", margin);
    }

    @Override
    public String spec() {
        return "cosface:scale=" + scale + ",margin=" + margin;
    }

    @Override
    public double psi(double cosine) {
        return cosine - margin;
    }

    @Override
    public double slope(double cosine) {
        return 1;
    }
}
