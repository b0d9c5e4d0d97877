package dev.perigee.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ImageDrawingTest {
    private static final int SIDE = 9;

    private static float[] dot(int x, int y) {
        float[] image = new float[SIDE * SIDE];
        image[y * SIDE + x] = 1;
        return image;
    }

    private static double sum(float[] image) {
        return IntStream.range(0, image.length).mapToDouble(i -> image[i]).sum();
    }

    @Test
    void blurSpreadsInkAsAGaussian() {
        float[] into = new float[SIDE * SIDE];
        new Blur(SIDE, 1).apply(dot(4, 4), into);
        assertThat(sum(into)).isCloseTo(1, within(1e-5));
        assertThat(into[4 * SIDE + 5] / into[4 * SIDE + 4]).isCloseTo((float) Math.exp(-0.5), within(1e-5f));
        assertThat(into[5 * SIDE + 5] / into[4 * SIDE + 4]).isCloseTo((float) Math.exp(-1), within(1e-5f));
    }

    @Test
    void blurMirrorsAtTheEdge() {
        float[] into = new float[SIDE * SIDE];
        new Blur(SIDE, 1).apply(dot(0, 4), into);
        assertThat(sum(into)).isCloseTo(1, within(1e-5)); // nothing falls off
        // the dot and its mirror image one pixel further: of exp(0) and exp(-1/2)
        assertThat(into[4 * SIDE] / into[4 * SIDE + 1]).isCloseTo(
                (float) ((1 + Math.exp(-0.5)) / (Math.exp(-0.5) + Math.exp(-2))), within(1e-4f));
    }

    @Test
    void blurAsATransformIsTheSame() {
        Random random = new Random(1);
        float[] image = new float[SIDE * SIDE];
        IntStream.range(0, image.length).forEach(i -> image[i] = random.nextFloat());
        float[] into = new float[SIDE * SIDE];
        Blur blur = new Blur(SIDE, 1.5);
        blur.apply(image, into);
        assertThat(blur.transform().apply(image)).containsExactly(into, within(1e-5f));
    }

    @Test
    void noChangeAtAllIsTheImage() {
        float[] into = new float[SIDE * SIDE];
        new RandomAffine(SIDE, 0, 0, 0, 0).draw(dot(2, 6), new Random(1), into);
        assertThat(into).containsExactly(dot(2, 6));
    }

    @Test
    void shiftsAndTurnsStayWithinWhatIsSaid() {
        float[] into = new float[SIDE * SIDE];
        double farthest = 0;
        Random random = new Random(1);
        for (int drawing = 0; drawing < 300; drawing++) {
            new RandomAffine(SIDE, 0, 0, 0, 0.2).draw(dot(4, 4), random, into);
            assertThat(sum(into)).isCloseTo(1, within(1e-4));
            double x = 0;
            for (int i = 0; i < into.length; i++) {
                x += into[i] * (i % SIDE - 4);
            }
            farthest = Math.max(farthest, Math.abs(x));
        }
        assertThat(farthest).isBetween(1.6, 1.8);
    }

    /** A quarter turn about the middle takes a dot on the right to below or above it. */
    @Test
    void rotatesAboutTheMiddle() {
        float[] into = new float[SIDE * SIDE];
        double largest = 0;
        Random random = new Random(1);
        for (int drawing = 0; drawing < 2000; drawing++) {
            new RandomAffine(SIDE, 90, 0, 0, 0).draw(dot(7, 4), random, into);
            largest = Math.max(largest, into[7 * SIDE + 4]);
            assertThat(into[4 * SIDE + 1]).isLessThan(1e-3f); // half a turn it never makes
        }
        assertThat(largest).isGreaterThan(0.9);
    }
}
