package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class JudgementTest {
    private static final ComputeBackend BACKEND = Backends.open("simd", 2);

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    @Test
    void saysWhatEachMeasureSaysAlone() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 400, 10, 1);
        int[] labels = new int[400];
        Arrays.setAll(labels, i -> i == 0 ? 99 : 3 * (i % 7) + 1);
        for (Distance distance : Distance.values()) {
            Matrix compared = ToyData.matrix(new double[400][10]);
            compared.copy(rows, 0, 0, 400);
            if (distance == Distance.COSINE) {
                UnitRows.copy(compared, compared);
            }
            Judgement judgement = Judgement.of(rows, labels, distance, BACKEND, 1);
            Retrieval retrieval = Retrieval.leaveOneOut(compared, labels, distance, BACKEND, 1, 10);
            assertThat(judgement.retrieval().hitAt(1)).isEqualTo(retrieval.hitAt(1));
            assertThat(judgement.retrieval().mapAtR()).isEqualTo(retrieval.mapAtR());
            assertThat(judgement.retrieval().recallAt(10)).isEqualTo(retrieval.recallAt(10));
            assertThat(judgement.separationAccuracy())
                    .isEqualTo(Separation.exact(compared, labels, distance, BACKEND).accuracy());
            Map<String, Interval> measures = judgement.measures();
            assertThat(measures.get("hit_at_1").value()).isCloseTo(judgement.hitAt1(), within(1e-12));
            assertThat(measures.get("micro_recall").value()).isCloseTo(retrieval.microRecall(), within(1e-12));
            assertThat(measures.get("macro_recall").value()).isCloseTo(retrieval.macroRecall(), within(1e-12));
            assertThat(measures.get("knn_accuracy").value()).isCloseTo(
                    KnnClassifier.of(5).leaveOneOut(compared, labels, distance, BACKEND).accuracy(labels), within(1e-12));
            assertThat(measures.containsKey("silhouette")).isEqualTo(distance != Distance.INNER_PRODUCT);
            if (distance != Distance.INNER_PRODUCT) {
                assertThat(judgement.meanSilhouette()).isEqualTo(Silhouette.of(compared, labels, distance, BACKEND).mean());
            }
            measures.forEach((name, interval) ->
                    assertThat(interval.value()).as(name).isBetween(interval.low(), interval.high()));
        }
    }

    @Test
    void aSampleAsksAndAllRowsAnswer() {
        Matrix rows = Rows.GAUSSIAN.make(Distance.L2, 500, 6, 1);
        int[] labels = new int[500];
        Arrays.setAll(labels, i -> i % 3);
        Judgement all = Judgement.of(rows, labels, Distance.L2, BACKEND, 2);
        Judgement some = Judgement.of(rows, labels, Distance.L2, BACKEND, 2, 50, Progress.NONE);
        int[] queries = some.retrieval().queries();
        assertThat(queries).hasSize(50).isSorted().doesNotHaveDuplicates();
        for (int i = 0; i < queries.length; i++) {
            assertThat(some.retrieval().mapAtR()[i]).isEqualTo(all.retrieval().mapAtR()[queries[i]]);
            assertThat(some.silhouette().orElseThrow().perRow()[i])
                    .isEqualTo(all.silhouette().orElseThrow().perRow()[queries[i]]);
            assertThat(some.separation().right()[i]).isEqualTo(all.separation().right()[queries[i]]);
        }
        assertThat(Judgement.of(rows, labels, Distance.L2, BACKEND, 3, 50, Progress.NONE).retrieval().queries())
                .isNotEqualTo(queries);
    }

    @Test
    void whatCannotBeJudgedIsRefused() {
        assertInvalid("labels: 2 (expected 3, one per row)", ToyData.line(1, 2, 3), 0, 1);
        assertInvalid("classes: 1, only '5' (expected 2 or more)", ToyData.line(1, 2), 5, 5);
        assertInvalid("classes: each of 2 has one row (expected some with 2 or more)", ToyData.line(1, 2), 5, 6);
        assertInvalid("row 1: not finite (expected numbers)", ToyData.line(1, Double.NaN), 5, 6);
        assertInvalid("label of row 1: -1 (expected 0 or more)", ToyData.line(1, 2), 5, -1);
    }

    private static void assertInvalid(String message, Matrix rows, int... labels) {
        assertThatThrownBy(() -> Judgement.of(rows, labels, Distance.L2, BACKEND, 0)).isInstanceOf(PerigeeException.class)
                .hasMessage(message);
    }
}
