package dev.perigee.bench.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every worker answers, in a process of its own, as a search through all rows does. */
class WorkersTest {
    private static final int ROWS = 2000;
    private static final int QUERIES = 100;
    private static final int DIM = 32;
    private static final int K = 10;
    private static final List<String> DISTANCES = List.of("l2", "inner_product", "cosine");
    private static final String GRAPH = "{\"links\":16,\"ef_construction\":100,\"seed\":1}";
    private static final String EF = "{\"ef\":128}";

    @TempDir
    Path folder;

    private float[][] rows;
    private float[][] queries;

    @BeforeEach
    void fill() throws IOException {
        Random random = new Random(7);
        rows = new float[ROWS][DIM];
        queries = new float[QUERIES][DIM];
        for (float[][] matrix : List.of(rows, queries)) {
            ByteBuffer bytes = ByteBuffer.allocate(matrix.length * DIM * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (float[] row : matrix) {
                for (int t = 0; t < DIM; t++) {
                    row[t] = (float) random.nextGaussian();
                    bytes.putFloat(row[t]);
                }
            }
            Files.write(folder.resolve(matrix == rows ? "base" : "queries"), bytes.array());
        }
    }

    @Test
    void faissFindsWhatAFullSearchFinds() throws Exception {
        try (Engine engine = new Engine(tool("venv"), "peers/faiss_worker.py")) {
            assertThat(engine.ask("{\"op\":\"hello\"}").text("engine")).isEqualTo("faiss");
            for (String distance : DISTANCES) {
                build(engine, "flat", distance, "{}");
                for (String mode : List.of("single", "batch")) {
                    assertEqual(search(engine, mode, 1, "{}"), distance);
                }
                String lists = "\"lists\":16,\"seed\":3";
                build(engine, "ivf_flat", distance, "{" + lists + "}");
                assertEqual(search(engine, "batch", 2, "{\"probes\":16}"), distance);
                assertThat(recall(search(engine, "single", 1, "{\"probes\":1}"), distance)).isBetween(0.1, 0.9);
                build(engine, "ivf_pq", distance, "{" + lists + ",\"m\":16,\"bits\":8,\"refine\":true}");
                assertThat(recall(search(engine, "batch", 1, "{\"probes\":16,\"refine\":100}"), distance)).isGreaterThan(0.97);
                assertThat(recall(search(engine, "batch", 1, "{\"probes\":16}"), distance)).isBetween(0.5, 0.97);
                build(engine, "ivf_pq_fs", distance, "{" + lists + ",\"m\":16,\"refine\":true}");
                assertThat(recall(search(engine, "batch", 1, "{\"probes\":16,\"refine\":200}"), distance)).isGreaterThan(0.95);
                build(engine, "ivf_pq_fs", distance, "{" + lists + ",\"m\":16}");
                assertThat(recall(search(engine, "single", 1, "{\"probes\":16}"), distance)).isBetween(0.2, 0.9);
                assertThat(engine.ask(searching("single", 1, "{\"probes\":16,\"refine\":100}")).text("error")).contains("refine");
            }
            graph(engine);
            errorsAreAnswered(engine);
        }
    }

    @Test
    void hnswlibFindsWhatAFullSearchFinds() throws Exception {
        try (Engine engine = new Engine(tool("hnswlib"))) {
            assertThat(engine.ask("{\"op\":\"hello\"}").text("engine")).isEqualTo("hnswlib");
            graph(engine);
            errorsAreAnswered(engine);
        }
    }

    @Test
    void luceneFindsWhatAFullSearchFinds() throws Exception {
        try (Engine engine = java(LuceneWorker.class)) {
            assertThat(engine.ask("{\"op\":\"hello\"}").text("build")).contains("vector incubator API enabled");
            graph(engine);
            errorsAreAnswered(engine);
        }
    }

    @Test
    void jvectorFindsWhatAFullSearchFinds() throws Exception {
        try (Engine engine = java(JVectorWorker.class)) {
            assertThat(engine.ask("{\"op\":\"hello\"}").text("build")).contains("Vector API enabled");
            graph(engine);
            errorsAreAnswered(engine);
        }
    }

    private void graph(Engine engine) throws IOException {
        for (String distance : DISTANCES) {
            for (int threads = 1; threads <= 2; threads++) {
                assertThat(engine.ask(building("hnsw", distance, threads, GRAPH)).number("bytes")).isGreaterThan(ROWS * DIM * 4);
                int[][] alone = search(engine, "single", 1, EF);
                assertThat(recall(alone, distance)).as("%s, %d threads", distance, threads).isGreaterThan(0.95);
                assertThat(search(engine, "batch", threads, EF)).isDeepEqualTo(alone);
            }
        }
        assertThat(recall(search(engine, "single", 1, "{\"ef\":10}"), "cosine")).as("few candidates").isBetween(0.3, 0.97);
    }

    private void errorsAreAnswered(Engine engine) throws IOException {
        String wrongSize = building("hnsw", "l2", 1, GRAPH).replace("\"dim\":32", "\"dim\":33");
        for (String line : List.of("hello", "{\"op\":", "{\"op\":\"sing\"}", "[1]", "{}", building("hnsw", "l1", 1, GRAPH),
                building("hnsw", "l2", 1, "{}"), wrongSize, searching("single", 1, EF))) {
            assertThat(engine.ask(line).text("error")).as(line).isNotBlank();
        }
        assertThat(engine.ask(building("tree", "l2", 1, "{}")).text("skip")).contains("tree");
        build(engine, "hnsw", "l2", GRAPH);
        for (String line : List.of(searching("twice", 1, EF), searching("single", 1, "{}"), searching("batch", 0, EF),
                searching("single", 1, EF).replace("/queries", "/nothing"))) {
            assertThat(engine.ask(line).text("error")).as(line).isNotBlank();
        }
        assertThat(recall(search(engine, "single", 1, EF), "l2")).isGreaterThan(0.95);
        assertThat(engine.ask("{\"op\":\"memory\"}").number("rss_bytes")).isGreaterThan(1 << 20);
    }

    private void build(Engine engine, String index, String distance, String options) throws IOException {
        Request answer = engine.ask(building(index, distance, 1, options));
        assertThat(answer.number("bytes")).as(answer.toString()).isPositive();
    }

    private String building(String index, String distance, int threads, String options) {
        return """
                {"op":"build","index":"%s","distance":"%s","base":"%s","rows":%d,"dim":%d,"threads":%d,"build":%s}"""
                .formatted(index, distance, folder.resolve("base"), ROWS, DIM, threads, options);
    }

    private String searching(String mode, int threads, String options) {
        return """
                {"op":"search","queries":"%s","rows":%d,"k":%d,"mode":"%s","batch":33,"threads":%d,"search":%s,"out":"%s"}"""
                .formatted(folder.resolve("queries"), QUERIES, K, mode, threads, options, folder.resolve("out"));
    }

    private int[][] search(Engine engine, String mode, int threads, String options) throws IOException {
        Files.deleteIfExists(folder.resolve("out"));
        Request answer = engine.ask(searching(mode, threads, options));
        assertThat(answer.fields()).containsKeys("seconds", "p50_us", "p99_us", "overhead_us");
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("out"))).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.remaining()).isEqualTo(QUERIES * K * Integer.BYTES);
        int[][] found = new int[QUERIES][K];
        for (int[] row : found) {
            Arrays.setAll(row, r -> bytes.getInt());
        }
        return found;
    }

    /** Smaller is nearer. */
    private double between(int query, int row, String distance) {
        double squares = 0;
        double product = 0;
        double length = 0;
        for (int t = 0; t < DIM; t++) {
            double x = rows[row][t];
            double y = queries[query][t];
            squares += (x - y) * (x - y);
            product += x * y;
            length += x * x;
        }
        return switch (distance) {
            case "l2" -> squares;
            case "inner_product" -> -product;
            default -> -product / Math.sqrt(length);
        };
    }

    private int[] nearest(int query, String distance) {
        return IntStream.range(0, ROWS).boxed().sorted(Comparator.comparingDouble(row -> between(query, row, distance)))
                .limit(K).mapToInt(row -> row).toArray();
    }

    private double recall(int[][] found, String distance) {
        long hits = 0;
        for (int q = 0; q < QUERIES; q++) {
            List<Integer> got = Arrays.stream(found[q]).boxed().toList();
            hits += Arrays.stream(nearest(q, distance)).filter(got::contains).count();
        }
        return (double) hits / (QUERIES * K);
    }

    /** The same rows in the same order, but for what is equally far in float. */
    private void assertEqual(int[][] found, String distance) {
        for (int q = 0; q < QUERIES; q++) {
            int[] expected = nearest(q, distance);
            assertThat(found[q]).doesNotHaveDuplicates();
            for (int r = 0; r < K; r++) {
                double near = between(q, expected[r], distance);
                if (found[q][r] != expected[r]) {
                    assertThat(between(q, found[q][r], distance)).isCloseTo(near, within(1e-5));
                }
            }
        }
    }

    /** What a script beside the workers prints; the test is left out if it cannot do its work. */
    private static String tool(String name) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("peers/" + name).start();
        try (BufferedReader out = process.inputReader(); BufferedReader err = process.errorReader()) {
            String path = out.readLine();
            String reason = err.readLine();
            return process.waitFor() == 0 ? path : abort(reason);
        }
    }

    private static Engine java(Class<? extends Worker> worker) throws IOException {
        return new Engine(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules",
                "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-Xmx1g", "-Dperigee.bench.warm-up=0.1",
                "-cp", System.getProperty("java.class.path"), worker.getName());
    }

    /** A worker that runs. */
    private static final class Engine implements AutoCloseable {
        private final Process process;
        private final BufferedReader answers;

        Engine(String... command) throws IOException {
            process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            answers = process.inputReader();
        }

        Request ask(String line) throws IOException {
            process.outputWriter().write(line + "\n");
            process.outputWriter().flush();
            String answer = answers.readLine();
            assertThat(answer).as("answer to " + line).isNotNull();
            return Request.parse(answer);
        }

        /** The end of its input is the end of a worker. */
        @Override
        public void close() throws IOException, InterruptedException {
            process.outputWriter().close();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }
    }
}
