package dev.perigee.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RatioTest {
    private static final Setting OURS = setting("perigee");
    private static final Setting THEIRS = setting("faiss");

    private static Setting setting(String engine) {
        return new Setting(new Setting.Index(engine, "flat", Map.of()), Map.of(), 10, Setting.Mode.BATCH, 1);
    }

    private static Sample sample(double recall, double qps) {
        return new Sample(recall, qps, 1, 1, qps);
    }

    private static Map<String, Object> row(List<Sample> ours, List<Sample> theirs) {
        return Ratio.of(List.of(OURS, THEIRS), "fashion_mnist").getFirst().row(ours, theirs);
    }

    @Test
    void isTheMedianOfTheRatiosOfRounds() {
        Map<String, Object> row = row(List.of(sample(1, 100), sample(1, 50), sample(1, 90)),
                List.of(sample(1, 100), sample(1, 100), sample(1, 30)));
        assertThat(row).containsEntry("name", "flat_batch_over_faiss").containsEntry("value", 1.0).containsEntry("min", 0.5)
                .containsEntry("max", 3.0).containsEntry("goal", 0.95).containsEntry("met", true).containsEntry("unit", "ratio");
    }

    @Test
    void isNotMetByFindingLess() {
        assertThat(row(List.of(sample(0.99, 100)), List.of(sample(1, 100)))).containsEntry("equal_recall", false)
                .containsEntry("met", false);
        assertThat(row(List.of(sample(0.9995, 100)), List.of(sample(1, 100)))).containsEntry("met", true);
        assertThat(row(List.of(sample(1, 90)), List.of(sample(1, 100)))).containsEntry("equal_recall", true)
                .containsEntry("met", false);
    }

    @Test
    void needsBothSidesAndItsData() {
        assertThat(Ratio.of(List.of(OURS), "fashion_mnist")).isEmpty();
        assertThat(Ratio.of(List.of(OURS, THEIRS), "siftsmall")).isEmpty();
    }

    @Test
    void medianIsInTheMiddle() {
        assertThat(Sample.median(3, 1, 2)).isEqualTo(2);
        assertThat(Sample.median(4, 1, 2, 3)).isEqualTo(2.5);
        assertThat(Sample.median()).isNaN();
    }
}
