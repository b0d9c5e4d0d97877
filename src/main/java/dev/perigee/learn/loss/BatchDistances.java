package dev.perigee.learn.loss;

/** All distances between the embeddings of a batch, and the way back from gradients by distances to gradients by embeddings. */
public final class BatchDistances {
    /** Below this share of |x|^2 + |y|^2 a squared distance is summed from differences: the product has cancelled. */
    private static final double NEAR = 1e-3;

    private final EmbeddingDistance distance;
    private final double[][] x;
    private final Products products;
    private final Cosines cosines;
    private final double[][] values;

    private BatchDistances(double[][] x, EmbeddingDistance distance, Products products) {
        this.x = x;
        this.distance = distance;
        this.products = products;
        this.cosines = distance == EmbeddingDistance.COSINE ? Cosines.of(x, x, products) : null;
        this.values = distance == EmbeddingDistance.COSINE ? fromCosines() : fromProducts();
    }

    /** @param x embeddings [n, dim], not copied */
    public static BatchDistances of(double[][] x, EmbeddingDistance distance, Products products) {
        return new BatchDistances(x, distance, products);
    }

    /** [n, n] */
    public double[][] values() {
        return values;
    }

    private double[][] fromCosines() {
        double[][] d = cosines.values();
        for (double[] row : d) {
            for (int j = 0; j < row.length; j++) {
                row[j] = 1 - row[j];
            }
        }
        return d;
    }

    private double[][] fromProducts() {
        double[][] d = products.multiply(x, x);
        double[] squares = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            squares[i] = Products.dot(x[i], x[i]);
        }
        for (int i = 0; i < x.length; i++) {
            d[i][i] = 0;
            for (int j = 0; j < i; j++) {
                double both = squares[i] + squares[j];
                double square = both - 2 * d[i][j];
                if (square < NEAR * both) {
                    square = square(x[i], x[j]);
                }
                d[i][j] = distance == EmbeddingDistance.L2 ? Math.sqrt(square) : square;
                d[j][i] = d[i][j];
            }
        }
        return d;
    }

    private static double square(double[] x, double[] y) {
        double sum = 0;
        for (int t = 0; t < x.length; t++) {
            sum += (x[t] - y[t]) * (x[t] - y[t]);
        }
        return sum;
    }

    /** The gradient by the embeddings [n, dim] of a loss whose gradient by the distances is {@code gradient} [n, n]. */
    public double[][] gradient(double[][] gradient) {
        int n = x.length;
        double[][] factors = new double[n][n];
        double[] sums = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double both = gradient[i][j] + gradient[j][i];
                if (both != 0 && i != j) {
                    factors[i][j] = factor(both, values[i][j]);
                    sums[i] += factors[i][j];
                }
            }
        }
        if (cosines != null) {
            return cosines.gradientX(factors);
        }
        double[][] by = products.plain(factors, x);
        for (int i = 0; i < n; i++) {
            for (int t = 0; t < by[i].length; t++) {
                by[i][t] = sums[i] * x[i][t] - by[i][t];
            }
        }
        return by;
    }

    /** What (x - y), or for cosine y / |y|, is multiplied by. */
    private double factor(double gradient, double d) {
        return switch (distance) {
            case L2 -> d == 0 ? 0 : gradient / d;
            case SQUARED_L2 -> 2 * gradient;
            case COSINE -> -gradient;
        };
    }
}
