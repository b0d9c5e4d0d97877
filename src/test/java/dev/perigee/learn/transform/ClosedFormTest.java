package dev.perigee.learn.transform;

import static dev.perigee.learn.transform.Tables.LECTURE;
import static dev.perigee.learn.transform.Tables.apply;
import static dev.perigee.learn.transform.Tables.matrix;
import static dev.perigee.learn.transform.Tables.pairs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** The closed-form fits against values computed with NumPy and scikit-learn. */
class ClosedFormTest {
    private static final Shrinkage NONE = new Shrinkage.None();
    private static final Shrinkage LEDOIT_WOLF = new Shrinkage.LedoitWolf();
    private static final Matrix FIVE = matrix(new double[][] {{0, 0}, {2, 1}, {1, 2}, {3, 3}, {4, 5}});
    private static final Matrix FISHER = matrix(new double[][] {{4, 2}, {2, 4}, {2, 3}, {3, 6}, {4, 4},
        {9, 10}, {6, 8}, {9, 5}, {8, 7}, {10, 8}});
    private static final int[] FISHER_LABELS = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};

    private static double[] numbers(Fit fit, String fact) {
        return Arrays.stream(fit.facts().get(fact).split(" ")).mapToDouble(Double::parseDouble).toArray();
    }

    private static double weight(Fit fit) {
        return numbers(fit, "shrinkage_weight")[0];
    }

    @Test
    void theLecturesTableStandardised() {
        Matrix raw = matrix(LECTURE);
        assertThat(pairs(raw)).containsExactly(new double[] {70000.004929, 20000.003950, 20000.000725, 50000.002020, 90000.002506,
            40000.000662}, offset(1e-6));
        Fit z = Standardise.zScore(raw);
        Transform.Scale scale = (Transform.Scale) z.transform().steps().getFirst();
        assertThat(scale.shift()).containsExactly(.5, 43, 75.75, 47500);
        assertThat(DoubleStream.of(scale.scale()).map(s -> 1 / s).toArray()).containsExactly(
                new double[] {.5, 7.449832, 6.571720, 33447.720401}, offset(1e-6));
        assertThat(pairs(apply(z.transform(), raw))).containsExactly(new double[] {4.720047, 2.715013, .949006, 2.548692, 4.528147,
            2.539546}, offset(1e-6));
        assertThat(pairs(apply(Standardise.minMax(raw).transform(), raw))).containsExactly(new double[] {1.898667, 1.215093, .354575,
            .964275, 1.827853, 1.158833}, offset(1e-6));
    }

    @Test
    void unitNormMakesTheLecturesTableUseless() {
        Fit unit = UnitNorm.of(4);
        assertThat(DoubleStream.of(pairs(apply(unit.transform(), matrix(LECTURE))))).allMatch(d -> d >= .0008 && d <= .0085);
    }

    @Test
    void robustTakesMedianAndQuartiles() {
        // quartiles of 0 1 2 3 1000 are 1, 2 and 3; of 1 1 1 1 9 all are 1
        Matrix rows = matrix(new double[][] {{3, 1}, {1, 1}, {0, 9}, {1000, 1}, {2, 1}});
        Fit fit = Standardise.robust(rows);
        assertThat(fit.transform().apply(new float[] {3, 9})).containsExactly(.5f, 0);
        assertThat(fit.warnings()).containsExactly("features without interquartile range: 1 of 2 (numbers 1), which become 0, though they vary");
    }

    @Test
    void constantFeaturesBecomeZeroAndAreToldOf() {
        Matrix rows = matrix(new double[][] {{1, .1}, {2, .1}, {4, .1}});
        for (Fit fit : new Fit[] {Standardise.zScore(rows), Standardise.minMax(rows), Standardise.robust(rows)}) {
            assertThat(fit.transform().apply(new float[] {2, 77})[1]).isEqualTo(0);
            assertThat(fit.warnings()).containsExactly("constant features: 1 of 2 (numbers 1), which become 0");
        }
        assertThat(Mahalanobis.fit(rows, LEDOIT_WOLF).warnings()).contains("constant features: 1 of 2 (numbers 1), which are left out");
        assertThat(Mahalanobis.fit(rows, LEDOIT_WOLF).transform().outputDim()).isEqualTo(1);
        assertThatThrownBy(() -> Standardise.zScore(matrix(new double[][] {{1, 2}, {1, 2}}))).hasMessage(
                "rows: all 2 are equal (expected some that differ)");
    }

    @Test
    void featuresOfVeryDifferentScaleAreToldOf() {
        assertThat(Pca.fit(matrix(LECTURE), 2).warnings()).singleElement().asString().contains(
                "feature 3 has standard deviation 3.345e+04, feature 0 0.5");
        assertThat(Pca.fit(FIVE, 2).warnings()).isEmpty();
        assertThat(Standardise.zScore(matrix(LECTURE)).warnings()).isEmpty();
    }

    @Test
    void theLecturesTableByMahalanobis() {
        Matrix z = apply(Standardise.zScore(matrix(LECTURE)).transform(), matrix(LECTURE));
        Fit whole = Mahalanobis.fit(z, NONE);
        assertThat(whole.transform().outputDim()).isEqualTo(3);
        // all rows are equally far, sqrt(2 (n - 1)) where the covariance has divisor n - 1; ours has n
        assertThat(pairs(apply(whole.transform(), z))).containsExactly(repeated(2.449490 * Math.sqrt(4 / 3.0), 6), offset(1e-5));
        assertThat(whole.warnings()).anyMatch(w -> w.startsWith("rows: 4 of dim 4; up to dim + 1 rows are all equally far"));
        Fit shrunk = Mahalanobis.fit(z, LEDOIT_WOLF);
        assertThat(weight(shrunk)).isCloseTo(.255749, within(1e-6));
        assertThat(pairs(apply(shrunk.transform(), z))).containsExactly(new double[] {2.843101, 2.256516, 1.605014, 2.299389, 2.762423,
            2.202125}, offset(2e-6));
        assertThat(weight(Mahalanobis.fit(z, new Shrinkage.Oas()))).isCloseTo(.623681, within(1e-6));
    }

    private static double[] repeated(double value, int count) {
        return DoubleStream.generate(() -> value).limit(count).toArray();
    }

    @Test
    void twoDimensionsByMahalanobis() {
        Covariance covariance = Covariance.total(FIVE, Features.of(FIVE).mean());
        double[][] n1 = {{2.5, 2.75}, {2.75, 3.7}};
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                assertThat(covariance.matrix()[i][j] * 5 / 4).isCloseTo(n1[i][j], within(1e-12));
            }
        }
        Transform v = Mahalanobis.fit(FIVE, NONE).transform();
        Matrix mapped = apply(v, FIVE);
        double divisor = Math.sqrt(5 / 4.0); // the expected values have divisor n - 1
        assertThat(Tables.l2(mapped, 0, 4) / divisor).isCloseTo(2.633122, within(1e-6));
        assertThat(Tables.l2(mapped, 0, 3) / divisor).isCloseTo(1.932184, within(1e-6));
        assertThat(Tables.l2(mapped, 1, 2) / divisor).isCloseTo(2.633122, within(1e-6));
        // V^T V is the inverse of the covariance; with a wrong transpose the distances from (1, 0) would be 20.9, 60.0, 1.98
        float[] q = v.apply(new float[] {1, 0});
        double[] squared = new double[3];
        for (int i = 0; i < 3; i++) {
            squared[i] = Tables.squaredL2(q, mapped.get(new int[] {3, 4, 1}[i])) / 1.25;
        }
        assertThat(squared).containsExactly(new double[] {2.548148, 7.881481, .414815}, offset(2e-6));
        assertThat(weight(Mahalanobis.fit(FIVE, LEDOIT_WOLF))).isCloseTo(.441654, within(1e-6));
    }

    @Test
    void fishersDirection() {
        Classes classes = Classes.of(FISHER, FISHER_LABELS);
        double[][] means = classes.means(FISHER);
        assertThat(means[0]).containsExactly(new double[] {3, 3.8}, offset(1e-12));
        assertThat(means[1]).containsExactly(new double[] {8.4, 7.6}, offset(1e-12));
        double[][] sw = Covariance.within(FISHER, means, classes).matrix();
        assertThat(sw[0][0] * 10).isCloseTo(13.2, within(1e-12));
        assertThat(sw[0][1] * 10).isCloseTo(-1.2, within(1e-12));
        assertThat(sw[1][1] * 10).isCloseTo(22, within(1e-12));
        Fit fit = Lda.fit(FISHER, FISHER_LABELS, 1, NONE);
        float[] w = ((Transform.Dense) fit.transform().steps().getLast()).weights()[0];
        double norm = Math.hypot(w[0], w[1]);
        assertThat(w[0] / norm).isCloseTo(.908786, within(1e-6));
        assertThat(w[1] / norm).isCloseTo(.417263, within(1e-6));
        // l of Sb w = l Sw w is n1 n2 / n of J*; J along the projected values says the same
        assertThat(numbers(fit, "eigenvalues")[0] / 2.5).isCloseTo(3.050166, within(1e-6));
        assertThat(criterion(w)).isCloseTo(3.050166, within(1e-5));
        assertThat(criterion(new float[] {5.4f, 3.8f})).isCloseTo(2.909585, within(1e-5));
    }

    /** (m1 - m2)^2 / (s1^2 + s2^2) of the rows along {@code w}. */
    private static double criterion(float[] w) {
        double[] means = new double[2];
        double[] along = new double[FISHER.rows()];
        for (int i = 0; i < along.length; i++) {
            along[i] = (double) w[0] * FISHER.get(i, 0) + (double) w[1] * FISHER.get(i, 1);
            means[FISHER_LABELS[i]] += along[i] / 5;
        }
        double scatter = 0;
        for (int i = 0; i < along.length; i++) {
            scatter += Math.pow(along[i] - means[FISHER_LABELS[i]], 2);
        }
        return Math.pow(means[0] - means[1], 2) / scatter;
    }

    @Test
    void irisAndWine() throws IOException {
        Tables iris = Tables.toy("iris");
        Fit fit = Lda.fit(iris.rows(), iris.labels(), 2, NONE);
        double[] eigenvalues = numbers(fit, "eigenvalues");
        assertThat(eigenvalues).containsExactly(new double[] {32.191929, .285391}, offset(1e-5));
        assertThat(eigenvalues[0] / (eigenvalues[0] + eigenvalues[1])).isCloseTo(.991213, within(1e-6));
        assertThat(weight(Mahalanobis.fit(iris.rows(), LEDOIT_WOLF))).isCloseTo(.007579, within(1e-6));
        Tables wine = Tables.toy("wine");
        assertThat(numbers(Lda.fit(wine.rows(), wine.labels(), 2, NONE), "eigenvalues")).containsExactly(
                new double[] {9.081739, 4.128469}, offset(1e-5));
    }
}
