package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SilhouetteTest {
    private static final ComputeBackend BACKEND = Backends.open("simd", 2);

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    private static void assertValues(double[] values, int[] labels, double mean, double... perRow) {
        Silhouette silhouette = Silhouette.of(ToyData.line(values), labels, Distance.L2, BACKEND);
        assertThat(silhouette.perRow()).containsExactly(perRow, within(1e-6));
        assertThat(silhouette.mean()).isCloseTo(mean, within(1e-6));
    }

    @Test
    void valuesWorkedOutByHand() {
        assertValues(new double[] {0, 1, 2, 5, 6, 20}, new int[] {0, 0, 0, 1, 1, 2}, .604413,
                .727273, .777778, .571429, .75, .8, 0);
        assertValues(new double[] {0, 2, 1, 3, 4}, new int[] {0, 0, 1, 1, 1}, -.02, .25, -.333333, -.6, .25, .333333);
    }

    @Test
    void iris() {
        ToyData iris = ToyData.read("iris");
        assertThat(Silhouette.of(iris.raw(), iris.labels(), Distance.L2, BACKEND).mean()).isCloseTo(.503477, within(1e-6));
        Matrix unit = iris.raw();
        UnitRows.copy(unit, unit);
        assertThat(Silhouette.of(unit, iris.labels(), Distance.COSINE, BACKEND).mean()).isCloseTo(.722294, within(1e-6));
    }

    @Test
    void equalPointsHaveNone() {
        for (double at : new double[] {0, .1, 1e6, -3e-20}) {
            Silhouette silhouette = Silhouette.of(ToyData.line(at, at, at, at), new int[] {0, 0, 1, 1}, Distance.L2, BACKEND);
            assertThat(silhouette.perRow()).containsOnly(0);
        }
    }

    @Test
    void classesAreReportedByNumber() {
        Silhouette silhouette = Silhouette.of(ToyData.line(0, 1, 2, 5, 6, 20), new int[] {7, 7, 7, 3, 3, 900}, Distance.L2,
                BACKEND);
        assertThat(silhouette.labels().name(0)).isEqualTo("3");
        assertThat(silhouette.perClass()).containsExactly(new double[] {.775, (.727273 + .777778 + .571429) / 3, 0},
                within(1e-6));
    }

    /** Far from the origin, near duplicates, long rows beside short ones, zero rows: against sums of the reference in double. */
    @ParameterizedTest
    @EnumSource(Rows.class)
    void agreesWithTheReference(Rows kind) {
        for (Distance distance : new Distance[] {Distance.L2, Distance.COSINE}) {
            int n = 700;
            Matrix rows = kind.make(distance, n, 65, 3);
            SplittableRandom random = new SplittableRandom(4);
            int[] labels = new int[n];
            Arrays.setAll(labels, i -> i == 0 ? 6 : random.nextInt(6));
            double[] expected = reference(rows, labels, distance, 7);
            assertThat(Silhouette.of(rows, labels, distance, BACKEND).perRow()).as("%s", distance)
                    .containsExactly(expected, within(2e-5));
            int[] some = {699, 0, 350};
            assertThat(Silhouette.of(rows, labels, distance, BACKEND, some, Progress.NONE).perRow())
                    .containsExactly(new double[] {expected[699], expected[0], expected[350]}, within(2e-5));
        }
    }

    private static double[] reference(Matrix rows, int[] labels, Distance distance, int classes) {
        double[] silhouettes = new double[labels.length];
        for (int i = 0; i < labels.length; i++) {
            double[] sums = new double[classes];
            int[] sizes = new int[classes];
            for (int j = 0; j < labels.length; j++) {
                sums[labels[j]] += j == i ? 0 : distance == Distance.L2 ? Math.sqrt(distance.between(rows, i, rows, j))
                        : 1 - cosine(rows, i, j);
                sizes[labels[j]]++;
            }
            if (sizes[labels[i]] == 1) {
                continue;
            }
            double a = sums[labels[i]] / (sizes[labels[i]] - 1);
            double b = Double.POSITIVE_INFINITY;
            for (int c = 0; c < classes; c++) {
                b = c == labels[i] ? b : Math.min(b, sums[c] / sizes[c]);
            }
            silhouettes[i] = Math.max(a, b) == 0 ? 0 : (b - a) / Math.max(a, b);
        }
        return silhouettes;
    }

    /** Of rows that rounding has left not quite of length one. */
    private static double cosine(Matrix rows, int i, int j) {
        double product = -Distance.COSINE.between(rows, i, rows, j);
        return product == 0 ? 0
                : product / Math.sqrt(Distance.COSINE.between(rows, i, rows, i) * Distance.COSINE.between(rows, j, rows, j));
    }

    @Test
    void whatCannotBeJudgedIsRefused() {
        Matrix rows = ToyData.line(1, 2, 3);
        assertInvalid("labels: 2 (expected 3, one per row)", () -> Silhouette.of(rows, new int[] {0, 1}, Distance.L2, BACKEND));
        assertInvalid("classes: 1, only '4' (expected 2 or more)",
                () -> Silhouette.of(rows, new int[] {4, 4, 4}, Distance.L2, BACKEND));
        assertInvalid("silhouette: inner product (expected l2 or cosine, which are distances)",
                () -> Silhouette.of(rows, new int[] {0, 0, 1}, Distance.INNER_PRODUCT, BACKEND));
        assertInvalid("row 1: length 2.0 (expected 1, or 0: unit rows for cosine)",
                () -> Silhouette.of(rows, new int[] {0, 0, 1}, Distance.COSINE, BACKEND));
    }

    @Test
    void whoeverWatchesMayGiveItUp() {
        Matrix rows = Matrix.allocate(Arena.ofAuto(), 2000, 2);
        int[] labels = new int[2000];
        Arrays.setAll(labels, i -> i % 2);
        assertThatThrownBy(() -> Silhouette.of(rows, labels, Distance.L2, BACKEND, (stage, done, total) -> false))
                .isInstanceOf(PerigeeException.class).hasMessageStartingWith("silhouette: given up after ")
                .extracting(e -> ((PerigeeException) e).code()).isEqualTo(ErrorCode.CANCELLED);
    }

    private static void assertInvalid(String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(PerigeeException.class).hasMessage(message);
    }
}
