package dev.perigee.bench.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearnRowsTest {
    @TempDir
    private Path folder;

    @Test
    void hausdorffIsTheLargerOfBothWays() {
        Hausdorff dots = new Hausdorff(new double[] {-1, 1}, new double[] {0, 0});
        Hausdorff line = new Hausdorff(new double[] {-1, 0, 1}, new double[] {0, 0, 0});
        assertThat(dots.to(line)).isEqualTo(1 / 3.0); // every dot lies on the line, the middle of the line 1 from a dot
        assertThat(line.to(dots)).isEqualTo(dots.to(line));
    }

    @Test
    void drawingsAreMovedToTheirMiddle() {
        boolean[] ink = new boolean[25];
        ink[2 * 5 + 1] = true;
        ink[2 * 5 + 3] = true;
        assertThat(Hausdorff.of(ink, 5).x()).containsExactly(-1, 1);
        assertThat(Hausdorff.of(ink, 5).y()).containsExactly(0, 0);
    }

    @Test
    void shrinkingKeepsTheInk() {
        boolean[] ink = new boolean[OneShot.SIDE * OneShot.SIDE];
        java.util.Arrays.fill(ink, 30 * OneShot.SIDE, 45 * OneShot.SIDE, true);
        float[] small = OneShot.shrunk(ink, 28);
        double sum = IntStream.range(0, small.length).mapToDouble(i -> small[i]).sum();
        assertThat(sum * 3.75 * 3.75).isCloseTo(15 * 105, within(0.01));
        assertThat(small[10 * 28 + 5]).isCloseTo(1f, within(1e-5f)); // lines 37.5 to 41.25
    }

    @Test
    void clincIsReadInTheOrderOfItsParts() throws Exception {
        Path file = folder.resolve("data.json.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("""
                    {"oos_val": [["no idea", "oos"]], "val": [["b", "pay"]], "train": [["a", "tip"], ["c", "pay"]],
                     "test": [["d", "ask"]], "oos_train": []}""".getBytes(StandardCharsets.UTF_8));
        }
        Clinc clinc = Clinc.read(file);
        assertThat(clinc.texts()).containsExactly("a", "c", "b", "d");
        assertThat(clinc.intents()).containsExactly("ask", "pay", "tip");
        assertThat(clinc.labels()).containsExactly(2, 1, 1, 0);
    }

    @Test
    void identitiesHold() {
        try (ComputeBackend backend = Backends.open("simd", 0)) {
            assertThat(new IdentityRows(backend).run(List.of("G13_violations")).getFirst().value()).isZero();
        }
    }

    @Test
    void rowsWithoutTheirDataAreSkippedWithALine() {
        List<String> notes = new ArrayList<>();
        Sources nothing = new Sources(Optional.empty(), folder, notes::add);
        try (ComputeBackend backend = Backends.open("simd", 0)) {
            assertThat(new ToyRows(nothing, backend).run(List.of("G6_pca"))).isEmpty();
            assertThat(new OneShotRows(nothing).run(List.of("G1_accuracy"))).isEmpty();
            assertThat(new ClincRows(nothing, backend).run(List.of("G7_lda_map_at_r"))).isEmpty();
        }
        assertThat(notes).hasSize(3).allMatch(note -> note.contains("skipped G") && note.contains("PERIGEE_DATA"));
    }
}
