package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

/**
 * {@code |x| psi(t)} for the row's own class, psi = (-1)^k cos(m t) - 2k for t in [k pi / m, (k + 1) pi / m]. Liu et al.,
 * SphereFace, CVPR 2017. Too hard to begin with, so it is mixed with the cosine: (psi + lambda cos) / (1 + lambda), and lambda
 * falls from {@value #FIRST_LAMBDA} to {@code lambda} as training goes on.
 *
 * @param m      whole, 1 to 8
 * @param scale  in place of |x|; 0 = |x|
 * @param lambda how much of the plain cosine is left, 0 or more
 */
public record SphereFaceLoss(int m, double scale, double lambda) implements ClassLoss {
    private static final double FIRST_LAMBDA = 1000;
    /** lambda at a step is FIRST_LAMBDA / (1 + FALL step), after the authors' training. */
    private static final double FALL = .1;

    public SphereFaceLoss {
        check(m >= 1 && m <= 8, "m: %d (expected 1 to 8)", m);
        check(Double.isFinite(scale) && scale >= 0, "scale: %s (expected 0 or more)", scale);
        check(Double.isFinite(lambda) && lambda >= 0, "lambda: %s (expected 0 or more)", lambda);
    }

    @Override
    public String spec() {
        return "sphereface:m=" + m + ",scale=" + scale + ",lambda=" + lambda;
    }

    @Override
    public ClassLoss at(int step) {
        return new SphereFaceLoss(m, scale, Math.max(lambda, FIRST_LAMBDA / (1 + FALL * step)));
    }

    @Override
    public double psi(double cosine) {
        double angle = Math.acos(cosine);
        int k = piece(angle);
        return ((k % 2 == 0 ? 1 : -1) * Math.cos(m * angle) - 2 * k + lambda * cosine) / (1 + lambda);
    }

    @Override
    public double slope(double cosine) {
        double angle = Math.acos(cosine);
        double slope = (piece(angle) % 2 == 0 ? 1 : -1) * m * Math.sin(m * angle) / Math.sin(angle);
        return (slope + lambda) / (1 + lambda);
    }

    private int piece(double angle) {
        return Math.min(m - 1, (int) (m * angle / Math.PI));
    }
}
