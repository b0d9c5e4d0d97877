package dev.perigee.bench.workers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.perigee.distance.Distance;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * An engine in a process of its own, driven by JSON lines (bench/peers/README.md has them): what all Java engines share,
 * which is the reading of requests and rows and the clock.
 */
public abstract class Worker {
    /** Why this engine, or this kind of index, cannot be had here. */
    protected static final class Skip extends Exception {
        private static final long serialVersionUID = 1;

        public Skip(String reason) {
            super(reason);
        }
    }

    private static final JsonFactory JSON = new JsonFactory();
    /** An index is searched untimed for so long at least, and for half as long after it last became faster. */
    private static final double WARM_UP_S = Double.parseDouble(System.getProperty("perigee.bench.warm-up", "5"));

    /** A time that counts as less than another, over that one. */
    private static final double FASTER = 0.95;

    /** Where an engine that can keeps the index that is built next, or finds it. */
    protected Optional<Path> keep = Optional.empty();

    private Map<String, Object> hello; // libraries tell once what they chose
    private boolean built;
    private int dim;
    private boolean unit;
    private boolean warm;

    /** Name, version and build of the engine: what "hello" is answered with. @throws Skip if it cannot run here */
    protected abstract Map<String, Object> hello() throws Exception;

    /**
     * Builds an index over all rows with that many threads; it replaces the one before.
     *
     * @param distance under COSINE the rows, and later the queries, have length 1
     * @return its size in bytes
     * @throws Skip if there is no such kind of index
     */
    protected abstract long build(String index, Distance distance, Rows rows, int threads, Request options) throws Exception;

    /** A search in the index for the k nearest, to be used by one thread; a {@link #pass} of the engine's own needs none. */
    protected Pass.Search search(int k, Request options) throws Exception {
        throw new UnsupportedOperationException("no search of one query");
    }

    /** What that part of the library tells of itself when {@code first} makes it choose its code: java.util.logging, one line. */
    protected static String logged(String logger, Runnable first) {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        Handler listener = new Handler() {
            @Override
            public void publish(LogRecord line) {
                told.add(new SimpleFormatter().formatMessage(line));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger source = Logger.getLogger(logger);
        source.addHandler(listener);
        first.run();
        source.removeHandler(listener);
        return String.join("; ", told);
    }

    /** Answers the lines on standard input until it ends. What libraries print goes to standard error. */
    protected final void serve() throws IOException {
        PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            answers.println(json(answer(line)));
        }
    }

    private Map<String, Object> answer(String line) {
        try {
            Request request = Request.parse(line);
            return switch (request.text("op")) {
                case "hello" -> hello = hello == null ? hello() : hello;
                case "build" -> build(request);
                case "search" -> search(request);
                case "memory" -> Map.of("rss_bytes", residentBytes());
                default -> throw new IllegalArgumentException("op: '%s' (expected hello, build, search or memory)"
                        .formatted(request.text("op")));
            };
        } catch (Skip skip) {
            return Map.of("skip", skip.getMessage());
        } catch (Exception | LinkageError | OutOfMemoryError e) {
            return Map.of("error", e.toString().lines().findFirst().orElseThrow());
        }
    }

    private Map<String, Object> build(Request request) throws Exception {
        built = false;
        warm = false;
        dim = request.number("dim");
        Distance distance = switch (request.text("distance")) {
            case "l2" -> Distance.L2;
            case "inner_product" -> Distance.INNER_PRODUCT;
            case "cosine" -> Distance.COSINE;
            default -> throw new IllegalArgumentException("distance: '%s' (expected l2, inner_product or cosine)"
                    .formatted(request.text("distance")));
        };
        unit = distance == Distance.COSINE;
        int threads = positive(request, "threads");
        try (Rows rows = new Rows(Path.of(request.text("base")), request.number("rows"), dim, unit)) {
            long start = System.nanoTime();
            keep = request.fields().get("keep") instanceof String file ? Optional.of(Path.of(file)) : Optional.empty();
            boolean kept = keep.isPresent() && Files.exists(keep.get());
            long bytes = build(request.text("index"), distance, rows, threads, request.part("build"));
            built = true;
            return Map.of("build_s", (System.nanoTime() - start) / 1e9, "bytes", bytes, "kept", kept);
        }
    }

    private Map<String, Object> search(Request request) throws Exception {
        if (!built) {
            throw new IllegalStateException("search: there is no index yet");
        }
        int k = positive(request, "k");
        int batch = switch (request.text("mode")) {
            case "batch" -> positive(request, "batch");
            case "single" -> 0;
            default -> throw new IllegalArgumentException("mode: '%s' (expected batch or single)"
                    .formatted(request.text("mode")));
        };
        float[][] queries = new float[request.number("rows")][];
        try (Rows rows = new Rows(Path.of(request.text("queries")), queries.length, dim, unit)) {
            Arrays.setAll(queries, rows::get);
        }
        int[][] found = new int[queries.length][k];
        for (int[] row : found) {
            Arrays.fill(row, -1);
        }
        Pass pass = pass(queries, k, batch, positive(request, "threads"), request.part("search"), found);
        write(found, k, Path.of(request.text("out")));
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("seconds", pass.seconds());
        if (Double.isFinite(pass.cpu())) {
            answer.put("cpu_s", pass.cpu());
        }
        answer.put("p50_us", pass.p50());
        answer.put("p99_us", pass.p99());
        answer.put("overhead_us", 0.0);
        return answer;
    }

    /**
     * Searches all queries once; an engine with batches of its own has its own way.
     *
     * @param batch most queries of a call, 0 = one query a call
     * @param found [queries][k], -1 everywhere
     */
    Pass pass(float[][] queries, int k, int batch, int threads, Request options, int[][] found) throws Exception {
        List<Pass.Search> searches = new ArrayList<>();
        for (int i = 0; i < (batch == 0 ? 1 : threads); i++) {
            searches.add(search(k, options));
        }
        if (!warm) {
            warmUp(searches.getFirst(), queries, k);
            warm = true;
        }
        return batch == 0 ? Pass.single(searches.getFirst(), queries, found) : Pass.batches(searches, queries, batch, found);
    }

    private static void warmUp(Pass.Search search, float[][] queries, int k) throws Exception {
        int[] found = new int[k];
        int[] next = {0};
        warmUp(queries.length, () -> {
            for (int i = 0; i < 200; i++) {
                search.nearest(queries[next[0]++ % queries.length], found);
            }
        });
    }

    /** Untimed searches. */
    interface Some {
        void search() throws Exception;
    }

    /**
     * Searches until the compiler of the JVM has done its work: how long it takes depends on the engine, and on whether a core
     * is free for it.
     *
     * @param queries of some searches; nothing is done without
     */
    static void warmUp(int queries, Some some) throws Exception {
        long least = (long) (WARM_UP_S * 1e9);
        long begin = System.nanoTime();
        long since = begin;
        long best = Long.MAX_VALUE;
        for (long now = begin; queries > 0 && (now - begin < least || now - since < least / 2); ) {
            some.search();
            long ended = System.nanoTime();
            if (ended - now < best * FASTER) {
                best = ended - now;
                since = ended;
            }
            now = ended;
        }
    }

    private static void write(int[][] found, int k, Path out) throws IOException {
        int size = Math.multiplyExact(found.length, k * Integer.BYTES);
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        for (int[] row : found) {
            bytes.asIntBuffer().put(row);
            bytes.position(bytes.position() + k * Integer.BYTES);
        }
        Files.write(out, bytes.array());
    }

    private static int positive(Request request, String name) {
        int value = request.number(name);
        if (value < 1) {
            throw new IllegalArgumentException("%s: %d (expected at least 1)".formatted(name, value));
        }
        return value;
    }

    private static long residentBytes() throws IOException {
        System.gc();
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new IOException("/proc/self/status: no VmRSS");
    }

    private static String json(Map<String, Object> fields) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            for (Map.Entry<String, Object> field : fields.entrySet()) {
                json.writeFieldName(field.getKey());
                switch (field.getValue()) {
                    case String value -> json.writeString(value);
                    case Boolean value -> json.writeBoolean(value);
                    case Long value -> json.writeNumber(value);
                    case Double value -> json.writeRawValue(String.format(Locale.ROOT, "%.6f", value));
                    default -> throw new IllegalStateException("no JSON for " + field.getValue());
                }
            }
            json.writeEndObject();
        }
        return text.toString();
    }
}
