package dev.perigee.learn;

import java.util.random.RandomGenerator;

/**
 * Draws a square image as another hand might have: turned, stretched, slanted and moved at random, each by at most what is said.
 * Between pixels it interpolates, outside is 0.
 *
 * @param side     pixels, rows are images [side x side] line by line
 * @param rotation degrees
 * @param scale    part of the size, for each axis by itself
 * @param shear    part of the height that its top moves aside
 * @param shift    part of the side, for each axis
 */
public record RandomAffine(int side, double rotation, double scale, double shear, double shift) {
    /** For letters: 15 degrees, 15 %, .2 and 14 %. */
    public static RandomAffine letters(int side) {
        return new RandomAffine(side, 15, 0.15, 0.2, 0.14);
    }

    /** A drawing of {@code image} in {@code into}, another array. */
    public void draw(float[] image, RandomGenerator random, float[] into) {
        double angle = Math.toRadians(within(random, rotation));
        double across = 1 / (1 + within(random, scale));
        double down = 1 / (1 + within(random, scale));
        double slant = within(random, shear);
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        // where in the image a pixel of the drawing comes from: turned back, then straightened, then scaled back
        double xx = across * (cos + slant * sin);
        double xy = across * (sin - slant * cos);
        double yx = -down * sin;
        double yy = down * cos;
        double middle = (side - 1) / 2.0;
        double x0 = middle + within(random, shift) * side;
        double y0 = middle + within(random, shift) * side;
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                double dx = x - middle;
                double dy = y - middle;
                into[y * side + x] = at(image, x0 + xx * dx + xy * dy, y0 + yx * dx + yy * dy);
            }
        }
    }

    private static double within(RandomGenerator random, double most) {
        return (2 * random.nextDouble() - 1) * most;
    }

    private float at(float[] image, double x, double y) {
        if (!(x > -1 && y > -1 && x < side && y < side)) {
            return 0;
        }
        int left = (int) (x + 1) - 1; // floor, also below 0
        int top = (int) (y + 1) - 1;
        float fx = (float) (x - left);
        float fy = (float) (y - top);
        float upper = (1 - fx) * pixel(image, left, top) + fx * pixel(image, left + 1, top);
        float lower = (1 - fx) * pixel(image, left, top + 1) + fx * pixel(image, left + 1, top + 1);
        return (1 - fy) * upper + fy * lower;
    }

    private float pixel(float[] image, int x, int y) {
        return x >= 0 && y >= 0 && x < side && y < side ? image[y * side + x] : 0;
    }
}
