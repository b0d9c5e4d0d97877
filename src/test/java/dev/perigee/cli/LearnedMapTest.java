package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.vector.Transform;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The picture of {@code learn fit --map}, and the ellipse in it. */
class LearnedMapTest {
    private static final double[][] AXES = {{1, 0}, {0, 1}};

    @TempDir
    private Path folder;

    @Test
    void axesOfTheLearnedDistance() {
        // V stretches direction (.8, .6) 4 times and (-.6, .8) 2 times, so the ellipse is half as long along the first
        Transform v = Transform.of(new Transform.Scale(new double[] {7, 9}, new double[] {2, 2}),
                Transform.Dense.linear(new float[][] {{1.6f, 1.2f}, {-.6f, .8f}}));
        Plane plane = new Plane(AXES, new double[][] {{.8, .6}, {-.6, .8}, {8, 6}});
        Ellipse ellipse = Ellipse.learned(v, plane).orElseThrow();
        // learned distances 4, 2 and 40: the median is 4
        assertThat(ellipse.a()).isCloseTo(1, within(1e-6));
        assertThat(ellipse.b()).isCloseTo(2, within(1e-6));
        assertThat(Math.tan(ellipse.angle())).isCloseTo(.75, within(1e-6));
    }

    @Test
    void axesInAPlaneOfThreeValues() {
        // V scales the values by 1, 2 and 3; the plane holds the third and the first
        Transform v = Transform.of(new Transform.Scale(new double[3], new double[] {1, 2, 3}), new Transform.Unit(3));
        Ellipse ellipse = Ellipse.learned(v, new Plane(new double[][] {{0, 0, 1}, {1, 0, 0}}, new double[][] {{2, 0}})).orElseThrow();
        assertThat(ellipse).isEqualTo(new Ellipse(2, 6, 0));
    }

    @Test
    void noEllipseOfWhatIsNotLinear() {
        Plane plane = new Plane(AXES, new double[][] {{1, 0}});
        assertThat(Ellipse.learned(Transform.of(new Transform.Dense(new float[][] {{1, 0}, {0, 1}}, new double[2], true)), plane)).isEmpty();
        assertThat(Ellipse.learned(Transform.of(Transform.Dense.linear(new float[][] {{0, 1}})), plane)).isEmpty();
        // a direction that counts for nothing is long, but has an end
        Ellipse flat = Ellipse.learned(Transform.of(Transform.Dense.linear(new float[][] {{1, 0}})), plane).orElseThrow();
        assertThat(flat).isEqualTo(new Ellipse(1, 1e4, 0));
    }

    @Test
    void drawsRowsBeforeAndAfter() throws IOException {
        Assumptions.assumeTrue(Pictures.whyNot().isEmpty(), () -> "no fonts: " + Pictures.whyNot());
        SplittableRandom random = new SplittableRandom(1);
        StringBuilder table = new StringBuilder("x,y,z,label\n");
        for (int i = 0; i < 2400; i++) {
            table.append("%s,%s,%s,%d%n".formatted(i % 12 + random.nextGaussian(), random.nextGaussian(), i % 12 - random.nextGaussian(), i % 12));
        }
        Files.writeString(folder.resolve("table.csv"), table);
        for (String method : new String[] {"lda --dims 1", "lda --dims 2", "rca --standardise", "pca --dims 3", "unit"}) {
            Path file = folder.resolve(method.replace(" ", "") + ".png");
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            String line = "learn fit --data %s/table.csv --method %s --out %s/a --map %s".formatted(folder, method, folder, file);
            assertThat(Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(line.split(" "))).isZero();
            assertThat(err.toString()).doesNotContain("no picture");
            assertThat(out.toString()).contains("drawn in " + file);
            var image = ImageIO.read(file.toFile());
            assertThat(image.getWidth()).isEqualTo(LearnedMap.WIDTH);
            assertThat(image.getHeight()).isEqualTo(LearnedMap.HEIGHT);
        }
    }
}
