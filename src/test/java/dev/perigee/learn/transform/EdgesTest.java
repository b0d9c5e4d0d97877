package dev.perigee.learn.transform;

import static dev.perigee.learn.transform.Tables.matrix;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.distance.Distance;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EdgesTest {
    private static final Shrinkage NONE = new Shrinkage.None();
    private static final Matrix ROWS = matrix(new double[][] {{0, 1}, {1, 0}, {3, 3}, {4.5, 1}});

    @Test
    void whatCannotBeLearnedFromIsRefused() {
        assertThatThrownBy(() -> Standardise.zScore(ROWS.slice(0, 1))).hasMessage("rows: 1 (expected 2 or more)");
        Matrix broken = matrix(new double[][] {{0, 1}, {Double.NaN, 0}});
        assertThatThrownBy(() -> Mahalanobis.fit(broken, NONE)).hasMessage("row 1: not finite (expected numbers)");
        assertThatThrownBy(() -> Lda.fit(ROWS, new int[] {1, 1, 1, 1}, 1, NONE)).hasMessageStartingWith("classes: 1");
        assertThatThrownBy(() -> Lda.fit(ROWS, new int[] {1, 1, 2}, 1, NONE)).hasMessage("labels: 3 (expected 4, one per row)");
        assertThatThrownBy(() -> WithinClass.fit(ROWS, new int[] {1, 2, 3, 4}, NONE)).hasMessageContaining("each of 4 has one row");
        assertThatThrownBy(() -> Lda.fit(ROWS, new int[] {1, 1, 2, 2}, 2, NONE)).hasMessage("dims: 2 (expected 1 to 1, of 2 classes and dim 2)");
        Matrix twice = matrix(new double[][] {{0, 1}, {0, 1}, {3, 3}, {3, 3}});
        assertThatThrownBy(() -> WithinClass.fit(twice, new int[] {1, 1, 2, 2}, NONE)).hasMessage(
                "classes: the rows of each are equal (expected some that differ)");
        assertThatThrownBy(() -> Pca.fit(twice, 2)).hasMessage("dims: 2 (expected at most 1, the directions in which these rows vary)");
        assertThatThrownBy(() -> Pca.fit(Matrix.allocate(Arena.ofAuto(), 2, 5000), 2)).hasMessage(
                "dim: 5000 (expected at most 4096 for a covariance)");
        assertThatThrownBy(() -> Shrinkage.parse("much")).hasMessageContaining("shrink: 'much' (expected ledoit-wolf, oas, none");
    }

    @Test
    void classesOfOneRowAreCounted() {
        assertThat(WithinClass.fit(ROWS, new int[] {1, 1, 1, 2}, new Shrinkage.Oas()).warnings()).contains(
                "classes of one row: 1 of 2, which say nothing of how a class spreads");
    }

    @Test
    void fewClassesForManyDirectionsAreToldOf() {
        Matrix rows = Rows.GAUSSIAN.make(Distance.L2, 500, 20, 7);
        int[] three = IntStream.range(0, 500).map(i -> i % 3).toArray();
        int[] thirty = IntStream.range(0, 500).map(i -> i % 30).toArray();
        assertThat(Lda.fit(rows, three, 2, NONE).warnings()).singleElement().asString().startsWith("classes: 3 give 2 directions, the rows spread in about 19");
        assertThat(Lda.fit(rows, thirty, 20, NONE).warnings()).isEmpty();
    }

    /** A direction without variance, as encoders have it: plain eigenvalues come out as -2e-19, and their root is no number. */
    @Test
    void aSingularCovarianceLosesItsNullDirections() {
        Matrix rows = Rows.GAUSSIAN.make(Distance.L2, 300, 12, 9);
        int[] labels = IntStream.range(0, 300).map(i -> i % 4).toArray();
        for (int i = 0; i < rows.rows(); i++) {
            rows.set(i, 4, rows.get(i, 3));
            rows.set(i, 7, .25f);
        }
        Fit total = Mahalanobis.fit(rows, NONE);
        assertThat(total.transform().outputDim()).isEqualTo(10);
        assertThat(total.warnings()).containsExactly("constant features: 1 of 12 (numbers 7), which are left out",
                "directions without variance: 1 of 11, which are left out");
        // whitened rows have the identity for covariance
        Matrix white = Tables.apply(total.transform(), rows);
        double[][] covariance = Covariance.total(white, Features.of(white).mean()).matrix();
        for (int i = 0; i < 10; i++) {
            for (int j = 0; j < 10; j++) {
                assertThat(covariance[i][j]).isCloseTo(i == j ? 1 : 0, within(1e-5));
            }
        }
        assertThat(WithinClass.fit(rows, labels, NONE).transform().outputDim()).isEqualTo(10);
        assertThat(Lda.fit(rows, labels, 3, NONE).transform().outputDim()).isEqualTo(3);
        assertThat(Mahalanobis.fit(rows, new Shrinkage.LedoitWolf()).transform().outputDim()).isEqualTo(11);
    }

    @Test
    void sumsOfManyRowsAreRight() {
        // 1e3 beside .1: what is accumulated in float32 or without a mean is lost
        Matrix rows = Rows.SHIFTED.make(Distance.L2, 1000, 70, 5);
        double[] mean = Features.of(rows).mean();
        double[][] covariance = Covariance.total(rows, mean).matrix();
        for (int[] pair : new int[][] {{0, 0}, {3, 69}, {69, 3}, {12, 40}}) {
            double sum = 0;
            for (int i = 0; i < rows.rows(); i++) {
                sum += (rows.get(i, pair[0]) - mean[pair[0]]) * (rows.get(i, pair[1]) - mean[pair[1]]);
            }
            assertThat(covariance[pair[0]][pair[1]]).isCloseTo(sum / 1000, within(1e-12));
        }
    }

    @Test
    void oneFitFollowsAnother() {
        Fit z = Standardise.zScore(ROWS);
        Fit both = Pca.fit(Tables.apply(z.transform(), ROWS), 1).after(z);
        assertThat(both.facts()).containsEntry("method", "pca").containsEntry("before", "standardise");
        assertThat(both.transform().apply(ROWS.get(2))).containsExactly(
                Pca.fit(Tables.apply(z.transform(), ROWS), 1).transform().apply(z.transform().apply(ROWS.get(2))), offset(1e-6f));
    }

    /** The order by the Mahalanobis distance, computed without V, is that of L2 after V, save where rounding may decide. */
    @Test
    void mahalanobisOrdersAsL2AfterV() {
        int dim = 24;
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 400, dim, 3);
        Fit fit = Mahalanobis.fit(rows, new Shrinkage.LedoitWolf());
        double[][] inverse = inverse(Covariance.total(rows, Features.of(rows).mean()).shrunk(
                Double.parseDouble(fit.facts().get("shrinkage_weight"))).matrix());
        float[][] v = ((Transform.Dense) fit.transform().steps().getLast()).weights();
        double[] mean = ((Transform.Scale) fit.transform().steps().getFirst()).shift();
        Matrix mapped = Tables.apply(fit.transform(), rows);
        int compared = 0;
        Random random = new Random(4);
        for (int n = 0; n < 20_000; n++) {
            int q = random.nextInt(400);
            int a = random.nextInt(400);
            int b = random.nextInt(400);
            double da = squared(inverse, rows.get(q), rows.get(a));
            double db = squared(inverse, rows.get(q), rows.get(b));
            if (Math.abs(da - db) > bound(v, mean, rows, mapped, q, a) + bound(v, mean, rows, mapped, q, b)) {
                compared++;
                assertThat(Tables.squaredL2(mapped.get(q), mapped.get(a)) < Tables.squaredL2(mapped.get(q), mapped.get(b))).isEqualTo(da < db);
            }
        }
        assertThat(compared).isGreaterThan(19_000);
    }

    /**
     * How far the squared distance may be off: V is rounded to float32, 2^-24 of each weight, and each mapped value once more. For a
     * difference d of two rows, its image is off by e with |e_o| <= 2^-24 (sum |v_o t| |d_t| + |y_o| + |z_o|), its square by 2 |Vd| |e| + |e|^2;
     * a thousandth more for what double arithmetic adds.
     */
    private static double bound(float[][] v, double[] mean, Matrix rows, Matrix mapped, int q, int a) {
        double squares = 0;
        for (int o = 0; o < v.length; o++) {
            double sum = Math.abs(mapped.get(q, o)) + Math.abs(mapped.get(a, o));
            for (int t = 0; t < mean.length; t++) {
                sum += Math.abs(v[o][t]) * Math.abs((double) rows.get(q, t) - rows.get(a, t));
            }
            squares += sum * sum;
        }
        double error = 0x1p-24 * Math.sqrt(squares) * 1.001;
        return 2 * Math.sqrt(Tables.squaredL2(mapped.get(q), mapped.get(a))) * error + 3 * error * error + 1e-9;
    }

    private static double squared(double[][] inverse, float[] x, float[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < x.length; j++) {
                sum += ((double) x[i] - y[i]) * inverse[i][j] * ((double) x[j] - y[j]);
            }
        }
        return sum;
    }

    /** Gauss-Jordan, another way than that of the product. */
    private static double[][] inverse(double[][] matrix) {
        int n = matrix.length;
        double[][] a = new double[n][2 * n];
        for (int i = 0; i < n; i++) {
            System.arraycopy(matrix[i], 0, a[i], 0, n);
            a[i][n + i] = 1;
        }
        for (int c = 0; c < n; c++) {
            double pivot = a[c][c]; // positive definite: no exchange of rows is needed
            for (int j = 0; j < 2 * n; j++) {
                a[c][j] /= pivot;
            }
            for (int i = 0; i < n; i++) {
                double times = i == c ? 0 : a[i][c];
                for (int j = 0; j < 2 * n; j++) {
                    a[i][j] -= times * a[c][j];
                }
            }
        }
        return java.util.Arrays.stream(a).map(row -> java.util.Arrays.copyOfRange(row, n, 2 * n)).toArray(double[][]::new);
    }
}
