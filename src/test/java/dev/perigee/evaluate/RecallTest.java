package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.PerigeeException;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
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

    /** Rows 0, 1, -1, 2, -2 on a line, the query at 0: rows 1 and 2 tie, rows 3 and 4 tie. */
    private static Matrix line(Arena arena) {
        return Matrix.copyOf(arena, new float[][] {{0}, {1}, {-1}, {2}, {-2}});
    }

    @Test
    void tiesAtTheLastPlaceCountWhicheverWasReturned() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix rows = line(arena);
            Matrix queries = Matrix.allocate(arena, 1, 1);
            double[] second = {1};
            assertThat(Recall.byDistance(queries, rows, Distance.L2, ids(0, 1), second, 2)).isEqualTo(1);
            assertThat(Recall.byDistance(queries, rows, Distance.L2, ids(2, 0), second, 2)).isEqualTo(1);
            assertThat(Recall.byDistance(queries, rows, Distance.L2, ids(1, 2), second, 2)).isEqualTo(1);
            assertThat(Recall.byDistance(queries, rows, Distance.L2, ids(0, 0), second, 2)).as("a row twice").isEqualTo(0.5);
            assertThat(Recall.byDistance(queries, rows, Distance.L2, ids(0, 3), second, 2)).as("too far").isEqualTo(0.5);
            assertThat(Recall.byDistance(queries, rows, Distance.L2, ids(-1, 0), second, 2)).as("no row").isEqualTo(0.5);
            assertThat(Recall.byDistance(queries, rows, Distance.L2, ids(1, 2), new double[] {Math.nextDown(1.0)}, 2)).isZero();
        }
    }

    @Test
    void fewerRowsThanKFillFewerPlaces() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix rows = line(arena);
            Matrix queries = Matrix.allocate(arena, 2, 1);
            long[] all = {0, 1, 2, 3, 4, -1, -1, 4, 3, 2, 1, 0, -1, -1};
            assertThat(Recall.byDistance(queries, rows, Distance.L2, all, new double[] {4, 4}, 7)).isEqualTo(1);
            all[0] = -1;
            assertThat(Recall.byDistance(queries, rows, Distance.L2, all, new double[] {4, 4}, 7)).isEqualTo(0.9);
        }
    }

    @Test
    void everyDistanceIsSmallerWhenNearer() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix rows = Matrix.copyOf(arena, new float[][] {{3, 4}, {1, 0}, {-5, 0}});
            Matrix queries = Matrix.copyOf(arena, new float[][] {{2, 0}});
            assertThat(Recall.byDistance(queries, rows, Distance.INNER_PRODUCT, ids(0), new double[] {-6}, 1)).isEqualTo(1);
            assertThat(Recall.byDistance(queries, rows, Distance.INNER_PRODUCT, ids(1), new double[] {-6}, 1)).isZero();
            UnitRows.copy(rows, rows);
            UnitRows.copy(queries, queries);
            double nearest = Distance.COSINE.between(queries, 0, rows, 1);
            assertThat(nearest).isEqualTo(-1);
            assertThat(Recall.byDistance(queries, rows, Distance.COSINE, ids(1), new double[] {nearest}, 1)).isEqualTo(1);
            assertThat(Recall.byDistance(queries, rows, Distance.COSINE, ids(0), new double[] {nearest}, 1)).isZero();
        }
    }

    @Test
    void rowsAndShapesOfByDistanceAreChecked() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix rows = line(arena);
            Matrix queries = Matrix.allocate(arena, 1, 1);
            assertInvalid(() -> Recall.byDistance(queries, rows, Distance.L2, ids(5), new double[1], 1),
                    "row: 5 found by query 0 (expected 0 to 4)");
            assertInvalid(() -> Recall.byDistance(queries, rows, Distance.L2, ids(-2), new double[1], 1), "row: -2 found");
            assertInvalid(() -> Recall.byDistance(queries, rows, Distance.L2, ids(1), new double[2], 1),
                    "true distances: 2 (expected 1");
            assertInvalid(() -> Recall.byDistance(Matrix.allocate(arena, 1, 2), rows, Distance.L2, ids(1), new double[1], 1),
                    "dim: 2 (expected 1)");
        }
    }

    private static void assertInvalid(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(PerigeeException.class).hasMessageStartingWith(message);
    }
}
