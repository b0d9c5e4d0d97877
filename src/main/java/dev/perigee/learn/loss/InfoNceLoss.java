package dev.perigee.learn.loss;

import static dev.perigee.PerigeeException.check;

import java.util.BitSet;

/**
 * Finds the positive of an anchor among all its negatives: minus the log of the positive's share in the softmax of
 * {@code -scale d} over that positive and all rows of the batch that are negatives of the anchor; the mean over pairs of anchor and
 * positive. With the cosine distance that is {@code scale cos}: DSSM (Huang et al., CIKM 2013), InfoNCE (van den Oord et al., 2018).
 * Rows of the anchor's class and of its content are left out: they would be false negatives.
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
    public Value of(double[][] d, BatchLabels labels, Triplets triplets) {
        BitSet pairs = new BitSet();
        for (int i = 0; i < triplets.count(); i++) {
            pairs.set(triplets.anchors()[i] * d.length + triplets.positives()[i]);
        }
        double[][] gradient = new double[d.length][d.length];
        double sum = 0;
        int count = pairs.cardinality();
        for (int pair = pairs.nextSetBit(0); pair >= 0; pair = pairs.nextSetBit(pair + 1)) {
            sum += add(d, labels, pair / d.length, pair % d.length, count, gradient);
        }
        return new Value(count == 0 ? 0 : sum / count, count, gradient);
    }

    private double add(double[][] d, BatchLabels labels, int anchor, int positive, int pairs, double[][] gradient) {
        double nearest = d[anchor][positive];
        for (int j = 0; j < d.length; j++) {
            if (labels.negative(anchor, j)) {
                nearest = Math.min(nearest, d[anchor][j]);
            }
        }
        double[] shares = new double[d.length];
        double total = 0;
        for (int j = 0; j < d.length; j++) {
            if (j == positive || labels.negative(anchor, j)) {
                shares[j] = Math.exp(scale * (nearest - d[anchor][j]));
                total += shares[j];
            }
        }
        for (int j = 0; j < d.length; j++) {
            gradient[anchor][j] += scale * ((j == positive ? 1 : 0) - shares[j] / total) / pairs;
        }
        return Math.log(total) - scale * (nearest - d[anchor][positive]);
    }
}
