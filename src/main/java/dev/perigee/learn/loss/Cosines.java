package dev.perigee.learn.loss;

/**
 * Cosines between all rows of x [n, dim] and of y [m, dim], and the way back from gradients by cosines to gradients by x and y. A
 * zero vector has cosine 0 to everything, and no gradient.
 */
public final class Cosines {
    private final double[][] unitX;
    private final double[][] unitY;
    private final double[] lengthX;
    private final double[] lengthY;
    private final double[][] values;
    private final Products products;

    private Cosines(double[][] x, double[][] y, Products products) {
        this.products = products;
        this.lengthX = lengths(x);
        this.unitX = units(x, lengthX);
        this.lengthY = y == x ? lengthX : lengths(y);
        this.unitY = y == x ? unitX : units(y, lengthY);
        this.values = products.multiply(unitX, unitY);
    }

    public static Cosines of(double[][] x, double[][] y, Products products) {
        return new Cosines(x, y, products);
    }

    /** Cosines [n, m]. */
    public double[][] values() {
        return values;
    }

    /** |x| of each row. */
    double[] lengths() {
        return lengthX;
    }

    double[][] units() {
        return unitX;
    }

    /** The gradient by x [n, dim] of a loss whose gradient by the cosines is {@code gradient} [n, m]. */
    public double[][] gradientX(double[][] gradient) {
        return throughUnit(products.plain(gradient, unitY), unitX, lengthX);
    }

    /** The same by y [m, dim]. */
    public double[][] gradientY(double[][] gradient) {
        return throughUnit(products.plain(Products.transpose(gradient), unitX), unitY, lengthY);
    }

    /** The gradient by x of a loss whose gradient by u = x / |x| is given: (g - (g u) u) / |x|; changed in place. */
    static double[][] throughUnit(double[][] gradient, double[][] unit, double[] length) {
        for (int i = 0; i < gradient.length; i++) {
            double along = Products.dot(gradient[i], unit[i]);
            for (int t = 0; t < gradient[i].length; t++) {
                gradient[i][t] = length[i] == 0 ? 0 : (gradient[i][t] - along * unit[i][t]) / length[i];
            }
        }
        return gradient;
    }

    static double[] lengths(double[][] x) {
        double[] lengths = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            lengths[i] = Math.sqrt(Products.dot(x[i], x[i]));
        }
        return lengths;
    }

    static double[][] units(double[][] x, double[] lengths) {
        double[][] units = new double[x.length][];
        for (int i = 0; i < x.length; i++) {
            units[i] = x[i].clone();
            double factor = lengths[i] == 0 ? 0 : 1 / lengths[i];
            for (int t = 0; t < units[i].length; t++) {
                units[i][t] *= factor;
            }
        }
        return units;
    }
}
