package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.CollectionInfo;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Truth;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.Vectors;
import dev.perigee.evaluate.Recall;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee eval}: how many of the true neighbours an index finds, and how fast. */
@Command(name = "eval", description = {"Measure recall and speed of an index.",
    "An answer counts if its exact distance is at most that of the k-th true neighbour, so ties count whichever was found."})
final class EvalCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private Queries queries;

    @Mixin
    private SearchOptions options;

    @Option(names = "--index", required = true, paramLabel = "DIR", description = "The folder of the index.")
    private Path index;

    @Option(names = "--truth", paramLabel = "F", description = "True neighbours, .ivecs (default: found here by exact search).")
    private Path truth;

    @Override
    public Integer call() {
        SearchRequest request = options.request();
        try (ComputeBackend compute = backend.open(); Collection collection = Collection.open(index, compute);
                Arena arena = Arena.ofShared(); Truth exact = collection.truth(request.filter())) {
            Matrix matrix = queries.read(collection.spec().dim(), arena);
            double[] kth = truth == null ? exact.kthDistances(matrix, request.k()) : kthOf(exact, matrix, request.k());
            Timing timing = Timing.of(matrix, request, collection::search);
            SearchResult result = timing.answer();
            double recall = Recall.byDistance(result.ids(), exact.distances(matrix, result.ids(), result.k()), kth,
                    request.k(), exact.rows());
            CollectionInfo info = collection.info();
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("recall_at_k", recall);
            fields.put("k", request.k());
            fields.put("queries", matrix.rows());
            fields.put("qps", Output.rounded(timing.qps()));
            fields.put("p50_us", Output.rounded(timing.p50Micros()));
            fields.put("p99_us", Output.rounded(timing.p99Micros()));
            fields.put("space_version", result.spaceVersion());
            fields.put("bytes", info.bytes());
            fields.put("backend", info.backend());
            fields.put("device", info.device());
            String filtered = SearchOptions.report(request, filter -> exact.rows(), fields);
            output.result(fields, ("recall@%d %.4f, %.0f queries/s in a batch of %d, alone p50 %.0f us and p99 %.0f us, "
                    + "on %s%s").formatted(request.k(), recall, timing.qps(), matrix.rows(), timing.p50Micros(),
                    timing.p99Micros(), info.device(), filtered));
        }
        return 0;
    }

    /** Distances of the k-th true neighbours that the file names. */
    private double[] kthOf(Truth exact, Matrix matrix, int k) {
        int[][] rows = Vectors.readIvecs(truth);
        check(rows.length == matrix.rows(), "truth: %d rows in %s (expected %d, one per query)", rows.length, truth, matrix.rows());
        long[] last = new long[rows.length];
        for (int q = 0; q < rows.length; q++) {
            check(rows[q].length >= k, "truth of query %d: %d neighbours in %s (expected at least k = %d)", q, rows[q].length, truth, k);
            last[q] = Arrays.stream(rows[q], 0, k).filter(id -> id >= 0).reduce((a, b) -> b).orElse(-1);
        }
        return exact.distances(matrix, last, 1);
    }
}
