package dev.perigee.bench.learn;

/**
 * The modified Hausdorff distance of two drawings (Dubuisson and Jain 1994).
 *
 * @param x of the ink of a drawing, less its mean, in pixels
 * @param y likewise
 */
record Hausdorff(double[] x, double[] y) {
    /** The ink of an image [side x side]. */
    static Hausdorff of(boolean[] ink, int side) {
        int[] pixels = java.util.stream.IntStream.range(0, ink.length).filter(i -> ink[i]).toArray();
        double[] x = new double[pixels.length];
        double[] y = new double[pixels.length];
        double meanX = java.util.Arrays.stream(pixels).map(i -> i % side).average().orElse(0);
        double meanY = java.util.Arrays.stream(pixels).map(i -> i / side).average().orElse(0);
        for (int n = 0; n < pixels.length; n++) {
            x[n] = pixels[n] % side - meanX;
            y[n] = pixels[n] / side - meanY;
        }
        return new Hausdorff(x, y);
    }

    /** The larger of both ways' mean distance from a point to the nearest of the other drawing. */
    double to(Hausdorff other) {
        return Math.max(meanNearest(other), other.meanNearest(this));
    }

    private double meanNearest(Hausdorff other) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            double nearest = Double.POSITIVE_INFINITY;
            for (int j = 0; j < other.x.length; j++) {
                double dx = x[i] - other.x[j];
                double dy = y[i] - other.y[j];
                double squares = dx * dx + dy * dy;
                nearest = squares < nearest ? squares : nearest;
            }
            sum += Math.sqrt(nearest);
        }
        return sum / x.length;
    }
}
