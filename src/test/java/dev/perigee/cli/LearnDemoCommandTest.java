package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.dataset.Vectors;
import dev.perigee.index.TransformFile;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearnDemoCommandTest {
    @TempDir
    private Path folder;

    /** A few steps only: fewer than it takes to be better than the best unlearned way, enough to beat pixels by far. */
    @Test
    void learnsIsJudgedDrawsAndLeavesFilesToGoOnWith() throws Exception {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err))
                .execute("learn", "demo", "--steps", "20", "--out", folder.toString(), "--json");
        assertThat(status).as(err::toString).isZero();
        Map<String, Object> result = JsonResult.parse(out.toString());
        Map<?, ?> unlearned = (Map<?, ?>) result.get("unlearned");
        Map<?, ?> learned = (Map<?, ?>) result.get("learned");
        assertThat(unlearned.get("name")).isEqualTo("blur 1, PCA 50, cosine");
        assertThat((Double) unlearned.get("hit_at_1")).isBetween(.515, .519);
        assertThat((Double) unlearned.get("map_at_r")).isBetween(.115, .118);
        assertThat((Double) learned.get("hit_at_1")).isBetween(.33, .6);
        assertThat((Double) learned.get("hit_at_1_low")).isLessThan((Double) learned.get("hit_at_1"));
        assertThat((Double) learned.get("silhouette")).isBetween(-1.0, 1.0);
        assertThat((List<?>) result.get("files")).asString().contains("train.npy", "test.npy", "letters.transform");
        try (Arena arena = Arena.ofConfined()) {
            assertThat(Vectors.read(folder.resolve("test.npy"), arena).rows()).isEqualTo(2120);
        }
        assertThat(new HashSet<>(Files.readAllLines(folder.resolve("train.txt")))).hasSize(136);
        assertThat(TransformFile.read(folder.resolve("letters.transform")).transform().outputDim()).isEqualTo(256);
        if (Pictures.whyNot().isEmpty()) {
            for (String picture : List.of("table", "map", "neighbours", "loss")) {
                assertThat(javax.imageio.ImageIO.read(folder.resolve("letters-" + picture + ".png").toFile()).getWidth())
                        .isGreaterThan(900);
            }
        }
    }

    @Test
    void lettersToLearnFromAreOthersThanThoseToBeJudgedOn() {
        try (Arena arena = Arena.ofShared()) {
            Letters all = Letters.read(arena);
            Letters learned = all.of(Letters.LEARNED, arena);
            Letters unseen = all.of(Letters.UNSEEN, arena);
            assertThat(all.images().rows()).isEqualTo(4840);
            assertThat(classes(learned)).hasSize(136).doesNotContainAnyElementsOf(classes(unseen));
            assertThat(classes(unseen)).hasSize(106);
            for (int row = 0; row < all.images().rows(); row++) {
                for (float pixel : all.images().get(row)) {
                    assertThat(pixel).isBetween(0f, 1f);
                }
            }
        }
    }

    private static Set<Integer> classes(Letters letters) {
        return new HashSet<>(IntStream.of(letters.labels()).boxed().toList());
    }
}
