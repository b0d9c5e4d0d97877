package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.distance.Distance;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class RetrievalTest {
    private static final ComputeBackend BACKEND = Backends.open("simd", 2);

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    @Test
    void recallOverQueriesAndOverClasses() {
        int[] classes = {0, 1, 2};
        int[] relevant = {10, 2, 4};
        int[] found = {8, 1, 0};
        double[] perClass = Retrieval.recallPerClass(classes, relevant, found);
        assertThat(perClass).containsExactly(.8, .5, 0);
        assertThat(Arrays.stream(perClass).average().orElseThrow()).isCloseTo(.433333, within(1e-6));
        assertThat(Bootstrap.ratio(new double[] {8, 1, 0}, new double[] {10, 2, 4}, 0).value()).isEqualTo(.5625);
    }

    /** On a line, class A at 0, 1, 4, class B at 2, 3, and a row alone at 9; ties go to the lower row. */
    @Test
    void valuesWorkedOutByHand() {
        Matrix rows = ToyData.line(0, 1, 2, 3, 4, 9);
        int[] labels = {0, 0, 1, 1, 0, 2};
        Retrieval retrieval = Retrieval.leaveOneOut(rows, labels, Distance.L2, BACKEND, 1, 3);
        // 0: 1A 2B 3B 4A | 1: 0A 2B(tie, higher row) 3B 4A | 2: 1A 3B 0A 4A | 3: 2B 4A | 4: 3B 2B 1A 0A
        assertThat(retrieval.queries()).containsExactly(0, 1, 2, 3, 4);
        assertThat(retrieval.excluded()).isEqualTo(1);
        assertThat(retrieval.relevant()).containsExactly(2, 2, 1, 1, 2);
        assertThat(retrieval.hitAt(1)).containsExactly(1, 1, 0, 1, 0);
        assertThat(retrieval.hitAt(3)).containsExactly(1, 1, 1, 1, 1);
        assertThat(retrieval.precisionAt(3)).containsExactly(1 / 3.0, 1 / 3.0, 1 / 3.0, 1 / 3.0, 1 / 3.0);
        assertThat(retrieval.recallAt(3)).containsExactly(.5, .5, 1, 1, .5);
        assertThat(retrieval.foundWithinR()).containsExactly(1, 1, 0, 1, 0);
        assertThat(retrieval.rPrecision()).containsExactly(.5, .5, 0, 1, 0);
        assertThat(retrieval.mapAtR()).containsExactly(.5, .5, 0, 1, 0);
        assertThat(retrieval.microRecall()).isEqualTo(3 / 8.0);
        assertThat(retrieval.recallPerClass()).containsExactly(2 / 6.0, 1 / 2.0);
        assertThat(retrieval.macroRecall()).isCloseTo((2 / 6.0 + 1 / 2.0) / 2, within(1e-12));
        assertThatThrownBy(() -> retrieval.hitAt(2)).isInstanceOf(PerigeeException.class)
                .hasMessage("N: 2 (expected one of [1, 3])");
    }

    @Test
    void mapAtRCountsPrecisionWhereARowIsRight() {
        Matrix rows = ToyData.line(0, 1, 2, 3, 4, 5);
        Retrieval retrieval = Retrieval.leaveOneOut(rows, new int[] {0, 1, 0, 0, 1, 0}, Distance.L2, BACKEND, new int[] {0},
                Progress.NONE, 1);
        // B A A | B A, R = 3: (1/2 + 2/3) / 3
        assertThat(retrieval.mapAtR()).containsExactly(new double[] {(1 / 2.0 + 2 / 3.0) / 3}, within(1e-12));
        assertThat(retrieval.rPrecision()).containsExactly(new double[] {2 / 3.0}, within(1e-12));
    }

    @Test
    void aRowAtTheSamePlaceIsAnotherRow() {
        Matrix rows = ToyData.line(5, 5, 5, 5, 7);
        Retrieval retrieval = Retrieval.leaveOneOut(rows, new int[] {0, 1, 0, 1, 1}, Distance.L2, BACKEND, 1);
        assertThat(retrieval.hitAt(1)).as("the lowest other row").containsExactly(0, 0, 1, 0, 0);
    }

    @Test
    void queriesThatAreNotAmongTheRows() {
        Matrix rows = ToyData.line(0, 1, 10, 11);
        Matrix queries = ToyData.line(10.4, .2, 3);
        Retrieval retrieval = Retrieval.of(queries, new int[] {8, 5, 3}, rows, new int[] {8, 5, 8, 8}, Distance.L2, BACKEND,
                Progress.NONE, 1);
        assertThat(retrieval.queries()).containsExactly(0, 1);
        assertThat(retrieval.excluded()).as("a class without rows").isEqualTo(1);
        assertThat(retrieval.relevant()).containsExactly(3, 1);
        assertThat(retrieval.hitAt(1)).containsExactly(1, 0);
        assertThat(retrieval.rPrecision()).containsExactly(new double[] {2 / 3.0, 0}, within(1e-12));
    }

    /** More rows than one block of queries, k of its own for each. */
    @Test
    void blocksAndBackendsChangeNothing() {
        int n = 1_300;
        SplittableRandom random = new SplittableRandom(8);
        int[] labels = new int[n];
        Arrays.setAll(labels, i -> (int) Math.sqrt(random.nextInt(900)));
        for (Distance distance : Distance.values()) {
            Matrix rows = Rows.CLUSTERED.make(distance, n, 12, 9);
            Retrieval fast = Retrieval.leaveOneOut(rows, labels, distance, BACKEND, 1, 10);
            Retrieval reference = Retrieval.leaveOneOut(rows, labels, distance, new ScalarBackend(), 1, 10);
            assertThat(fast.mapAtR()).isEqualTo(reference.mapAtR());
            assertThat(fast.recallAt(10)).isEqualTo(reference.recallAt(10));
            assertThat(fast.queries().length + fast.excluded()).isEqualTo(n);
        }
    }

    @Test
    void whatCannotBeJudgedIsRefused() {
        assertThatThrownBy(() -> Retrieval.leaveOneOut(ToyData.line(1, 2), new int[] {0, 1}, Distance.L2, BACKEND, 1))
                .isInstanceOf(PerigeeException.class)
                .hasMessage("queries: for none of 2 is there another row of its class (expected classes of 2 or more)");
        assertThatThrownBy(() -> Retrieval.leaveOneOut(ToyData.line(1, 2), new int[] {0}, Distance.L2, BACKEND, 1))
                .isInstanceOf(PerigeeException.class).hasMessage("labels: 1 (expected 2, one per row)");
    }
}
