package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.dataset.Vectors;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {
    private static final int SIDE = 8;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    @Test
    void imagesAreSearchedOverTheNetworkAndDrawn() throws IOException {
        Assumptions.assumeTrue(Pictures.whyNot().isEmpty(), () -> "no fonts: " + Pictures.whyNot());
        Path data = images("images-idx3-ubyte", 660);
        Path pictures = folder.resolve("a/pictures");
        assertThat(run("demo", "--data", data.toString(), "--out", pictures.toString(), "--json")).as(err::toString).isZero();

        Map<String, Object> result = JsonResult.parse(out.toString());
        assertThat(result).containsEntry("rows", 594.0).containsEntry("queries", 66.0).containsEntry("dim", 64.0)
                .containsEntry("backend", "simd").containsKey("device");
        assertThat(indexes(result)).extracting(line -> line.get("index")).containsExactly("flat", "ivf_sq", "ivf_flat", "ivf_pq");
        assertThat(indexes(result)).allSatisfy(line -> {
            assertThat(line.keySet()).containsExactly("index", "recall_at_10", "qps_batch", "qps_single", "p50_us", "p99_us",
                    "bytes", "backend", "device");
            assertThat(number(line, "qps_batch")).isGreaterThan(1);
            assertThat(number(line, "qps_single")).isGreaterThan(1);
            assertThat(number(line, "p99_us")).isGreaterThanOrEqualTo(number(line, "p50_us")).isGreaterThan(1);
            assertThat(number(line, "bytes")).isGreaterThan(594 * 64 * 4 - 1);
        });
        assertThat(number(indexes(result).get(0), "recall_at_10")).isEqualTo(1);
        assertThat(number(indexes(result).get(1), "recall_at_10")).isBetween(0.9, 1.0);
        assertThat(number(indexes(result).get(2), "recall_at_10")).isBetween(0.8, 1.0);

        assertThat((List<?>) result.get("files")).asString().contains("recall-qps.png", "neighbours.png");
        assertThat(filesIn(pictures)).containsExactly("neighbours.png", "recall-qps.png");
        BufferedImage sheet = ImageIO.read(pictures.resolve("neighbours.png").toFile());
        assertThat(sheet.getWidth()).isBetween(1200, 2000);
        assertThat(sheet.getHeight()).isBetween(600, 1200);
        BufferedImage plot = ImageIO.read(pictures.resolve("recall-qps.png").toFile());
        assertThat(plot.getWidth()).isEqualTo(1200);
        assertThat(colours(plot)).as("lines, points and text").isGreaterThan(50);
    }

    @Test
    void otherRowsGiveNoContactSheetAndTextGivesATable() throws IOException {
        Path data = floats("rows.fvecs", 20, 5);
        Path queries = floats("queries.fvecs", 3, 5);
        assertThat(run("demo", "--data", data.toString(), "--queries", queries.toString(), "--out",
                folder.resolve("out").toString()))
                .as(err::toString).isZero();
        assertThat(out.toString()).contains("recall@10", "ivf_sq ", "ivf_flat ", "ivf_pq ", "--data " + data + " --index ivf_sq");
        assertThat(out.toString()).containsPattern("flat +1\\.0000 ").doesNotContain("neighbours.png");
        if (Pictures.whyNot().isEmpty()) {
            assertThat(err.toString()).contains("no neighbours.png: the rows are no square images of values 0 to 255");
            assertThat(filesIn(folder.resolve("out"))).containsExactly("recall-qps.png");
        }
    }

    @Test
    void tooFewRowsAreRefusedBeforeAnythingIsWritten() throws IOException {
        Path data = floats("rows.fvecs", 19, 5);
        assertThat(run("demo", "--data", data.toString(), "--out", folder.resolve("out").toString())).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("perigee: rows: 19 in %s (expected at least 20 for a demo)%n".formatted(data));
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aFileInPlaceOfTheFolderIsRefused() throws IOException {
        Path data = floats("rows.fvecs", 40, 5);
        assertThat(run("demo", "--data", data.toString(), "--out", data.toString())).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("perigee: out: %s is a file (expected a folder)%n".formatted(data));
    }

    @Test
    void queriesWithoutDataAreWrongUse() {
        assertThat(run("demo", "--queries", "q.fvecs")).isEqualTo(2);
        assertThat(err.toString()).startsWith("perigee: --queries needs --data");
    }

    @Test
    void theProgramCarriesTheImages() {
        try (var arena = java.lang.foreign.Arena.ofShared()) {
            DemoData data = DemoData.fashion(arena);
            assertThat(data.rows().rows()).isEqualTo(9000);
            assertThat(data.queries().rows()).isEqualTo(1000);
            assertThat(ContactSheet.side(data)).hasValue(28);
        }
        assertThat(DemoData.class.getResource("/dev/perigee/demo/LICENSE")).as("their licence").isNotNull();
    }

    /** Blobs in ten places, with noise, as an IDX file of bytes. */
    private Path images(String name, int count) throws IOException {
        Random random = new Random(1);
        ByteBuffer bytes = ByteBuffer.allocate(16 + count * SIDE * SIDE).putInt(0x803).putInt(count).putInt(SIDE).putInt(SIDE);
        for (int i = 0; i < count; i++) {
            int x = i % 10 % 5 + 1;
            int y = i % 10 / 5 * 3 + 2;
            for (int j = 0; j < SIDE * SIDE; j++) {
                double far = Math.hypot(j % SIDE - x, j / SIDE - y);
                bytes.put((byte) (far < 2.5 ? 130 + random.nextInt(120) : random.nextInt(4) == 0 ? random.nextInt(30) : 0));
            }
        }
        return Files.write(folder.resolve(name), bytes.array());
    }

    private Path floats(String name, int rows, int dim) {
        Random random = new Random(rows);
        float[] values = new float[rows * dim];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        Path file = folder.resolve(name);
        Vectors.writeFvecs(file, values, rows, dim);
        return file;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> indexes(Map<String, Object> result) {
        return (List<Map<String, Object>>) result.get("indexes");
    }

    private static double number(Map<String, Object> fields, String name) {
        return (Double) fields.get(name);
    }

    private static List<String> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static long colours(BufferedImage image) {
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        return java.util.Arrays.stream(pixels).distinct().count();
    }

    private int run(String... args) {
        return Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
    }
}
