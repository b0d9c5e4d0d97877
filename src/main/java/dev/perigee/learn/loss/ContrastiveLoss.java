package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

import java.util.BitSet;

/**
 * {@code d^power} for pairs of one class and {@code max(0, margin - d)^power} for others; the means over active pairs of either
 * kind are added. Power 1 is the lecture's form and that of PyTorch Metric Learning; power 2 with {@code half} is the original:
 * Hadsell, Chopra, LeCun, CVPR 2006 (where Y = 0 means similar).
 *
 * @param half every term times 1/2
 */
public record ContrastiveLoss(double margin, int power, boolean half) implements TupleLoss {
    public ContrastiveLoss {
        check(Double.isFinite(margin) && margin > 0, "margin: %s (expected more than 0)", margin);
        check(power == 1 || power == 2, "power: %d (expected 1 or 2)", power);
    }

    @Override
    public String spec() {
        return "contrastive:margin=" + margin + ",power=" + power + (half ? ",half" : "");
    }

    /** Of each pair that is part of a triplet, once. */
    @Override
    public Value of(Distances d, BatchLabels labels, Triplets triplets) {
        PairGradient gradient = new PairGradient();
        double loss = 0;
        for (boolean similar : new boolean[] {true, false}) {
            loss += add(d, labels.count(), triplets.anchors(), similar ? triplets.positives() : triplets.negatives(), similar,
                    gradient);
        }
        return new Value(loss, gradient.count(), gradient);
    }

    private double add(Distances d, int rows, int[] first, int[] second, boolean similar, PairGradient gradient) {
        BitSet active = new BitSet();
        double sum = 0;
        for (int i = 0; i < first.length; i++) {
            int pair = Math.min(first[i], second[i]) * rows + Math.max(first[i], second[i]);
            double x = active.get(pair) ? 0 : term(d, pair / rows, pair % rows, similar);
            if (x > 0) {
                active.set(pair);
                sum += weight() * (power == 1 ? x : x * x);
            }
        }
        int count = active.cardinality();
        for (int pair = active.nextSetBit(0); pair >= 0; pair = active.nextSetBit(pair + 1)) {
            double slope = power == 1 ? 1 : 2 * term(d, pair / rows, pair % rows, similar);
            gradient.add(pair / rows, pair % rows, (similar ? 1 : -1) * weight() * slope / count);
        }
        return count == 0 ? 0 : sum / count;
    }

    /** What is raised to the power; the pair is active if it is positive. */
    private double term(Distances d, int i, int j, boolean similar) {
        return similar ? d.between(i, j) : margin - d.between(i, j);
    }

    private double weight() {
        return half ? .5 : 1;
    }
}
