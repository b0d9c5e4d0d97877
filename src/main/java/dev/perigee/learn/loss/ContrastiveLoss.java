package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

import java.util.BitSet;

/**
 * {@code d^power} for pairs of one class and {@code max(0, margin - d)^power} for others; the means over active pairs of either kind
 * are added. Power 1 is the lecture's form and that of PyTorch Metric Learning; power 2 with {@code half} is the original: Hadsell,
 * Chopra, LeCun, CVPR 2006 (where Y = 0 means similar).
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
    public Value of(double[][] d, BatchLabels labels, Triplets triplets) {
        double[][] gradient = new double[d.length][d.length];
        Side similar = add(d, triplets.anchors(), triplets.positives(), true, gradient);
        Side different = add(d, triplets.anchors(), triplets.negatives(), false, gradient);
        return new Value(similar.loss + different.loss, similar.active + different.active, gradient);
    }

    private record Side(double loss, int active) {
    }

    private Side add(double[][] d, int[] first, int[] second, boolean similar, double[][] gradient) {
        BitSet active = new BitSet();
        double sum = 0;
        for (int i = 0; i < first.length; i++) {
            int low = Math.min(first[i], second[i]);
            int high = Math.max(first[i], second[i]);
            double x = similar ? d[low][high] : margin - d[low][high];
            int pair = low * d.length + high;
            if (x > 0 && !active.get(pair)) {
                active.set(pair);
                sum += weight() * (power == 1 ? x : x * x);
            }
        }
        int count = active.cardinality();
        for (int pair = active.nextSetBit(0); pair >= 0; pair = active.nextSetBit(pair + 1)) {
            int low = pair / d.length;
            int high = pair % d.length;
            double x = similar ? d[low][high] : margin - d[low][high];
            gradient[low][high] += (similar ? 1 : -1) * weight() * (power == 1 ? 1 : 2 * x) / count;
        }
        return new Side(count == 0 ? 0 : sum / count, count);
    }

    private double weight() {
        return half ? .5 : 1;
    }
}
