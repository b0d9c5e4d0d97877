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
    public Value of(double[][] d, BatchLabels labels, Triplets triplets) {
        double[][] gradient = new double[d.length][d.length];
        double sum = 0;
        int active = 0;
        for (int i = 0; i < triplets.count(); i++) {
            double violation = violation(d, triplets, i);
            if (soft || violation > 0) {
                sum += soft ? softPlus(violation) : violation;
                active++;
            }
        }
        for (int i = 0; i < triplets.count(); i++) {
            double violation = violation(d, triplets, i);
            if (soft || violation > 0) {
                double slope = (soft ? 1 / (1 + Math.exp(-violation)) : 1) / active;
                int a = triplets.anchors()[i];
                int p = triplets.positives()[i];
                int n = triplets.negatives()[i];
                gradient[a][p] += slope;
                gradient[swap && d[p][n] < d[a][n] ? p : a][n] -= slope;
            }
        }
        return new Value(active == 0 ? 0 : sum / active, active, gradient);
    }

    private double violation(double[][] d, Triplets triplets, int i) {
        int a = triplets.anchors()[i];
        int p = triplets.positives()[i];
        int n = triplets.negatives()[i];
        return d[a][p] - (swap ? Math.min(d[a][n], d[p][n]) : d[a][n]) + margin;
    }

    private static double softPlus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
