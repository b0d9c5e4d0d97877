package dev.perigee.cli;

import dev.perigee.build.Projection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.FeatureColumns;
import dev.perigee.dataset.Vectors;
import dev.perigee.index.TransformFile;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee learn apply}: vectors, or a table, as a transform maps them. */
@Command(name = "apply", description = {"Map vectors by a transform, and write them as npy.",
    "A table is read as the one was that the transform was learned from: a category that is new is refused."})
final class LearnApplyCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private Inputs inputs;

    @Option(names = "--transform", required = true, paramLabel = "A", description = "What learn fit wrote.")
    private Path artefact;

    @Option(names = "--data", required = true, paramLabel = "F",
            description = "Vectors, in the formats of build --data, or a table: CSV, TSV or ARFF.")
    private Path data;

    @Option(names = "--column", paramLabel = "NAME", description = "A column of labels in the table, which is left out (default: label or class).")
    private String column;

    @Option(names = "--out", required = true, paramLabel = "F", description = "The mapped vectors, .npy; a file that is there is replaced.")
    private Path out;

    @Override
    public Integer call() {
        Vectors.requireNpyName(out);
        TransformFile.Content content = TransformFile.read(artefact);
        Optional<FeatureColumns> columns = Optional.ofNullable(content.facts().get("columns")).map(FeatureColumns::parse);
        try (ComputeBackend compute = backend.open(); Arena arena = Arena.ofShared()) {
            FeatureRows rows = FeatureRows.read(new FeatureRows.Files(data, null, column, inputs), columns, arena);
            Matrix mapped = Projection.of(rows.rows(), content.transform(), compute, arena);
            Vectors.writeNpy(out, mapped);
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("rows", mapped.rows());
            fields.put("skipped", rows.skipped());
            fields.put("dim", rows.rows().dim());
            fields.put("dims", mapped.dim());
            fields.put("backend", compute.name());
            fields.put("device", compute.device());
            fields.put("out", out);
            output.result(fields, "%s: %d rows, from dim %d to %d".formatted(out, mapped.rows(), rows.rows().dim(), mapped.dim()));
        }
        return 0;
    }
}
