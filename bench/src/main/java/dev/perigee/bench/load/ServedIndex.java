package dev.perigee.bench.load;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** An index in a temporary folder, a server of it, and what the same searches answer in process. */
final class ServedIndex implements AutoCloseable {
    static final String NAME = "load";

    private final Path folder;
    private final ServerProcess server;
    private final LoadData data;
    private final SearchRequest request;
    private final SearchResult expected;

    private ServedIndex(Path folder, ServerProcess server, LoadData data, SearchRequest request, SearchResult expected) {
        this.folder = folder;
        this.server = server;
        this.data = data;
        this.request = request;
        this.expected = expected;
    }

    /**
     * Builds and searches on {@code compute}, then starts the server.
     *
     * @param lists   0 = chosen from the number of rows
     * @param backend of the server, and its threads
     */
    static ServedIndex start(LoadData data, IndexKind kind, int lists, long seed, SearchRequest request, ComputeBackend compute,
            String backend, int threads, Consumer<String> notes) {
        Path folder = temporary();
        try {
            Path saved = folder.resolve(NAME);
            SearchResult expected;
            notes.accept("building " + kind.label());
            try (Collection collection = Collection.create(
                    new CollectionSpec(NAME, data.rows().dim(), Distance.L2, spec(kind, lists, seed)), compute, saved)) {
                collection.add(UpsertRequest.of(data.rows()));
                collection.build(Progress.NONE);
                expected = collection.search(data.queries(), request);
                collection.save(saved);
            }
            ServerProcess server = ServerProcess.start(saved, backend, threads, folder.resolve("server.log"));
            notes.accept("serving on " + server.address());
            return new ServedIndex(folder, server, data, request, expected);
        } catch (RuntimeException | Error e) {
            delete(folder);
            throw e;
        }
    }

    static IndexSpec spec(IndexKind kind, int lists, long seed) {
        return new IndexSpec(kind, kind == IndexKind.FLAT ? 0 : lists, 0, 8, seed);
    }

    String address() {
        return server.address();
    }

    Connections connect(int connections) {
        return new Connections(server.address(), connections, NAME, data.queries(), request, expected);
    }

    @Override
    public void close() {
        server.close();
        delete(folder);
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("perigee-load-");
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "temporary folder: %s".formatted(e), e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> paths = Files.walk(folder)) {
            List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "delete: %s: %s".formatted(folder, e), e);
        }
    }
}
