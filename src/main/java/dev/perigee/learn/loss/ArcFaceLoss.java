package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

/**
 * {@code scale cos(t + margin)} for the row's own class, and where t + margin passes pi
 * {@code scale (cos t - margin sin margin)}, which goes on falling. Deng et al., ArcFace, CVPR 2019.
 *
 * @param margin in radians
 */
public record ArcFaceLoss(double scale, double margin) implements ClassLoss {
    public ArcFaceLoss {
        check(Double.isFinite(scale) && scale > 0, "scale: %s (expected more than 0)", scale);
        check(margin >= 0 && margin < Math.PI, "margin: %s (expected 0 to pi)", margin);
    }

    @Override
    public String spec() {
        return "arcface:scale=" + scale + ",margin=" + margin;
    }

    @Override
    public double psi(double cosine) {
        double angle = Math.acos(cosine) + margin;
        return angle <= Math.PI ? Math.cos(angle) : cosine - margin * Math.sin(margin);
    }

    @Override
    public double slope(double cosine) {
        double angle = Math.acos(cosine);
        return angle + margin <= Math.PI ? Math.sin(angle + margin) / Math.sin(angle) : 1;
    }
}
