package dev.perigee.learn.loss;

/**
 * Distances between the embeddings of a batch, and the way back from a gradient by distances to one by embeddings. Few pairs are
 * computed one by one in double; all of them ({@link #values}), or a gradient by very many, by products of matrices.
 */
public final class BatchDistances implements Distances {
    /** Below this share of |x|^2 + |y|^2 a squared distance is summed from differences: the product has cancelled. */
    private static final double NEAR = 1e-3;
    /** A gradient by more than one in so many pairs goes through products of matrices. */
    private static final int MANY = 8;

    private final EmbeddingDistance distance;
    private final Products products;
    /** [n, dim]; unit vectors for cosine, with the lengths that the embeddings had. */
    private final double[][] x;
    private final double[] lengths;
    private double[][] values;

    private BatchDistances(double[][] x, EmbeddingDistance distance, Products products) {
        this.distance = distance;
        this.products = products;
        this.lengths = Cosines.lengths(x);
        this.x = distance == EmbeddingDistance.COSINE ? Cosines.units(x, lengths) : x;
    }

    /** @param x embeddings [n, dim], not copied */
    public static BatchDistances of(double[][] x, EmbeddingDistance distance, Products products) {
        return new BatchDistances(x, distance, products);
    }

    @Override
    public double between(int i, int j) {
        if (values != null) {
            return values[i][j];
        }
        return switch (distance) {
            case L2 -> Math.sqrt(square(x[i], x[j]));
            case SQUARED_L2 -> square(x[i], x[j]);
            case COSINE -> i == j ? 0 : 1 - Products.dot(x[i], x[j]);
        };
    }

    @Override
    public void prepareAll() {
        values();
    }

    /** All of them [n, n]. */
    public double[][] values() {
        if (values == null) {
            double[][] d = products.multiply(x, x);
            for (int i = 0; i < x.length; i++) {
                d[i][i] = 0;
                for (int j = 0; j < i; j++) {
                    d[i][j] = distance == EmbeddingDistance.COSINE ? 1 - d[i][j] : euclidean(d[i][j], i, j);
                    d[j][i] = d[i][j];
                }
            }
            values = d;
        }
        return values;
    }

    private double euclidean(double product, int i, int j) {
        double both = lengths[i] * lengths[i] + lengths[j] * lengths[j];
        double square = both - 2 * product;
        if (square < NEAR * both) {
            square = square(x[i], x[j]);
        }
        return distance == EmbeddingDistance.L2 ? Math.sqrt(square) : square;
    }

    private static double square(double[] x, double[] y) {
        double sum = 0;
        for (int t = 0; t < x.length; t++) {
            sum += (x[t] - y[t]) * (x[t] - y[t]);
        }
        return sum;
    }

    /** The gradient by the embeddings [n, dim]. */
    public double[][] gradient(PairGradient pairs) {
        double[][] by = pairs.count() > x.length * x.length / MANY ? byProducts(pairs) : onePairAfterAnother(pairs);
        return distance == EmbeddingDistance.COSINE ? Cosines.throughUnit(by, x, lengths) : by;
    }

    private double[][] onePairAfterAnother(PairGradient pairs) {
        double[][] by = new double[x.length][x[0].length];
        for (int k = 0; k < pairs.count(); k++) {
            int i = pairs.first(k);
            int j = pairs.second(k);
            double factor = factor(pairs.term(k), i, j);
            for (int t = 0; t < x[i].length; t++) {
                if (distance == EmbeddingDistance.COSINE) {
                    by[i][t] += factor * x[j][t];
                    by[j][t] += factor * x[i][t];
                } else {
                    double term = factor * (x[i][t] - x[j][t]);
                    by[i][t] += term;
                    by[j][t] -= term;
                }
            }
        }
        return by;
    }

    private double[][] byProducts(PairGradient pairs) {
        int n = x.length;
        double[][] factors = new double[n][n];
        double[] sums = new double[n];
        for (int k = 0; k < pairs.count(); k++) {
            int i = pairs.first(k);
            int j = pairs.second(k);
            double factor = factor(pairs.term(k), i, j);
            factors[i][j] += factor;
            factors[j][i] += factor;
            sums[i] += factor;
            sums[j] += factor;
        }
        double[][] by = products.plain(factors, x);
        for (int i = 0; distance != EmbeddingDistance.COSINE && i < n; i++) {
            for (int t = 0; t < by[i].length; t++) {
                by[i][t] = sums[i] * x[i][t] - by[i][t];
            }
        }
        return by;
    }

    /** What the difference of two embeddings, or for cosine the other unit vector, is multiplied by. */
    private double factor(double term, int i, int j) {
        return switch (distance) {
            case L2 -> between(i, j) == 0 ? 0 : term / between(i, j);
            case SQUARED_L2 -> 2 * term;
            case COSINE -> -term;
        };
    }
}
