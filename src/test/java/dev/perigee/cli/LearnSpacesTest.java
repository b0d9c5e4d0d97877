package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.dataset.Vectors;
import dev.perigee.index.TransformFile;
import dev.perigee.storage.Manifest;
import dev.perigee.vector.Transform;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** build --transform, learn preview, promote and rollback, as a script uses them. */
class LearnSpacesTest {
    private static final int ROWS = 400;
    private static final int CLASSES = 20;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Rows whose class is in the first three of six values, under noise in the others. */
    @BeforeEach
    void write() throws IOException {
        Random random = new Random(4);
        float[] values = new float[ROWS * 6];
        float[] centres = new float[CLASSES * 3];
        for (int i = 0; i < centres.length; i++) {
            centres[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < ROWS; i++) {
            for (int t = 0; t < 6; t++) {
                values[i * 6 + t] = (float) (t < 3 ? centres[i % CLASSES * 3 + t] + 0.1 * random.nextGaussian() : 2 * random.nextGaussian());
            }
        }
        Vectors.writeFvecs(folder.resolve("rows.fvecs"), values, ROWS, 6);
        Files.writeString(folder.resolve("labels.txt"), IntStream.range(0, ROWS).mapToObj(i -> "c" + i % CLASSES)
                .collect(Collectors.joining("\n")));
        artefact("good", 3, 0);
        artefact("bad", 6, 3);
    }

    /** Keeps the values {@code from} up to {@code to} alone. */
    private void artefact(String name, int to, int from) {
        float[][] weights = new float[to - from][6];
        for (int i = 0; i < weights.length; i++) {
            weights[i][from + i] = 1;
        }
        TransformFile.write(folder.resolve(name), new TransformFile.Content(Transform.of(Transform.Dense.linear(weights)),
                Map.of("method", name)));
    }

    private int run(String line) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine perigee = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return perigee.execute(line.replace("@", folder.toString()).split(" "));
    }

    private void runs(String line) {
        assertThat(run(line)).as(line + ": " + err).isZero();
    }

    private Map<String, Object> json(String line) throws IOException {
        runs(line + " --json");
        return JsonResult.parse(out.toString());
    }

    @Test
    void promotedRefusedForcedAndTakenBack() throws IOException {
        runs("build --data @/rows.fvecs --index ivf_pq --pq-m 6 --lists 4 --distance l2 --out @/cars");
        assertThat(json("info @/cars")).containsEntry("space_version", 1.0).containsEntry("method", "none");
        Map<String, Object> preview = json("learn preview --index @/cars --transform @/good --labels @/labels.txt --candidates 400");
        assertThat((double) preview.get("hit_at_1_difference_low")).isPositive();
        assertThat(preview).containsEntry("space_version", 1.0).containsEntry("queries", 400.0);
        runs("learn preview --index @/cars --transform @/good --queries @/rows.fvecs --out @/hits.npy");
        assertThat(out.toString()).contains("10 neighbours of 400 queries");

        Map<String, Object> good = json("learn promote --index @/cars --transform @/good --labels @/labels.txt --held-out c1,c2,c3,c4,c5");
        assertThat(good).containsEntry("promoted", true).containsEntry("forced", false).containsEntry("space_version", 2.0)
                .containsEntry("dim", 3.0).containsEntry("rows", 100.0).containsEntry("classes", 5.0);
        assertThat((double) good.get("map_at_r")).isGreaterThan((double) good.get("map_at_r_before"));
        assertThat(json("search --index @/cars --queries @/rows.fvecs --out @/hits.npy")).containsEntry("space_version", 2.0);
        assertThat(json("eval --index @/cars --queries @/rows.fvecs")).containsEntry("space_version", 2.0);
        assertThat(json("info @/cars")).containsEntry("space_version", 2.0).containsEntry("space_dim", 3.0)
                .containsEntry("method", "good").containsEntry("previous_space_version", 1.0);

        assertThat(run("learn promote --index @/cars --transform @/bad --labels @/labels.txt --split 3")).isEqualTo(1);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).contains("perigee: space 3 is worse than 2, which stays in service: hit_at_1 0.")
                .contains(", was ").contains("(on 60 rows of 3 classes; --force");
        assertThat(run("learn promote --index @/cars --transform @/bad --labels @/labels.txt --json")).isEqualTo(1);
        assertThat(JsonResult.parse(out.toString())).containsEntry("promoted", false).containsEntry("space_version", 2.0);
        assertThat(json("info @/cars")).containsEntry("space_version", 2.0);

        Map<String, Object> forced = json("learn promote --index @/cars --transform @/bad --labels @/labels.txt --force");
        assertThat(forced).containsEntry("promoted", true).containsEntry("forced", true).containsEntry("space_version", 3.0);
        String why = Manifest.read(folder.resolve("cars")).text("forced");
        assertThat(why).startsWith("hit_at_1 0.").contains("map_at_r");
        Path kept = folder.resolve("cars").resolve(Manifest.read(folder.resolve("cars")).text("transform"));
        assertThat(TransformFile.read(kept).facts()).containsEntry("forced", why).containsEntry("method", "bad");

        assertThat(json("learn rollback --index @/cars")).containsEntry("space_version", 2.0).containsEntry("previous_space_version", 3.0);
        runs("info @/cars");
        assertThat(out.toString()).contains("space 2 (good, l2, dim 3), before it space 3 (bad, l2, dim 3)");
    }

    @Test
    void builtWithATransform() throws IOException {
        assertThat(json("build --data @/rows.fvecs --index ivf_pq --pq-m 3 --lists 4 --distance cosine --transform @/good --out @/cars"))
                .containsEntry("dim", 6.0).containsEntry("space_dim", 3.0).containsEntry("method", "good");
        Map<String, Object> eval = json("eval --index @/cars --queries @/rows.fvecs --probes 4");
        assertThat((double) eval.get("recall_at_k")).isGreaterThan(0.99);
        assertThat(run("learn rollback --index @/cars")).isEqualTo(1);
        assertThat(err.toString()).contains("space: version 1 is the only one of collection 'cars'");
    }

    @Test
    void whatDoesNotFitIsSaid() throws IOException {
        runs("build --data @/rows.fvecs --index flat --distance l2 --out @/cars");
        TransformFile.write(folder.resolve("other"), new TransformFile.Content(Transform.of(new Transform.Unit(9)), Map.of()));
        Files.writeString(folder.resolve("few.txt"), "a\nb");
        fails("build --data @/rows.fvecs --index flat --distance l2 --transform @/other --out @/x", "transform: takes dim 9 (expected 6");
        fails("learn promote --index @/cars --transform @/other --labels @/labels.txt", "transform: takes dim 9 (expected 6");
        fails("learn promote --index @/cars --transform @/good --labels @/few.txt", "labels: 2 in ");
        fails("learn promote --index @/cars --transform @/good --labels @/labels.txt --held-out c1,c99", "held-out: no class 'c99'");
        fails("learn promote --index @/cars --transform @/good --labels @/labels.txt --held-out c1", "classes: 1");
        fails("learn preview --index @/cars --transform @/good --labels @/labels.txt --candidates 10", "k: 10 (expected at most 9");
        assertThat(run("learn preview --index @/cars --transform @/good")).isEqualTo(2);
        assertThat(json("info @/cars")).containsEntry("space_version", 1.0).doesNotContainKey("previous_space_version");
    }

    private void fails(String line, String message) {
        assertThat(run(line)).isEqualTo(1);
        assertThat(err.toString()).contains(message);
    }
}
