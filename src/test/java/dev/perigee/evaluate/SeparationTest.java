package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SeparationTest {
    private static final ComputeBackend BACKEND = Backends.open("simd", 2);

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    private static long sum(long[] values) {
        return Arrays.stream(values).sum();
    }

    @Test
    void valuesWorkedOutByHand() {
        Separation clear = Separation.exact(ToyData.line(0, 1, 2, 5, 6, 20), new int[] {0, 0, 0, 1, 1, 2}, Distance.L2, BACKEND);
        assertThat(clear.count()).isEqualTo(26);
        assertThat(sum(clear.right())).isEqualTo(26);
        assertThat(clear.excluded()).as("the only row of class 2").isEqualTo(1);
        Separation mixed = Separation.exact(ToyData.line(0, 2, 1, 3, 4), new int[] {0, 0, 1, 1, 1}, Distance.L2, BACKEND);
        assertThat(mixed.count()).isEqualTo(18);
        assertThat(sum(mixed.right())).isEqualTo(7);
        assertThat(sum(mixed.tied())).as("ties count as wrong").isEqualTo(2);
        Separation losses = Separation.exact(ToyData.line(0, 1, 1.5, 3, .5), new int[] {0, 0, 1, 1, 1}, Distance.L2, BACKEND);
        assertThat(losses.accuracy()).isEqualTo(7 / 18.0);
    }

    @ParameterizedTest
    @EnumSource(Rows.class)
    void countsWhatComparingEveryTripletCounts(Rows kind) {
        for (Distance distance : Distance.values()) {
            int n = 90;
            Matrix rows = kind.make(distance, n, 20, 5);
            SplittableRandom random = new SplittableRandom(6);
            int[] labels = new int[n];
            Arrays.setAll(labels, i -> i == 0 ? 9 : 2 * random.nextInt(4));
            Separation separation = Separation.exact(rows, labels, distance, BACKEND);
            long[] expected = new long[3];
            for (int a = 0; a < n; a++) {
                for (int p = 0; p < n; p++) {
                    for (int other = 0; p != a && labels[p] == labels[a] && other < n; other++) {
                        if (labels[other] != labels[a]) {
                            double near = distance.between(rows, a, rows, p);
                            double far = distance.between(rows, a, rows, other);
                            expected[0] += near < far ? 1 : 0;
                            expected[1] += near == far ? 1 : 0;
                            expected[2]++;
                        }
                    }
                }
            }
            assertThat(new long[] {sum(separation.right()), sum(separation.tied()), separation.count()}).as("%s", distance)
                    .containsExactly(expected);
            assertThat(separation.excluded()).isEqualTo(1);
            Separation some = Separation.exact(rows, labels, distance, BACKEND, new int[] {80, 0, 7}, Progress.NONE);
            assertThat(some.anchors()).containsExactly(80, 7);
            assertThat(some.right()).containsExactly(separation.right()[79], separation.right()[6]);
        }
    }

    @Test
    void drawnTripletsComeNearAllOfThem() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 300, 8, 1);
        SplittableRandom random = new SplittableRandom(2);
        int[] labels = new int[300];
        Arrays.setAll(labels, i -> i < 3 ? 5 + i : (int) Math.sqrt(random.nextInt(16)));
        Separation all = Separation.exact(rows, labels, Distance.L2, BACKEND);
        Separation drawn = Separation.sampled(rows, labels, Distance.L2, 200_000, 7);
        assertThat(drawn.sampled()).isTrue();
        assertThat(drawn.count()).isEqualTo(200_000);
        assertThat(drawn.excluded()).isEqualTo(3);
        assertThat(drawn.accuracy()).isCloseTo(all.accuracy(), within(.005));
        Interval interval = drawn.interval(0);
        assertThat(all.accuracy()).isBetween(interval.low(), interval.high());
        assertThat(interval.high() - interval.low()).isBetween(.001, .01);
        assertThat(Separation.sampled(rows, labels, Distance.L2, 200_000, 7).right()).as("the seed draws the same")
                .isEqualTo(drawn.right());
    }

    @Test
    void whatCannotBeJudgedIsRefused() {
        assertInvalid("classes: 1, only '0' (expected 2 or more)", new int[] {0, 0, 0});
        assertInvalid("anchors: none of 3 has another row of its class (expected classes of 2 or more)", new int[] {0, 1, 2});
        assertInvalid("labels: 4 (expected 3, one per row)", new int[] {0, 1, 2, 2});
    }

    private static void assertInvalid(String message, int[] labels) {
        assertThatThrownBy(() -> Separation.exact(ToyData.line(1, 2, 3), labels, Distance.L2, BACKEND))
                .isInstanceOf(PerigeeException.class).hasMessage(message);
    }
}
