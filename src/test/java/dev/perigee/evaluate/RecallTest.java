package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.PerigeeException;
import org.junit.jupiter.api.Test;

class RecallTest {
    private static long[] ids(long... ids) {
        return ids;
    }

    @Test
    void idsInAnyOrderCountOnce() {
        int[][] truth = {{1, 2, 3, 9}, {4, 5, 6, 9}};
        assertThat(Recall.byIds(ids(3, 2, 1, 4, 5, 6), truth, 3)).isEqualTo(1);
        assertThat(Recall.byIds(ids(1, 1, 1, 4, 5, 6), truth, 3)).isEqualTo(4 / 6.0);
        assertThat(Recall.byIds(ids(1, 2, 9, 4, 5, 9), truth, 3)).as("9 is the fourth, not among the first three")
                .isEqualTo(4 / 6.0);
        assertThat(Recall.byIds(ids(-1, -1, 1, -1, -1, -1), truth, 3)).isEqualTo(1 / 6.0);
        assertThat(Recall.byIds(ids((1L << 32) + 1, 7, 8, 7, 8, 0), truth, 3)).as("no id is cut to 32 bits").isZero();
    }

    @Test
    void placesWithoutATrueRowDoNotCount() {
        int[][] truth = {{1, 2, -1}, {3, -1, -1}};
        assertThat(Recall.byIds(ids(1, 2, -1, 3, -1, -1), truth, 3)).isEqualTo(1);
        assertThat(Recall.byIds(ids(1, 9, -1, 9, -1, -1), truth, 3)).isEqualTo(1 / 3.0);
        assertThat(Recall.byIds(ids(-1), new int[][] {{-1}}, 1)).isEqualTo(1);
        assertThat(Recall.byIds(ids(), new int[][] {}, 5)).isEqualTo(1);
    }

    @Test
    void shapesAreChecked() {
        int[][] truth = {{1, 2, 3}};
        assertInvalid(() -> Recall.byIds(ids(1, 2, 3, 4), truth, 4), "truth of query 0: 3 ids (expected at least k = 4)");
        assertInvalid(() -> Recall.byIds(ids(1, 2), truth, 3), "found: 2 (expected 1 queries x k = 3)");
        assertInvalid(() -> Recall.byIds(ids(), truth, 0), "k: 0 (expected 1 or more)");
    }

    @Test
    void tiesAtTheLastPlaceCountWhicheverWasReturned() {
        double[] second = {1}; // rows 1 and 2 are both at distance 1, row 0 at 0
        assertThat(Recall.byDistance(ids(0, 1), new double[] {0, 1}, second, 2, 5)).isEqualTo(1);
        assertThat(Recall.byDistance(ids(2, 0), new double[] {1, 0}, second, 2, 5)).isEqualTo(1);
        assertThat(Recall.byDistance(ids(1, 2), new double[] {1, 1}, second, 2, 5)).isEqualTo(1);
        assertThat(Recall.byDistance(ids(0, 0), new double[] {0, 0}, second, 2, 5)).as("a row twice").isEqualTo(0.5);
        assertThat(Recall.byDistance(ids(0, 3), new double[] {0, Math.nextUp(1.0)}, second, 2, 5)).isEqualTo(0.5);
        assertThat(Recall.byDistance(ids(0, -1), new double[] {0, Double.POSITIVE_INFINITY}, second, 2, 5)).isEqualTo(0.5);
    }

    @Test
    void fewerRowsThanPlaces() {
        double inf = Double.POSITIVE_INFINITY;
        assertThat(Recall.byDistance(ids(0, 1, -1), new double[] {0, 1, inf}, new double[] {1}, 3, 2)).isEqualTo(1);
        assertThat(Recall.byDistance(ids(-1), new double[] {inf}, new double[] {-inf}, 1, 0)).isEqualTo(1);
        assertInvalid(() -> Recall.byDistance(ids(1, 2), new double[1], new double[1], 2, 5), "distances: 1 (expected 2)");
        assertInvalid(() -> Recall.byDistance(ids(1, 2), new double[2], new double[2], 2, 5), "found: 2");
    }

    private static void assertInvalid(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(PerigeeException.class).hasMessageStartingWith(message);
    }
}
