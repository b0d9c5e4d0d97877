package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** build, search, eval and info as a script uses them. */
class CommandsTest {
    private static final int ROWS = 900;
    private static final int DIM = 16;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path data;
    private Path queries;

    @BeforeEach
    void write() {
        data = write("base.fvecs", Rows.CLUSTERED.make(Distance.L2, ROWS, DIM, 1));
        queries = write("query.fvecs", Rows.CLUSTERED.make(Distance.L2, 60, DIM, 2));
    }

    private Path write(String name, Matrix rows) {
        float[] values = new float[rows.rows() * rows.dim()];
        for (int i = 0; i < rows.rows(); i++) {
            System.arraycopy(rows.get(i), 0, values, i * rows.dim(), rows.dim());
        }
        Path file = folder.resolve(name);
        Vectors.writeFvecs(file, values, rows.rows(), rows.dim());
        return file;
    }

    /** Runs a command line of words; {@code @} stands for the test's folder. */
    private int run(String line) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine perigee = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return perigee.execute(line.replace("@", folder.toString()).split(" "));
    }

    /** The one JSON object on standard output, its numbers as doubles. */
    private Map<String, Object> json() throws IOException {
        assertThat(out.toString().strip().lines()).as("one line on standard output").hasSize(1);
        Map<String, Object> fields = new LinkedHashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(out.toString())) {
            assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                fields.put(name, value.isNumeric() ? (Object) parser.getDoubleValue() : parser.getText());
            }
        }
        return fields;
    }

    @ParameterizedTest
    @CsvSource({"flat,l2,''", "flat,cosine,''", "ivf_flat,ip,--lists 10", "ivf_pq,l2,--lists 10 --pq-m 4", "ivf_pq,cosine,--lists 10 --pq-m 8 --pq-bits 4",
        "ivf_sq,l2,''", "ivf_sq,ip,--lists 10 --dims 16 --sq-bits 6", "ivf_sq,cosine,--lists 30"})
    void buildThenEvalThenSearch(String index, String distance, String settings) throws IOException {
        assertThat(run("build --data %s --index %s --distance %s --out @/x --json %s".formatted(data, index, distance, settings).strip()))
                .as(err.toString()).isZero();
        assertThat(json()).containsEntry("index", index).containsEntry("rows", (double) ROWS).containsEntry("backend", "simd");
        String more = index.equals("flat") ? "" : " --probes 10";
        assertThat(run("eval --index @/x --queries %s --k 10 --json%s".formatted(queries, more))).as(err.toString()).isZero();
        assertThat((double) json().get("recall_at_k")).isGreaterThan(index.equals("ivf_pq") || index.equals("ivf_sq") ? 0.95 : 0.9999);
        assertThat((double) json().get("qps")).isPositive();
        assertThat((double) json().get("p50_us")).isPositive();
        assertThat(run("search --index @/x --queries %s --k 10 --out @/h.npy --scores @/s.fvecs --json%s".formatted(queries, more))).isZero();
        assertThat(json()).containsEntry("queries", 60.0);
        long[] npy = hits(folder.resolve("h.npy"));
        assertThat(npy).hasSize(600);
        assertThat(run("search --index @/x --queries %s --k 10 --out @/h.ivecs%s".formatted(queries, more))).isZero();
        int[][] ivecs = Vectors.readIvecs(folder.resolve("h.ivecs"));
        for (int i = 0; i < 600; i++) {
            assertThat((long) ivecs[i / 10][i % 10]).isEqualTo(npy[i]);
        }
        assertThat(run("info @/x --json")).isZero();
        assertThat(json()).containsEntry("distance", distance).containsEntry("dim", (double) DIM);
    }

    private static long[] hits(Path npy) throws IOException {
        byte[] bytes = Files.readAllBytes(npy);
        var longs = java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).position(128).slice()
                .order(java.nio.ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        long[] values = new long[longs.remaining()];
        longs.get(values);
        return values;
    }

    @Test
    void scalarAndSimdAnswerAlike() throws IOException {
        assertThat(run("build --data %s --index ivf_flat --distance l2 --lists 12 --out @/x".formatted(data))).isZero();
        for (String backend : List.of("scalar", "simd")) {
            assertThat(run("search --index @/x --queries %s --probes 3 --out @/%s.npy --scores @/%s.fvecs --backend %s"
                    .formatted(queries, backend, backend, backend))).isZero();
        }
        assertThat(folder.resolve("scalar.npy")).hasSameBinaryContentAs(folder.resolve("simd.npy"));
        assertThat(folder.resolve("scalar.fvecs")).hasSameBinaryContentAs(folder.resolve("simd.fvecs"));
    }

    @Test
    void idsComeFromAFile() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            lines.add(Long.toString(5_000_000_000L + 7L * i));
        }
        Files.write(folder.resolve("ids.txt"), lines);
        assertThat(run("build --data %s --ids @/ids.txt --index flat --distance l2 --out @/x".formatted(data))).isZero();
        assertThat(run("search --index @/x --queries %s --k 1 --out @/h.npy".formatted(data))).isZero();
        assertThat(hits(folder.resolve("h.npy"))[3]).isEqualTo(5_000_000_021L);
        assertThat(run("search --index @/x --queries %s --k 1 --out @/h.ivecs".formatted(data))).isEqualTo(1);
        assertThat(err.toString()).contains("does not fit ivecs");
        Files.write(folder.resolve("short.txt"), lines.subList(1, ROWS));
        assertThat(run("build --data %s --ids @/short.txt --index flat --distance l2 --out @/y".formatted(data))).isEqualTo(1);
        assertThat(folder.resolve("y")).doesNotExist();
    }

    @Test
    void rowsThatAreNotFiniteAreRefusedOrSkippedAndCounted() throws IOException {
        Matrix rows = Matrix.allocate(Arena.ofAuto(), 30, DIM);
        rows.copy(Rows.GAUSSIAN.make(Distance.L2, 30, DIM, 3), 0, 0, 30);
        rows.set(11, 2, Float.NaN);
        rows.set(20, 5, Float.NEGATIVE_INFINITY);
        Path bad = write("bad.fvecs", rows);
        assertThat(run("build --data %s --index flat --distance l2 --out @/x".formatted(bad))).isEqualTo(1);
        assertThat(err.toString()).contains("row 11 of").contains("--skip-bad");
        assertThat(run("build --data %s --index flat --distance l2 --out @/x --skip-bad --json".formatted(bad))).isZero();
        assertThat(json()).containsEntry("rows", 28.0).containsEntry("skipped", 2.0);
        assertThat(run("search --index @/x --queries %s --k 1 --out @/h.npy --skip-bad".formatted(bad))).isZero();
        assertThat(hits(folder.resolve("h.npy"))).as("ids are places in the file").contains(12L, 29L).doesNotContain(11L, 20L);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "build --data @/none.fvecs --index flat --distance l2 --out @/x; 1; is not there",
        "build --data @/base.fvecs --index flat --distance l7 --out @/x; 1; distance: 'l7' (expected l2, cosine or ip)",
        "build --data @/base.fvecs --index tree --distance l2 --out @/x; 1; index: 'tree'",
        "build --data @/base.fvecs --index ivf_pq --pq-m 5 --distance l2 --out @/x; 1; pq-m: 5 (expected a divisor of dim 16)",
        "build --data @/base.fvecs --index ivf_flat --lists 901 --distance l2 --out @/x; 1; lists: 901",
        "build --data @/base.fvecs --pq-m 4 --distance l2 --out @/x; 1; pq-m: 4 (expected none, index ivf_sq)",
        "build --data @/base.fvecs --index ivf_pq --dims 8 --distance l2 --out @/x; 1; dims: 8 (expected none, index ivf_pq)",
        "build --data @/base.fvecs --index flat --lists 9 --distance l2 --out @/x; 1; lists: 9 (expected none, index flat)",
        "build --data @/base.fvecs --dims 24 --distance l2 --out @/x; 1; dims: 24 (expected at most 16",
        "build --data @/base.fvecs --dims 12 --distance l2 --out @/x; 1; dims: 12 (expected a multiple of 8",
        "build --data @/base.fvecs --sq-bits 7 --distance l2 --out @/x; 1; sq-bits: 7 (expected 5 or 6)",
        "build --data @/base.fvecs --tune recall=2 --distance l2 --out @/x; 1; tune: 'recall=2' (expected a recall of more than 0",
        "build --data @/base.fvecs --tune recall=abc --distance l2 --out @/x; 1; tune: 'recall=abc' (expected recall=R[,k=K]",
        "build --data @/base.fvecs --tune k=5 --distance l2 --out @/x; 1; tune: 'k=5' (expected a recall",
        "build --data @/base.fvecs --tune speed --distance l2 --out @/x; 1; tune: 'speed' (expected recall=R[,k=K]",
        "build --data @/base.fvecs --tune recall=.9,k=0 --distance l2 --out @/x; 1; tune: 'recall=.9,k=0' (expected k from 1",
        "build --data @/base.fvecs --index flat --tune recall=.9 --distance l2 --out @/x; 1; tune: 'recall=.9' (expected none",
        "build --data @/base.fvecs --index flat --distance l2 --out @; 1; is not empty and no collection",
        "build --data @/base.fvecs --index flat --distance l2; 2; Missing required option",
        "search --index @ --queries @/query.fvecs --out @/h.npy; 1; not a Perigee collection",
        "search --index @/x --queries @/query.fvecs --out @/h.txt; 1; expected *.ivecs or *.npy",
        "eval --index @/x --queries @/query.fvecs --k many; 2; Invalid value for option",
        "eval --index @/nowhere --queries @/query.fvecs --backend abacus; 1; backend: 'abacus'",
        "search --index localhost:7070/x --queries @/query.fvecs --out @/h.npy --filter-ids @/a.txt; 1; servers take no filter",
        "frobnicate; 2; frobnicate"})
    void wrongUseIsOnePlainLine(String line, int status, String message) {
        String[] before = folder.toFile().list();
        assertThat(run(line)).isEqualTo(status);
        assertThat(err.toString().strip().lines()).hasSize(1);
        assertThat(err.toString()).contains(message).doesNotContain("Exception");
        assertThat(out.toString()).isEmpty();
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder(before);
    }

    @Test
    void truthMayComeFromAFileAndIsChecked() throws IOException {
        assertThat(run("build --data %s --index flat --distance l2 --out @/x".formatted(data))).isZero();
        assertThat(run("search --index @/x --queries %s --k 5 --out @/t.ivecs".formatted(queries))).isZero();
        assertThat(run("eval --index @/x --queries %s --k 5 --truth @/t.ivecs --json".formatted(queries))).isZero();
        assertThat(json()).containsEntry("recall_at_k", 1.0);
        assertThat(run("eval --index @/x --queries %s --k 6 --truth @/t.ivecs".formatted(queries))).isEqualTo(1);
        assertThat(err.toString()).contains("expected at least k = 6");
        assertThat(run("eval --index @/x --queries %s --k 5 --truth @/t.ivecs".formatted(data))).isEqualTo(1);
        assertThat(err.toString()).contains("truth: 60 rows");
    }

    @ParameterizedTest
    @CsvSource({"ivf_sq,l2", "ivf_sq,ip", "ivf_flat,l2", "ivf_pq,cosine"})
    @SuppressWarnings("unchecked")
    void whatIsTunedBecomesTheDefault(String index, String distance) throws IOException {
        assertThat(run("build --data %s --index %s --distance %s --lists 30 --tune recall=.9,k=5 --out @/x --json".formatted(data, index,
                distance))).as(err.toString()).isZero();
        Map<String, Object> built = JsonResult.parse(out.toString());
        List<Map<String, Object>> table = (List<Map<String, Object>>) built.get("tuning");
        Map<String, Object> chosen = table.stream().filter(row -> (boolean) row.get("chosen")).findFirst().orElseThrow();
        assertThat(chosen.get("probes")).isEqualTo(built.get("tuned_probes"));
        assertThat(chosen.get("refine")).isEqualTo(built.get("tuned_refine"));
        assertThat((double) chosen.get("single_us")).isPositive();
        assertThat((double) built.get("tuned_recall")).isGreaterThan(0.9);
        assertThat((double) built.get("tuned_probes")).as("fewer than all").isLessThan(30);
        assertThat(built).containsEntry("tuned_k", 5.0).containsEntry("tuned_reached", true);
        assertThat(run("info @/x --json")).isZero();
        assertThat(json()).containsEntry("lists", 30.0).containsEntry("tuned_probes", built.get("tuned_probes"))
                .containsEntry("tuned_refine", built.get("tuned_refine")).containsEntry("tuned_k", 5.0);
        String refine = index.equals("ivf_flat") ? "" : " --refine %.0f".formatted(built.get("tuned_refine"));
        assertThat(run("search --index @/x --queries %s --k 5 --out @/own.ivecs".formatted(queries))).isZero();
        assertThat(run("search --index @/x --queries %s --k 5 --out @/said.ivecs --probes %.0f%s".formatted(queries,
                built.get("tuned_probes"), refine))).as(err.toString()).isZero();
        assertThat(Vectors.readIvecs(folder.resolve("own.ivecs"))).isDeepEqualTo(Vectors.readIvecs(folder.resolve("said.ivecs")));
        assertThat(run("eval --index @/x --queries %s --k 5 --json".formatted(queries))).isZero();
        assertThat((double) json().get("recall_at_k")).isGreaterThan(0.8);
    }

    @Test
    void aGoalOutOfReachKeepsTheBest() {
        assertThat(run("build --data %s --distance l2 --lists 30 --dims 8 --tune recall=1,k=300 --out @/x".formatted(data))).isZero();
        assertThat(out.toString()).contains("<- chosen").contains("      30");
    }

    /** The ids 0, 3, 6 ... and two that are not there, one of them twice. */
    @ParameterizedTest
    @CsvSource({"flat,''", "ivf_flat,--lists 10", "ivf_pq,--lists 10 --pq-m 4"})
    void onlyAllowedIdsAreFound(String index, String settings) throws IOException {
        assertThat(run("build --data %s --index %s --distance l2 --out @/x %s".formatted(data, index, settings).strip()))
                .isZero();
        LongStream there = LongStream.range(0, ROWS / 3).map(i -> 3 * i);
        long[] ids = LongStream.concat(there, LongStream.of(5000, 7000, 5000, 0)).toArray();
        Files.write(folder.resolve("allowed.txt"), LongStream.of(ids).mapToObj(Long::toString).toList());
        Vectors.writeHits(folder.resolve("allowed.npy"), ids, ids.length, 1);
        String probes = index.equals("flat") ? "" : " --probes 10";
        for (String backend : List.of("auto", "simd", "scalar")) {
            for (String file : List.of("allowed.txt", "allowed.npy")) {
                assertThat(run("search --index @/x --queries %s --k 4 --out @/%s-%s.npy --filter-ids @/%s --backend %s --json%s"
                        .formatted(queries, file, backend, file, backend, probes))).as(err.toString()).isZero();
                assertThat(json()).containsEntry("filter_ids", 302.0).containsEntry("filter_rows", 300.0);
                long[] found = hits(folder.resolve(file + "-" + backend + ".npy"));
                assertThat(LongStream.of(found)).hasSize(240).allMatch(id -> id % 3 == 0 && id < ROWS);
                assertThat(found).isEqualTo(hits(folder.resolve("allowed.txt-auto.npy")));
            }
        }
        assertThat(run("eval --index @/x --queries %s --k 4 --filter-ids @/allowed.npy --json%s".formatted(queries, probes)))
                .isZero();
        assertThat(json()).containsEntry("filter_ids", 302.0).containsEntry("filter_rows", 300.0);
        assertThat((double) json().get("recall_at_k")).isGreaterThan(0.99);
    }

    @Test
    void fewerAllowedRowsThanKLeaveTheRestEmpty() throws IOException {
        assertThat(run("build --data %s --index ivf_flat --lists 10 --distance l2 --out @/x".formatted(data))).isZero();
        Files.write(folder.resolve("two.ids"), List.of("8", "4", "100000"));
        String search = "search --index @/x --queries %s --k 3 --probes 1 --out @/h.npy --filter-ids @/two.ids";
        assertThat(run(search.formatted(queries))).isZero();
        assertThat(out.toString()).contains("among 2 rows of 3 ids (1 not found)");
        long[] found = hits(folder.resolve("h.npy"));
        for (int q = 0; q < 60; q++) {
            assertThat(List.of(found[3 * q], found[3 * q + 1])).containsExactlyInAnyOrder(4L, 8L);
            assertThat(found[3 * q + 2]).isEqualTo(-1);
        }
        assertThat(run("eval --index @/x --queries %s --k 3 --probes 1 --filter-ids @/two.ids --json".formatted(queries)))
                .isZero();
        assertThat(json()).containsEntry("recall_at_k", 1.0).containsEntry("filter_rows", 2.0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "words.txt; 1\\n2\\nthree\\n; line 3: 'three' (expected one integer of 64 bits",
        "half.txt; 1\\n2.5\\n; line 2: '2.5'",
        "minus.txt; 1\\n-2\\n; filter-ids: -2 as id 2 of",
        "empty.txt; ''; file: empty",
        "text.npy; 1\\n2\\n3\\n4\\n5\\n6\\n; npy header: byte 31",
        "base.fvecs; ; type: f32 (expected integers",
        "none.txt; ; is not there"})
    void badFilterFilesAreRefused(String name, String text, String message) throws IOException {
        assertThat(run("build --data %s --index flat --distance l2 --out @/x".formatted(data))).isZero();
        if (text != null) {
            Files.writeString(folder.resolve(name), text.replace("\\n", "\n"));
        }
        for (String command : List.of("search --out @/h.npy", "eval")) {
            assertThat(run("%s --index @/x --queries %s --filter-ids @/%s".formatted(command, queries, name))).isEqualTo(1);
            assertThat(err.toString()).contains(message).contains(name).doesNotContain("Exception");
            assertThat(err.toString().strip().lines()).hasSize(1);
        }
        assertThat(folder.resolve("h.npy")).doesNotExist();
    }

    @Test
    void floatsAndNothingAreNoIds() throws IOException {
        assertThat(run("build --data %s --index flat --distance l2 --out @/x".formatted(data))).isZero();
        Files.write(folder.resolve("f.npy"), npy("<f8", 2, 16));
        Files.write(folder.resolve("none.npy"), npy("<i8", 0, 0));
        assertThat(run("search --index @/x --queries %s --out @/h.npy --filter-ids @/f.npy".formatted(queries))).isEqualTo(1);
        assertThat(err.toString()).contains("type: f64 (expected integers");
        assertThat(run("search --index @/x --queries %s --out @/h.npy --filter-ids @/none.npy".formatted(queries))).isEqualTo(1);
        assertThat(err.toString()).contains("filter-ids: 0 ids in");
    }

    private static byte[] npy(String type, int count, int bytes) {
        String dict = "{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }".formatted(type, count);
        String header = dict + " ".repeat(117 - dict.length()) + "\n";
        var file = java.nio.ByteBuffer.allocate(128 + bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 0x93).put("NUMPY".getBytes(java.nio.charset.StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0);
        return file.putShort((short) 118).put(header.getBytes(java.nio.charset.StandardCharsets.US_ASCII)).array();
    }

    @Test
    void helpIsThereForEveryCommand() {
        Stream<String> names = Main.commandLine().getSubcommands().keySet().stream();
        assertThat(names).isNotEmpty().allSatisfy(name -> {
            assertThat(run(name + " --help")).isZero();
            assertThat(out.toString()).startsWith("Usage: perigee " + name);
        });
    }
}
