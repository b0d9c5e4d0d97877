package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.dataset.Vectors;
import dev.perigee.index.TransformFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code learn mine} and {@code learn fit --method head} as a script uses them. */
class LearnMineCommandTest {
    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** Ten classes of twelve rows: two values tell them apart, two larger ones do not. */
    @BeforeEach
    void write() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        float[] rows = new float[120 * 4];
        StringBuilder labels = new StringBuilder();
        for (int i = 0; i < 120; i++) {
            double angle = 2 * Math.PI * (i % 10) / 10;
            rows[4 * i] = (float) (Math.cos(angle) + .05 * random.nextGaussian());
            rows[4 * i + 1] = (float) (Math.sin(angle) + .05 * random.nextGaussian());
            rows[4 * i + 2] = (float) random.nextGaussian();
            rows[4 * i + 3] = (float) random.nextGaussian();
            labels.append("class ").append(i % 10).append('\n');
        }
        Vectors.writeFvecs(folder.resolve("rows.fvecs"), rows, 120, 4);
        Files.writeString(folder.resolve("labels.txt"), labels);
    }

    @Test
    void showsAnAnchorWithWhatWasMined() throws IOException {
        Map<String, Object> mined = json("mine --data @rows.fvecs --labels @labels.txt --keep 3 --show 7 --images 2x2 --out @sheet.png");
        assertThat(mined).containsEntry("anchors_without_positive", 0.0).containsEntry("label", "class 7");
        assertThat((List<?>) mined.get("positives")).hasSize(8);
        assertThat((List<?>) mined.get("mined")).hasSizeBetween(1, 3).allSatisfy(near ->
                assertThat(((Map<?, ?>) near).get("label")).isNotEqualTo("class 7"));
        if (Pictures.whyNot().isEmpty()) {
            assertThat(ImageIO.read(folder.resolve("sheet.png").toFile()).getWidth()).isGreaterThan(1000);
        }
        assertThat(run("mine --data @rows.fvecs --labels @labels.txt --show 7 --out @sheet.png")).isZero();
        assertThat(out.toString()).contains("anchor 7, class class 7").contains("  positive ").contains("  negative ");
    }

    @Test
    void trainsAHeadAndMinesByIt() throws IOException {
        Map<String, Object> fit = json("fit --data @rows.fvecs --labels @labels.txt --method head --loss triplet:margin=.3 --miner batchhard"
                + " --sampler classes:8x4 --dims 4 --steps 100 --rate .02 --split .3 --out @head --checkpoint @state");
        assertThat(fit).containsEntry("dims", 4.0);
        assertThat(TransformFile.read(folder.resolve("head")).facts()).containsEntry("method", "head").containsEntry("start", "identity")
                .containsEntry("loss", "triplet:margin=0.3").containsEntry("miner", "batchhard").containsEntry("sampler", "classes:8x4")
                .containsEntry("tower", "4-4").containsEntry("train_steps", "100");
        assertThat(err.toString()).contains("step 0: validation MAP@R").contains("step 100: loss 0.");

        // a head that learned leaves fewer rows with negatives nearer than they should be
        double before = hitAt1("@rows.fvecs");
        assertThat(run("apply --transform @head --data @rows.fvecs --out @mapped.npy")).as("%s", err).isZero();
        assertThat(hitAt1("@mapped.npy")).isGreaterThan(before + .2);
        assertThat(run("mine --data @rows.fvecs --labels @labels.txt --transform @head")).as("%s", err).isZero();
        assertThat(run("fit --data @rows.fvecs --labels @labels.txt --method head --loss triplet:margin=.3 --miner batchhard"
                + " --sampler classes:8x4 --dims 4 --steps 100 --rate .02 --split .3 --out @again --checkpoint @state --resume")).isZero();
    }

    private double hitAt1(String data) throws IOException {
        return ((Number) json("eval --embeddings " + data + " --labels @labels.txt --distance cosine").get("hit_at_1")).doubleValue();
    }

    @Test
    void wrongUse() {
        assertThat(run("mine --data @rows.fvecs --labels @labels.txt --show 120")).isEqualTo(1);
        assertThat(err.toString()).startsWith("perigee: show: row 120 (expected 0 to 119)");
        assertThat(run("mine --data @rows.fvecs --labels @labels.txt --show 1 --images 3x3 --out @x.png")).isEqualTo(1);
        assertThat(err.toString()).contains("images: 3x3 (expected 4 values, as the rows have)");
        assertThat(run("mine --data @rows.fvecs --labels @labels.txt --distance ip")).isEqualTo(1);
        assertThat(err.toString()).contains("mining: distance ip (expected l2 or cosine)");
        assertThat(run("fit --data @rows.fvecs --labels @labels.txt --method lda --loss softmax --out @x")).isEqualTo(2);
        assertThat(err.toString()).startsWith("perigee: lda takes no --loss");
        assertThat(run("fit --data @rows.fvecs --labels @labels.txt --method head --tower mlp --out @x")).isEqualTo(1);
        assertThat(err.toString()).contains("tower: 'mlp' (expected linear or mlp:N[,N])");
        assertThat(run("fit --data @rows.fvecs --labels @labels.txt --method head --miner index --sampler classes:4x4 --out @x")).isEqualTo(1);
        assertThat(err.toString()).contains("with sampler classes:4x4 (expected triplets:N)");
    }

    private int run(String line) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err))
                .execute(("learn " + line).replace("@", folder + "/").split(" "));
    }

    private Map<String, Object> json(String line) throws IOException {
        assertThat(run(line + " --json")).as("%s", err).isZero();
        return JsonResult.parse(out.toString());
    }
}
