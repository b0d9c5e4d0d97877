package dev.perigee.bench.workers;

import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.Filter;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.client.Client;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Collections;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.server.Server;
import dev.perigee.server.ServerSettings;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Perigee itself: in process, through a server and a client on loopback, or in process over the FAISS that it finds. An index is
 * built once, saved, and opened anew for each number of threads.
 */
public final class PerigeeWorker extends Worker {
    private static final String NAME = "bench";
    private static final int CHUNK_BYTES = 16 << 20;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final String engine;
    private Path folder;
    private Path saved;
    private final Map<Integer, Opened> opened = new LinkedHashMap<>();
    private final Map<Integer, Filter> filters = new HashMap<>(); // by percent: a collection prepares each once
    private int rows;
    private boolean warm;

    /** @param engine perigee, perigee_java, perigee_rpc or faiss_generic */
    PerigeeWorker(String engine) {
        this.engine = engine;
    }

    /** @param args the engine */
    public static void main(String[] args) throws Exception {
        PerigeeWorker worker = new PerigeeWorker(args.length == 1 ? args[0] : "perigee");
        Runtime.getRuntime().addShutdownHook(new Thread(worker::clear));
        worker.serve();
        System.exit(0); // whatever threads a server leaves
    }

    /** What searches with some number of threads. */
    private record Opened(ComputeBackend backend, Collections collections, Server server, Client client) {
        Opened(ComputeBackend backend, Collections collections, boolean wire, int threads) {
            Server server = wire ? Server.start(ServerSettings.standard().withAddress("127.0.0.1", 0).withWorkers(threads),
                    collections) : null;
            this(backend, collections, server, wire ? Client.connect("127.0.0.1:" + server.address().getPort()) : null);
        }

        BiFunction<Matrix, SearchRequest, SearchResult> search() {
            Collection collection = collections.get(NAME);
            return client == null ? collection::search : (queries, request) -> client.search(NAME, queries, request);
        }

        void close() {
            if (client != null) {
                client.close();
                server.close();
            }
            collections.close();
            backend.close();
        }
    }

    @Override
    protected Map<String, Object> hello() throws Skip {
        try (ComputeBackend backend = open(1)) {
            Map<String, Object> hello = new LinkedHashMap<>();
            hello.put("engine", engine);
            if (backend.name().equals("faiss")) { // "1.7.3 (OPTIMIZE GENERIC), 2 OpenMP threads"
                String[] words = Backends.faiss().place().split("[()]");
                hello.put("version", words[0].strip());
                hello.put("build", words.length > 1 ? words[1] : backend.device());
            } else {
                String version = Backends.class.getPackage().getImplementationVersion();
                hello.put("version", version == null ? "from classes" : version);
                hello.put("build", backend.device().replaceAll(", \\d+ threads?$", ""));
            }
            return hello;
        }
    }

    private ComputeBackend open(int threads) throws Skip {
        String name = engine.equals("faiss_generic") ? "faiss" : "simd";
        try {
            return Backends.open(name, threads);
        } catch (PerigeeException e) {
            throw new Skip(e.getMessage());
        }
    }

    @Override
    protected long build(String index, Distance distance, Rows rows, int threads, Request options) throws Exception {
        if (Arrays.stream(IndexKind.values()).noneMatch(kind -> kind.label().equals(index))) {
            throw new Skip("no index of kind %s".formatted(index));
        }
        clear();
        IndexKind kind = IndexKind.parse(index);
        IndexSpec spec = new IndexSpec(kind, options.number("lists", 0), options.number("m", options.number("dims", 0)),
                options.number("bits", kind == IndexKind.IVF_SQ ? 5 : 8), options.number("seed", 1));
        this.rows = rows.count();
        folder = Files.createTempDirectory("perigee-bench-");
        saved = keep.orElse(folder.resolve(NAME));
        if (Files.exists(saved)) {
            try (ComputeBackend backend = open(1); Collection collection = Collection.open(saved, backend)) {
                return collection.info().bytes();
            }
        }
        try (ComputeBackend backend = open(threads); Collection collection = Collection.create(
                new CollectionSpec(NAME, rows.dim(), distance, spec), backend, folder.resolve("building"))) {
            add(rows, collection);
            collection.build(Progress.NONE);
            collection.save(saved);
            return collection.info().bytes();
        }
    }

    private static void add(Rows rows, Collection collection) {
        int chunk = (int) Math.max(1, CHUNK_BYTES / Matrix.stride(rows.dim()));
        try (Arena arena = Arena.ofConfined()) {
            Matrix some = Matrix.allocate(arena, Math.min(chunk, rows.count()), rows.dim());
            for (int from = 0; from < rows.count(); from += chunk) {
                int count = Math.min(chunk, rows.count() - from);
                for (int i = 0; i < count; i++) {
                    some.set(i, rows.get(from + i));
                }
                collection.add(UpsertRequest.of(some.slice(0, count)));
            }
        }
    }

    @Override
    Pass pass(float[][] queries, int k, int batch, int threads, Request options, int[][] found) throws Exception {
        SearchRequest request = request(k, options);
        BiFunction<Matrix, SearchRequest, SearchResult> search = opened(threads).search();
        int size = Math.max(1, batch);
        try (Arena arena = Arena.ofShared()) {
            Matrix all = Matrix.copyOf(arena, queries);
            if (!warm) {
                warmUp(all, query -> search.apply(query, request(k, options)));
                warm = true;
            }
            SearchResult[] results = new SearchResult[(queries.length + size - 1) / size];
            long[] nanos = new long[results.length];
            long busy = THREADS.getCurrentThreadCpuTime();
            long begin = System.nanoTime();
            for (int call = 0; call < results.length; call++) {
                int from = call * size;
                long start = System.nanoTime();
                results[call] = search.apply(all.slice(from, Math.min(queries.length, from + size)), request);
                nanos[call] = System.nanoTime() - start;
            }
            long total = System.nanoTime() - begin;
            busy = THREADS.getCurrentThreadCpuTime() - busy;
            for (int q = 0; q < queries.length; q++) {
                for (int i = 0; i < k; i++) {
                    found[q][i] = (int) results[q / size].id(q % size, i);
                }
            }
            Pass pass = Pass.of(total, nanos);
            return threads == 1 && !engine.equals("perigee_rpc") ? pass.withCpu(busy / 1e9) : pass; // the caller itself works
        }
    }

    private SearchRequest request(int k, Request options) {
        SearchRequest request = SearchRequest.nearest(k);
        request = options.number("probes", 0) > 0 ? request.withProbes(options.number("probes")) : request;
        request = options.number("refine", -1) >= 0 ? request.withRefine(options.number("refine")) : request;
        int percent = options.number("pass", 100);
        return percent == 100 ? request
                : request.withFilter(filters.computeIfAbsent(percent, some -> Filter.of(new Share(some).rows(rows))));
    }

    /** In turn one by one and together: both ways are compiled then. */
    private static void warmUp(Matrix queries, Consumer<Matrix> search) throws Exception {
        warmUp(queries.rows(), () -> {
            search.accept(queries);
            for (int q = 0; q < Math.min(queries.rows(), 200); q++) {
                search.accept(queries.slice(q, q + 1));
            }
        });
    }

    private Opened opened(int threads) throws Skip {
        Opened there = opened.get(threads);
        if (there == null) {
            ComputeBackend backend = open(threads);
            Collections collections = new Collections(backend);
            collections.open(saved);
            there = new Opened(backend, collections, engine.equals("perigee_rpc"), threads);
            opened.put(threads, there);
        }
        return there;
    }

    /** Ends what was built, files too. */
    void clear() {
        warm = false;
        opened.values().forEach(Opened::close);
        opened.clear();
        filters.clear();
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (List<Path>) files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        folder = null;
    }
}
