package dev.perigee.cli;

import dev.perigee.api.IndexSpec;
import dev.perigee.collection.Candidate;
import dev.perigee.collection.Collection;
import dev.perigee.collection.SpaceSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.TransformFile;
import dev.perigee.learn.Gate;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee learn promote}: puts a learned distance in service, if it is not worse. */
@Command(name = "promote", description = {"Put a learned distance in service, if it is not worse than what is there.",
    "Maps the rows as given into a new space, builds the index there, judges both on labelled rows, then changes the folder in one step.",
    "Refused, with the numbers and exit 1, if hit@1 or MAP@R fall by more than chance explains (95 %% interval of the paired "
            + "difference below 0), or the recall of the index does so below .99. The space before is kept: learn rollback.",
    "A server that serves the folder answers with what it opened, until it is started again."})
final class LearnPromoteCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Option(names = "--index", required = true, paramLabel = "DIR", description = "The folder of the index.")
    private Path index;

    @Option(names = "--transform", required = true, paramLabel = "A", description = "What learn fit made.")
    private Path transform;

    @Option(names = "--labels", required = true, paramLabel = "L", description = {
        "Classes of the rows, in the order of their ids: IDX, npy, CSV or TSV, or text with one a line."})
    private Path labels;

    @Mixin
    private LabelledRows rows;

    @Option(names = "--distance", paramLabel = "D", description = "l2, cosine or ip, after the transform (default: the one in service).")
    private String distance;

    @Option(names = "--force", description = "Put it in service even if it is worse; the folder and its transform keep the numbers.")
    private boolean force;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Of what is drawn (default ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() {
        TransformFile.Content learned = TransformFile.read(transform);
        try (ComputeBackend compute = backend.open(); Bar bar = new Bar(); Collection collection = Collection.open(index, compute)) {
            LabelledRows.Chosen chosen = rows.read(labels, collection);
            if (rows.areAllClasses()) {
                output.note("judged by all classes, also those that it was learned on: --held-out or --split leave these out");
            }
            Distance by = distance == null ? collection.spec().distance() : Distance.parse(distance);
            IndexSpec like = fitting(collection.spec().index(), learned.transform().outputDim());
            try (Candidate candidate = collection.prepare(new SpaceSpec(Optional.of(learned), by, like), bar)) {
                Gate gate = Gate.judge(collection, candidate, chosen.ids(), chosen.labels(), compute, seed, bar);
                if (gate.passes() || force) {
                    if (!gate.passes()) {
                        candidate.note(TransformFile.FORCED, Gate.numbers(gate.refusals()));
                    }
                    collection.promote(candidate);
                    collection.save(index);
                }
                if (gate.passes() || force || output.isJson()) { // else its error tells all
                    Map<String, Object> fields = new LinkedHashMap<>();
                    String text = LearnReport.promotion(gate, gate.passes() || force, candidate.info(), fields);
                    fields.put("backend", compute.name());
                    fields.put("device", compute.device());
                    output.result(fields, index + ": " + text);
                }
                if (!force) {
                    gate.requirePass();
                }
            }
        }
        return 0;
    }

    /** The same kind of index; the numbers of a code are chosen anew where they do not fit. */
    private static IndexSpec fitting(IndexSpec index, int dim) {
        boolean fits = switch (index.kind()) {
            case FLAT, IVF_FLAT -> true;
            case IVF_PQ -> index.codeWidth() == 0 || dim % index.codeWidth() == 0;
            case IVF_SQ -> index.codeWidth() < dim + 8;
        };
        return fits ? index : new IndexSpec(index.kind(), index.lists(), 0, index.codeBits(), index.seed());
    }
}
