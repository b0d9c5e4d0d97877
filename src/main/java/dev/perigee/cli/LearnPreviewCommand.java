package dev.perigee.cli;

import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.index.TransformFile;
import dev.perigee.learn.Preview;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee learn preview}: a learned distance on the index there is. */
@Command(name = "preview", description = {"Try a learned distance on the index there is, before anything is rebuilt.",
    "The index names candidates by the distance in service; they are ranked by the learned one, from the rows as given.",
    "With labels: hit@1 and precision@k of the index now and with the learned distance, each row asking for its class."})
final class LearnPreviewCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private Inputs inputs;

    @Option(names = "--index", required = true, paramLabel = "DIR", description = "The folder of the index.")
    private Path index;

    @Option(names = "--transform", required = true, paramLabel = "A", description = "What learn fit made.")
    private Path transform;

    @ArgGroup(multiplicity = "1")
    private Asked asked;

    @Mixin
    private LabelledRows rows;

    @Option(names = "--distance", paramLabel = "D", description = "l2, cosine or ip, after the transform (default: the one in service).")
    private String distance;

    @Option(names = {"-k", "--k"}, paramLabel = "K", defaultValue = "10", description = "Neighbours per query (default ${DEFAULT-VALUE}).")
    private int k;

    @Option(names = "--candidates", paramLabel = "N", defaultValue = "200",
            description = "Rows that the index names for each query (default ${DEFAULT-VALUE}).")
    private int candidates;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Of the intervals (default ${DEFAULT-VALUE}).")
    private long seed;

    /** One of the two. */
    static final class Asked {
        @ArgGroup(exclusive = false)
        private Search search;

        @Option(names = "--labels", required = true, paramLabel = "L", description = {
            "Classes of the rows, in the order of their ids: IDX, npy, CSV or TSV, or text with one a line."})
        private Path labels;
    }

    /** Queries, and where their answers go. */
    static final class Search {
        @Option(names = "--queries", required = true, paramLabel = "F", description = "Queries, in the formats of build --data.")
        private Path queries;

        @Option(names = "--out", required = true, paramLabel = "F", description = "Ids of their neighbours: .npy (int64) or .ivecs.")
        private Path out;
    }

    @Override
    public Integer call() {
        TransformFile.Content learned = TransformFile.read(transform);
        try (ComputeBackend compute = backend.open(); Collection collection = Collection.open(index, compute);
                Arena arena = Arena.ofShared()) {
            Distance by = distance == null ? collection.spec().distance() : Distance.parse(distance);
            Preview preview = new Preview(collection, learned.transform(), by, candidates, compute);
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("space_version", collection.info().space().version());
            fields.put("distance", by.label());
            fields.put("candidates", candidates);
            fields.put("k", k);
            String text;
            if (asked.search == null) {
                text = LearnReport.compare(preview, rows.read(asked.labels, collection), k, seed, fields);
            } else {
                Vectors.requireHitsName(asked.search.out);
                Matrix queries = Queries.read(asked.search.queries, inputs, collection.spec().dim(), arena);
                text = LearnReport.search(preview, queries, k, asked.search.out, fields);
            }
            fields.put("backend", compute.name());
            fields.put("device", compute.device());
            output.result(fields, text);
        }
        return 0;
    }
}
