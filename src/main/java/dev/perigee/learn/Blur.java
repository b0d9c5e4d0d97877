package dev.perigee.learn;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Transform;

/**
 * Square images through a Gaussian of {@code sigma} pixels, cut off at four of them, edges mirrored: strokes that miss each other
 * by a pixel are near afterwards. It is linear, so it can be the first step of what is learned.
 */
public final class Blur {
    private static final double REACH = 4;

    private final int side;
    /** What pixel {@code i} of a line takes from pixels {@code first[i]} on. */
    private final float[][] weights;
    private final int[] first;

    /** @param side pixels, rows are images [side x side] line by line */
    public Blur(int side, double sigma) {
        check(side >= 1 && side <= 256, "side: %d (expected 1 to 256 pixels)", side);
        check(sigma > 0 && sigma * REACH < side, "blur: %s pixels (expected more than 0 and less than %s)", sigma, side / REACH);
        this.side = side;
        weights = new float[side][];
        first = new int[side];
        int reach = (int) (REACH * sigma + 0.5);
        for (int i = 0; i < side; i++) {
            double[] line = new double[side];
            double sum = 0;
            for (int t = -reach; t <= reach; t++) {
                double weight = Math.exp(-0.5 * t * t / (sigma * sigma));
                line[mirrored(i + t)] += weight;
                sum += weight;
            }
            first[i] = Math.max(0, i - reach);
            weights[i] = new float[Math.min(side - 1, i + reach) - first[i] + 1];
            for (int j = 0; j < weights[i].length; j++) {
                weights[i][j] = (float) (line[first[i] + j] / sum);
            }
        }
    }

    private int mirrored(int pixel) {
        int in = Math.floorMod(pixel, 2 * side);
        return in < side ? in : 2 * side - 1 - in;
    }

    /** Blurs an image into another array. */
    public void apply(float[] image, float[] into) {
        float[] lines = new float[side * side];
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                float sum = 0;
                for (int j = 0, from = y * side + first[x]; j < weights[x].length; j++) {
                    sum += weights[x][j] * image[from + j];
                }
                lines[y * side + x] = sum;
            }
        }
        for (int y = 0; y < side; y++) {
            float[] weight = weights[y];
            for (int x = 0; x < side; x++) {
                into[y * side + x] = 0;
            }
            for (int j = 0; j < weight.length; j++) {
                int from = (first[y] + j) * side;
                for (int x = 0; x < side; x++) {
                    into[y * side + x] += weight[j] * lines[from + x];
                }
            }
        }
    }

    /** The same as a step [side^2, side^2], for a collection that is given the images as they are. */
    public Transform transform() {
        float[][] matrix = new float[side * side][side * side];
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                for (int i = 0; i < weights[y].length; i++) {
                    for (int j = 0; j < weights[x].length; j++) {
                        matrix[y * side + x][(first[y] + i) * side + first[x] + j] = weights[y][i] * weights[x][j];
                    }
                }
            }
        }
        return Transform.of(Transform.Dense.linear(matrix));
    }
}
