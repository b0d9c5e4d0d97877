package dev.perigee.learn.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.api.Progress;
import dev.perigee.testing.TestData;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How well neighbours tell the class after each fit, against figures measured with scikit-learn. */
class NeighboursTest {
    private static final Shrinkage NONE = new Shrinkage.None();

    /** Raw, z-scored, min-max, by total covariance, by covariance within classes; leave one out. */
    @ParameterizedTest
    @CsvSource({"iris, .9600, .9467, .9533, .9067, .9667", "wine, .7697, .9551, .9494, .9213, .9888",
        "breast, .9156, .9508, .9525, .8348, .9174"})
    void oneNeighbourLeavingOneOut(String name, double raw, double z, double minMax, double total, double inside) throws IOException {
        Tables toy = Tables.toy(name);
        Matrix rows = toy.rows();
        double[] hits = {hits(rows, toy.labels()), hits(Standardise.zScore(rows), toy), hits(Standardise.minMax(rows), toy),
            hits(Mahalanobis.fit(rows, NONE), toy), hits(WithinClass.fit(rows, toy.labels(), NONE), toy)};
        double[] expected = {raw, z, minMax, total, inside};
        for (int i = 0; i < hits.length; i++) {
            assertThat(hits[i]).as("column %d", i).isCloseTo(expected[i], within(5e-5));
        }
    }

    private static double hits(Fit fit, Tables toy) {
        return hits(Tables.apply(fit.transform(), toy.rows()), toy.labels());
    }

    private static double hits(Matrix rows, int[] labels) {
        int hits = 0;
        for (int i = 0; i < rows.rows(); i++) {
            int row = i;
            int nearest = IntStream.range(0, rows.rows()).filter(j -> j != row).boxed()
                    .min(Comparator.comparingDouble(j -> Tables.squaredL2(rows.get(row), rows.get(j)))).orElseThrow();
            hits += labels[nearest] == labels[i] ? 1 : 0;
        }
        return (double) hits / rows.rows();
    }

    @Test
    void digitsInTwoDimensions() throws IOException {
        Tables digits = Tables.toy("digits");
        List<String> lines = Files.readAllLines(TestData.file("toy/digits-train.txt"));
        int[] training = lines.stream().mapToInt(Integer::parseInt).toArray();
        boolean[] isTraining = new boolean[digits.rows().rows()];
        Arrays.stream(training).forEach(i -> isTraining[i] = true);
        Tables train = digits.of(training);
        Tables test = digits.of(IntStream.range(0, isTraining.length).filter(i -> !isTraining[i]).toArray());
        Fit z = Standardise.zScore(train.rows());
        Matrix rows = Tables.apply(z.transform(), train.rows());
        assertThat(threeNeighbours(Pca.fit(rows, 2).after(z), train, test)).isCloseTo(.5228, within(5e-5));
        assertThat(threeNeighbours(Lda.fit(rows, train.labels(), 2, NONE).after(z), train, test)).isCloseTo(.6585, within(5e-5));
        Fit nca = Nca.fit(rows, train.labels(), 2, Progress.NONE);
        assertThat(threeNeighbours(nca.after(z), train, test)).isGreaterThanOrEqualTo(.69);
    }

    /** Accuracy by vote of the three nearest, the smallest class where all differ. */
    private static double threeNeighbours(Fit fit, Tables train, Tables test) {
        Matrix base = Tables.apply(fit.transform(), train.rows());
        Matrix asked = Tables.apply(fit.transform(), test.rows());
        int hits = 0;
        for (int i = 0; i < asked.rows(); i++) {
            float[] q = asked.get(i);
            int[] votes = new int[10];
            IntStream.range(0, base.rows()).boxed().sorted(Comparator.comparingDouble(j -> Tables.squaredL2(q, base.get(j)))).limit(3)
                    .forEach(j -> votes[train.labels()[j]]++);
            int best = IntStream.range(0, 10).reduce(0, (a, b) -> votes[b] > votes[a] ? b : a);
            hits += best == test.labels()[i] ? 1 : 0;
        }
        return (double) hits / asked.rows();
    }
}
