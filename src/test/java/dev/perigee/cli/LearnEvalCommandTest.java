package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.dataset.Vectors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code learn eval} as a script uses it. */
class LearnEvalCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void write() throws IOException {
        // classes a and b as worked out in RetrievalTest, c alone
        Vectors.writeFvecs(folder.resolve("rows.fvecs"), new float[] {0, 1, 2, 3, 4, 9}, 6, 1);
        Files.writeString(folder.resolve("labels.txt"), "a\na\nb\nb\na\nc\n");
        Files.writeString(folder.resolve("table.csv"), "id,kind\n1,a\n2,a\n3,b\n4,b\n5,a\n6,c\n");
        Files.writeString(folder.resolve("qrels"), "1 0 b 1\n2 0 b 0\n");
        Files.writeString(folder.resolve("run"), "1 Q0 b 1 1.0 me\n1 Q0 a 2 1.0 me\n3 Q0 a 1 1.0 me\n");
    }

    private int run(String line) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err))
                .execute(("learn eval " + line).replace("@", folder + "/").split(" "));
    }

    private Map<String, Object> json(String line) throws IOException {
        assertThat(run(line + " --json")).as("%s", err).isZero();
        return JsonResult.parse(out.toString());
    }

    @Test
    void everyMeasureOfLabelledVectors() throws IOException {
        Map<String, Object> fields = json("--embeddings @rows.fvecs --labels @labels.txt --backend simd");
        assertThat(fields).containsEntry("rows", 6.0).containsEntry("dim", 1.0).containsEntry("classes", 3.0)
                .containsEntry("classes_of_one", 1.0).containsEntry("queries", 5.0).containsEntry("queries_excluded", 1.0)
                .containsEntry("triplets_sampled", false).containsEntry("distance", "l2").containsEntry("backend", "simd")
                .containsEntry("hit_at_1", .6).containsEntry("hit_at_10", 1.0).containsEntry("precision_at_10", .16)
                .containsEntry("recall_at_10", 1.0).containsEntry("micro_recall", .375);
        assertThat((double) fields.get("map_at_r")).isCloseTo(.4, within(1e-12));
        assertThat((double) fields.get("macro_recall")).isCloseTo((2 / 6.0 + 1 / 2.0) / 2, within(1e-12));
        for (String name : new String[] {"hit_at_1", "r_precision", "map_at_r", "micro_recall", "macro_recall", "knn_accuracy",
            "separation_accuracy", "silhouette"}) {
            assertThat((double) fields.get(name)).as(name)
                    .isBetween((double) fields.get(name + "_low"), (double) fields.get(name + "_high"));
        }
        assertThat(json("--embeddings @rows.fvecs --labels @table.csv --column kind").get("map_at_r"))
                .isEqualTo(fields.get("map_at_r"));
        assertThat(json("--embeddings @rows.fvecs --labels @labels.txt --sample 2").get("queries")).isIn(1.0, 2.0);
        Map<String, Object> ip = json("--embeddings @rows.fvecs --labels @labels.txt --distance ip");
        assertThat(ip).containsEntry("distance", "ip").containsEntry("silhouette", null).containsEntry("silhouette_low", null);
    }

    @Test
    void aRunIsJudged() throws IOException {
        Map<String, Object> fields = json("--qrels @qrels --run @run");
        assertThat(fields).containsEntry("queries", 1.0).containsEntry("queries_excluded", 1.0)
                .containsEntry("queries_unjudged", 1.0)
                .containsEntry("queries_unanswered", 0.0).containsEntry("mrr", .5).containsEntry("map", .5)
                .containsEntry("precision_at_10", .1).containsEntry("recall_at_10", 1.0);
        assertThat((double) fields.get("ndcg_at_10")).isCloseTo(.6309, within(5e-5));
        assertThat(json("--qrels @qrels --run @run --trec-ties --depth 1")).containsEntry("ndcg_at_1", 1.0)
                .containsEntry("ndcg_exponential_at_1", 1.0).containsEntry("mrr_low", 1.0);
    }

    @Test
    void peopleReadATable() {
        assertThat(run("--embeddings @rows.fvecs --labels @labels.txt")).isZero();
        assertThat(out.toString()).startsWith("6 rows x 1, 3 classes (1 of one row), l2; 5 asked, 1 more had nothing to find\n")
                .contains("hit_at_1                  0.6000  (");
    }

    @Test
    void wrongUseAndWrongData() throws IOException {
        assertThat(run("")).isEqualTo(2);
        assertThat(run("--embeddings @rows.fvecs")).isEqualTo(2);
        assertThat(run("--embeddings @rows.fvecs --labels @labels.txt --qrels @qrels --run @run")).isEqualTo(2);
        Files.writeString(folder.resolve("short.txt"), "a\na\nb\nb\n");
        assertThat(run("--embeddings @rows.fvecs --labels @short.txt")).isEqualTo(1);
        assertThat(err.toString()).contains("perigee: labels: 4 (expected 6, one per row)");
        Files.writeString(folder.resolve("same.txt"), "a\na\na\na\na\na\n");
        assertThat(run("--embeddings @rows.fvecs --labels @same.txt")).isEqualTo(1);
        assertThat(err.toString()).contains("perigee: classes: 1, only '0' (expected 2 or more)");
        assertThat(run("--embeddings @rows.fvecs --labels @labels.txt --sample 0")).isEqualTo(1);
        assertThat(err.toString()).contains("perigee: sample: 0 (expected 1 or more rows)");
        assertThat(run("--embeddings @rows.fvecs --labels @labels.txt --distance l1")).isEqualTo(1);
    }
}
