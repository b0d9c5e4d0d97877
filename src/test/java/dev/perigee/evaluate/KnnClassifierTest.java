package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.PerigeeException;
import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnnClassifierTest {
    private static final ComputeBackend BACKEND = Backends.open("simd", 2);
    private static final double NONE = Double.POSITIVE_INFINITY;

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    /** Leave-one-out accuracy of the nearest row on tables that everybody has. */
    @ParameterizedTest
    @CsvSource({"iris,.9600,.9467,.9533", "wine,.7697,.9551,.9494", "breast,.9156,.9508,.9525"})
    void nearestRowOfPublicTables(String name, double raw, double standardised, double ranged) {
        ToyData toy = ToyData.read(name);
        assertThat(nearest(toy.raw(), toy)).isCloseTo(raw, within(5e-5));
        assertThat(nearest(toy.standardised(), toy)).isCloseTo(standardised, within(5e-5));
        assertThat(nearest(toy.ranged(), toy)).isCloseTo(ranged, within(5e-5));
    }

    private static double nearest(Matrix rows, ToyData toy) {
        return KnnClassifier.of(1).leaveOneOut(rows, toy.labels(), Distance.L2, BACKEND).accuracy(toy.labels());
    }

    private static int vote(KnnClassifier classifier, int[] classes, double... squares) {
        int[] rows = java.util.stream.IntStream.range(0, classes.length).toArray();
        return classifier.vote(rows, squares, rows.length, classes, Distance.L2);
    }

    @Test
    void tiesGoToTheNearestThenToTheLowerClass() {
        KnnClassifier four = KnnClassifier.of(4);
        assertThat(vote(four, new int[] {7, 3, 3, 7}, 1, 2, 3, 4)).isEqualTo(7);
        assertThat(vote(four, new int[] {7, 3, 3, 7}, 1, 1, 1, 1)).isEqualTo(3);
        assertThat(vote(four, new int[] {7, 3, 3, 5}, 1, 2, 3, 4)).isEqualTo(3);
        assertThat(vote(four, new int[] {2, 3, 3, 2, 3}, 1, 2, 3, 4, 5)).as("the fifth has no vote").isEqualTo(2);
    }

    @Test
    void votesByDistance() {
        KnnClassifier weighted = new KnnClassifier(3, KnnClassifier.Vote.BY_DISTANCE, NONE);
        assertThat(vote(weighted, new int[] {1, 0, 0}, 1, 9, 16)).as("1 against 1/3 + 1/4").isEqualTo(1);
        assertThat(vote(weighted, new int[] {1, 0, 0}, 1, 1.5, 2)).isZero();
        assertThat(vote(weighted, new int[] {1, 0, 0}, 0, 1e-30, 1e-30)).as("only rows at distance 0").isEqualTo(1);
        assertThatThrownBy(() -> weighted.leaveOneOut(ToyData.line(1, 2), new int[] {0, 1}, Distance.INNER_PRODUCT, BACKEND))
                .isInstanceOf(PerigeeException.class)
                .hasMessage("vote: by distance with inner product (expected l2 or cosine, which are distances)");
    }

    @Test
    void whatIsTooFarGetsNoClass() {
        KnnClassifier careful = new KnnClassifier(1, KnnClassifier.Vote.EQUAL, 2);
        KnnClassifier.Answer answer = careful.classify(ToyData.line(2, 3.5, 99), ToyData.line(0, 1), new int[] {4, 6},
                Distance.L2, BACKEND);
        assertThat(answer.predicted()).containsExactly(6, KnnClassifier.REJECTED, KnnClassifier.REJECTED);
        assertThat(answer.rejected()).isEqualTo(2);
        assertThat(answer.accuracy(new int[] {6, 6, 4})).isCloseTo(1 / 3.0, within(1e-12));
    }

    @Test
    void argumentsAreChecked() {
        assertThatThrownBy(() -> KnnClassifier.of(0)).isInstanceOf(PerigeeException.class)
                .hasMessage("k: 0 (expected 1 or more)");
        assertThatThrownBy(() -> KnnClassifier.of(1).leaveOneOut(ToyData.line(1, 2), new int[] {0}, Distance.L2, BACKEND))
                .isInstanceOf(PerigeeException.class).hasMessage("labels: 1 (expected 2, one per row)");
    }
}
