package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.CollectionInfo;
import dev.perigee.api.Filter;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.client.Client;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.Vectors;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee search}: a file of queries becomes a file of neighbours, in process or over the network. */
@Command(name = "search", description = "Find the neighbours of a file of queries.")
final class SearchCommand implements Callable<Integer> {
    private static final Pattern REMOTE = Pattern.compile("(.+:[0-9]{1,5})/([^/]+)");

    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private Queries queries;

    @Mixin
    private SearchOptions options;

    @Option(names = "--index", required = true, paramLabel = "DIR|HOST:PORT/NAME",
            description = "A folder, or a collection of a server.")
    private String index;

    @Option(names = "--out", required = true, paramLabel = "F", description = "Ids of the neighbours: .npy (int64) or .ivecs.")
    private Path out;

    @Option(names = "--scores", paramLabel = "F", description = "Their scores: .fvecs.")
    private Path scores;

    @Override
    public Integer call() {
        Matcher remote = REMOTE.matcher(index);
        boolean isRemote = remote.matches() && !Files.exists(Path.of(index));
        check(!isRemote || !options.isFiltered(), "filter-ids: for '%s' (expected a folder: servers take no filter yet)", index);
        SearchRequest request = options.request();
        Vectors.requireHitsName(out);
        if (scores != null) {
            Vectors.requireFvecsName(scores);
        }
        if (isRemote) {
            try (Client client = Client.connect(remote.group(1))) {
                String name = remote.group(2);
                search(client.info(name), request, filter -> 0, (matrix, asked) -> client.search(name, matrix, asked));
            }
        } else {
            try (ComputeBackend compute = backend.open(); Collection collection = Collection.open(Path.of(index), compute)) {
                search(collection.info(), request, collection::count, collection::search);
            }
        }
        return 0;
    }

    private void search(CollectionInfo info, SearchRequest request, ToLongFunction<Filter> count,
            BiFunction<Matrix, SearchRequest, SearchResult> search) {
        try (Arena arena = Arena.ofShared()) {
            Matrix matrix = queries.read(info.spec().dim(), arena);
            Map<String, Object> fields = new LinkedHashMap<>();
            String filtered = SearchOptions.report(request, count, fields);
            long started = System.nanoTime();
            SearchResult result = search.apply(matrix, request);
            double seconds = (System.nanoTime() - started) * 1e-9;
            Vectors.writeHits(out, result.ids(), result.queries(), result.k());
            if (scores != null) {
                Vectors.writeFvecs(scores, result.scores(), result.queries(), result.k());
            }
            fields.put("backend", info.backend());
            fields.put("device", info.device());
            fields.put("space_version", result.spaceVersion());
            fields.put("queries", result.queries());
            fields.put("k", result.k());
            fields.put("qps", Output.rounded(result.queries() / seconds));
            fields.put("out", out);
            output.result(fields, "%s: %d neighbours of %d queries, %.0f queries/s on %s%s".formatted(
                    out, result.k(), result.queries(), result.queries() / seconds, info.device(), filtered));
        }
    }
}
