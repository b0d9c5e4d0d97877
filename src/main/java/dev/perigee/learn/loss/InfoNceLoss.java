package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

import java.util.BitSet;

/**
 * Finds the positive of an anchor among all its negatives: minus the log of the positive's share in the softmax of
 * {@code -scale d} over that positive and all rows of the batch that are negatives of the anchor; the mean over pairs of anchor
 * and positive. With the cosine distance that is {@code scale cos}: DSSM (Huang et al., CIKM 2013), InfoNCE (van den Oord et al.,
 * 2018). Rows of the anchor's class and of its content are left out: they would be false negatives.
 *
 * @param scale one over the temperature
 */
public record InfoNceLoss(double scale) implements TupleLoss {
    public InfoNceLoss {
        check(Double.isFinite(scale) && scale > 0, "scale: %s (expected more than 0)", scale);
    }

    @Override
    public String spec() {
        return "infonce:scale=" + scale;
    }

    @Override
    public Value of(Distances d, BatchLabels labels, Triplets triplets) {
        d.prepareAll();
        BitSet pairs = new BitSet();
        for (int i = 0; i < triplets.count(); i++) {
            pairs.set(triplets.anchors()[i] * labels.count() + triplets.positives()[i]);
        }
        PairGradient gradient = new PairGradient();
        double sum = 0;
        int count = pairs.cardinality();
        for (int pair = pairs.nextSetBit(0); pair >= 0; pair = pairs.nextSetBit(pair + 1)) {
            sum += add(d, labels, pair / labels.count(), pair % labels.count(), count, gradient);
        }
        return new Value(count == 0 ? 0 : sum / count, count, gradient);
    }

    private double add(Distances d, BatchLabels labels, int anchor, int positive, int pairs, PairGradient gradient) {
        double nearest = d.between(anchor, positive);
        for (int j = 0; j < labels.count(); j++) {
            if (labels.negative(anchor, j)) {
                nearest = Math.min(nearest, d.between(anchor, j));
            }
        }
        double[] shares = new double[labels.count()];
        double total = 0;
        for (int j = 0; j < shares.length; j++) {
            if (j == positive || labels.negative(anchor, j)) {
                shares[j] = Math.exp(scale * (nearest - d.between(anchor, j)));
                total += shares[j];
            }
        }
        for (int j = 0; j < shares.length; j++) {
            double term = (j == positive ? 1 : 0) - shares[j] / total;
            if (term != 0) {
                gradient.add(anchor, j, scale * term / pairs);
            }
        }
        return Math.log(total) - scale * (nearest - d.between(anchor, positive));
    }
}
