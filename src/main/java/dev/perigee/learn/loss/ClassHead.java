package dev.perigee.learn.loss;

/** Evaluates a {@link ClassLoss}: a softmax over classes, of which each has weights [dim], and for plain softmax a bias. */
public final class ClassHead {
    /** Cosines are kept this far from 1 and -1, where the slope of the angle is infinite. */
    private static final double CLAMP = 1 - 1e-6;

    /**
     * What it says of a batch.
     *
     * @param loss      the mean over rows
     * @param gradient  by the embeddings [n, dim]
     * @param byWeights by the weights [classes, dim]
     * @param byBias    by the bias [classes]; zero but for plain softmax
     */
    public record Value(double loss, double[][] gradient, double[][] byWeights, double[] byBias) {
    }

    private ClassHead() {
    }

    /**
     * @param x       embeddings [n, dim]
     * @param labels  class of each, a row of the weights
     * @param weights [classes, dim], of whatever length
     * @param bias    [classes], used by plain softmax alone
     */
    public static Value of(ClassLoss loss, double[][] x, int[] labels, double[][] weights, double[] bias, Products products) {
        return loss instanceof SoftmaxLoss ? plain(x, labels, weights, bias, products) : angular(loss, x, labels, weights,
                products);
    }

    private static Value plain(double[][] x, int[] labels, double[][] weights, double[] bias, Products products) {
        double[][] logits = products.multiply(x, weights);
        double[] byBias = new double[bias.length];
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            for (int c = 0; c < bias.length; c++) {
                logits[i][c] += bias[c];
            }
            sum += softmax(logits[i], labels[i], x.length);
            for (int c = 0; c < bias.length; c++) {
                byBias[c] += logits[i][c];
            }
        }
        return new Value(sum / x.length, products.plain(logits, weights),
                products.plain(Products.transpose(logits), x), byBias);
    }

    private static Value angular(ClassLoss loss, double[][] x, int[] labels, double[][] weights, Products products) {
        Cosines cosines = Cosines.of(x, weights, products);
        double[][] gradient = cosines.values();
        double[] byLength = new double[x.length];
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double scale = loss.scale() > 0 ? loss.scale() : cosines.lengths()[i];
            double[] g = gradient[i];
            int own = labels[i];
            double cosine = Math.clamp(g[own], -CLAMP, CLAMP);
            double[] logits = g.clone();
            logits[own] = loss.psi(cosine);
            for (int c = 0; c < g.length; c++) {
                g[c] = scale * logits[c];
            }
            sum += softmax(g, own, x.length);
            byLength[i] = loss.scale() > 0 ? 0 : Products.dot(g, logits);
            for (int c = 0; c < g.length; c++) {
                g[c] *= scale;
            }
            g[own] *= loss.slope(cosine);
        }
        double[][] byX = cosines.gradientX(gradient);
        for (int i = 0; i < x.length; i++) {
            for (int t = 0; t < byX[i].length; t++) {
                byX[i][t] += byLength[i] * cosines.units()[i][t];
            }
        }
        return new Value(sum / x.length, byX, cosines.gradientY(gradient), new double[weights.length]);
    }

    /** The cross-entropy of one row; its logits become the gradient by them, of the mean over {@code rows}. */
    private static double softmax(double[] logits, int own, int rows) {
        double most = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            most = Math.max(most, logit);
        }
        double mine = logits[own] - most;
        double total = 0;
        for (int c = 0; c < logits.length; c++) {
            logits[c] = Math.exp(logits[c] - most);
            total += logits[c];
        }
        for (int c = 0; c < logits.length; c++) {
            logits[c] = (logits[c] / total - (c == own ? 1 : 0)) / rows;
        }
        return Math.log(total) - mine;
    }
}
