package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

/**
 * {@code max(0, d(a, p) - d(a, n) + margin)}, the mean over active triplets. Weinberger and Saul, JMLR 2009; Schroff et al.,
 * FaceNet, 2015 (with squared L2).
 *
 * @param margin 0 or more
 * @param swap   d(p, n) in place of d(a, n) where it is smaller (Balntas et al., BMVC 2016)
 * @param soft   log(1 + exp(...)) in place of max(0, ...): every triplet is active (Hermans et al., 2017)
 */
public record TripletLoss(double margin, boolean swap, boolean soft) implements TupleLoss {
    public TripletLoss {
        check(Double.isFinite(margin) && margin >= 0, "margin: %s (expected 0 or more)", margin);
    }

    @Override
    public String spec() {
        return "triplet:margin=" + margin + (swap ? ",swap" : "") + (soft ? ",soft" : "");
    }

    @Override
    public Value of(Distances d, BatchLabels labels, Triplets triplets) {
        double[] violations = new double[triplets.count()];
        double sum = 0;
        int active = 0;
        for (int i = 0; i < violations.length; i++) {
            violations[i] = d.between(triplets.anchors()[i], triplets.positives()[i]) - negative(d, triplets, i) + margin;
            if (soft || violations[i] > 0) {
                sum += soft ? softPlus(violations[i]) : violations[i];
                active++;
            }
        }
        PairGradient gradient = new PairGradient();
        for (int i = 0; i < violations.length; i++) {
            if (soft || violations[i] > 0) {
                double slope = (soft ? 1 / (1 + Math.exp(-violations[i])) : 1) / active;
                gradient.add(triplets.anchors()[i], triplets.positives()[i], slope);
                gradient.add(swaps(d, triplets, i) ? triplets.positives()[i] : triplets.anchors()[i], triplets.negatives()[i],
                        -slope);
            }
        }
        return new Value(active == 0 ? 0 : sum / active, active, gradient);
    }

    private double negative(Distances d, Triplets triplets, int i) {
        int from = swaps(d, triplets, i) ? triplets.positives()[i] : triplets.anchors()[i];
        return d.between(from, triplets.negatives()[i]);
    }

    private boolean swaps(Distances d, Triplets triplets, int i) {
        int negative = triplets.negatives()[i];
        return swap && d.between(triplets.positives()[i], negative) < d.between(triplets.anchors()[i], negative);
    }

    private static double softPlus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
