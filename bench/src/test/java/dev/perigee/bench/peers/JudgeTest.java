package dev.perigee.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.bench.workers.Share;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JudgeTest {
    /** Five points on a line; 1 and 2 are equally far from the query at 0. */
    private static final float[][] LINE = {{0.5f, 0}, {1, 0}, {-1, 0}, {3, 0}, {4, 0}};

    @TempDir
    private Path folder;

    private DataSet data(String distance, float[][] rows, float[][] queries, int... truth) {
        write("base", rows);
        write("queries", queries);
        return new DataSet("few", distance, folder.resolve("base"), rows.length, 2, folder.resolve("queries"), queries.length,
                truth, Share.ALL);
    }

    private void write(String name, float[][] rows) {
        try (RawFile.Writer writer = new RawFile.Writer(folder.resolve(name))) {
            for (float[] row : rows) {
                writer.write(row);
            }
        }
    }

    private Path answer(int... rows) {
        RawFile.writeInts(folder.resolve("answer"), rows);
        return folder.resolve("answer");
    }

    @Test
    void countsDistinctRowsWithinTheTrueDistance() {
        DataSet line = data("l2", LINE, new float[][] {{0, 0}}, 0, 1, 2, 3, 4);
        try (Judge judge = new Judge(line)) {
            assertThat(judge.recall(answer(0, 1), 1, 2, 2)).isEqualTo(1);
            assertThat(judge.recall(answer(0, 2), 1, 2, 2)).as("a tie at the last place").isEqualTo(1);
            assertThat(judge.recall(answer(0, 0), 1, 2, 2)).as("twice the same").isEqualTo(0.5);
            assertThat(judge.recall(answer(-1, -1), 1, 2, 2)).isZero();
            assertThat(judge.recall(answer(3, 0), 1, 2, 2)).isEqualTo(0.5);
            assertThat(judge.recall(answer(0, 1, 2, 4), 1, 4, 1)).as("the first of four").isEqualTo(1);
        }
    }

    @Test
    void productAndCosineAreJudgedTheirWay() {
        float[][] rows = {{1, 0}, {10, 10}, {0, 1}};
        try (Judge judge = new Judge(data("inner_product", rows, new float[][] {{1, 0}}, 1, 0, 2))) {
            assertThat(judge.recall(answer(1), 1, 1, 1)).isEqualTo(1);
            assertThat(judge.recall(answer(0), 1, 1, 1)).isZero();
        }
        try (Judge judge = new Judge(data("cosine", rows, new float[][] {{1, 0}}, 0, 1, 2))) {
            assertThat(judge.recall(answer(0), 1, 1, 1)).isEqualTo(1);
            assertThat(judge.recall(answer(1), 1, 1, 1)).isZero();
        }
    }

    @Test
    void whatIsNoAnswerIsRefused() {
        try (Judge judge = new Judge(data("l2", LINE, new float[][] {{0, 0}}, 0, 1, 2, 3, 4))) {
            assertThatThrownBy(() -> judge.recall(answer(0, 5), 1, 2, 2))
                    .hasMessage("answer: row 5 for query 0 (expected -1 to 4)");
            assertThatThrownBy(() -> judge.recall(answer(0), 1, 2, 2)).hasMessageContaining("1 rows");
        }
    }
}
