package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.LabelFile;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Labels;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code perigee learn mine}: which rows training would push apart, and a picture of them. */
@Command(name = "mine", description = {"Find the negatives that training learns most from: rows of other classes near an anchor.",
    "They are searched for among all rows, exactly. --show draws one anchor beside its nearest positives and its negatives."})
final class LearnMineCommand implements Callable<Integer> {
    @Mixin
    private Output output;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private Inputs inputs;

    @Option(names = "--data", required = true, paramLabel = "F", description = "Vectors, in the formats of build --data.")
    private Path data;

    @Option(names = "--labels", required = true, paramLabel = "L",
            description = "Their classes: IDX, npy, CSV or TSV, or text with one a line.")
    private Path labelFile;

    @Option(names = "--column", paramLabel = "NAME",
            description = "The column of a CSV or TSV (default: label, or the only one).")
    private String column;

    @Option(names = "--transform", paramLabel = "A", description = "Map the vectors by this artefact of learn fit first.")
    private Path transform;

    @Option(names = "--distance", paramLabel = "D", defaultValue = "cosine",
            description = "l2 or cosine (default ${DEFAULT-VALUE}).")
    private String distance;

    @Option(names = "--keep", paramLabel = "N", defaultValue = "10",
            description = "Negatives per anchor (default ${DEFAULT-VALUE}).")
    private int keep;

    @Option(names = "--from", paramLabel = "N", defaultValue = "0",
            description = "Skip the N nearest negatives (default ${DEFAULT-VALUE}).")
    private int from;

    @Option(names = "--to", paramLabel = "N",
            description = "Look no farther than the N nearest negatives (default: --from and five times --keep).")
    private Integer to;

    @Option(names = "--margin", paramLabel = "R", defaultValue = "0.05",
            description = "Leave out what is nearer than that share less similar than the nearest positive: likely a wrong label "
                    + "(default ${DEFAULT-VALUE}).")
    private double margin;

    @Option(names = "--absolute", description = "Take --margin from the similarity itself, not as a share of it.")
    private boolean absolute;

    @Option(names = "--show", paramLabel = "ROW", description = "The anchor to draw.")
    private Integer show;

    @Option(names = "--images", paramLabel = "WxH",
            description = "Draw rows as grey images of that size (default: as numbers of rows).")
    private String images;

    @Option(names = "--out", paramLabel = "PNG", description = "The picture (default mined.png).")
    private Path out;

    @Override
    public Integer call() {
        Distance by = Distance.parse(distance);
        try (ComputeBackend compute = backend.open(); Arena arena = Arena.ofShared()) {
            Labels labels = LabelFile.read(labelFile, Optional.ofNullable(column));
            Matrix rows = Vectors.read(data, inputs.format(), arena);
            check(labels.rows() == rows.rows(), "labels: %d in %s (expected %d, one per row of %s)", labels.rows(), labelFile,
                    rows.rows(), data);
            check(show == null || show >= 0 && show < rows.rows(), "show: row %s (expected 0 to %d)", show, rows.rows() - 1);
            MinedRows mined = MinedRows.of(rows, labels.numbers(), by, transform, compute, keep, from, 
                    to == null ? from + 5 * keep : to, margin, absolute);
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("rows", rows.rows());
            fields.put("classes", labels.classes());
            fields.put("distance", by.label());
            fields.put("keep", keep);
            fields.put("negatives", mined.total());
            fields.put("anchors_without_positive", mined.withoutPositive());
            fields.put("anchors_with_few_negatives", mined.tooFew());
            StringBuilder text = new StringBuilder();
            text.append("%d negatives of %d rows; %d rows have fewer than %d, %d have no positive".formatted(mined.total(),
                    rows.rows(), mined.tooFew(), keep, mined.withoutPositive()));
            if (show != null) {
                show(mined, rows, labels, fields, text);
            }
            fields.put("backend", compute.name());
            fields.put("device", compute.device());
            output.result(fields, text.toString());
        }
        return 0;
    }

    private void show(MinedRows mined, Matrix rows, Labels labels, Map<String, Object> fields, StringBuilder text) {
        List<MinedRows.Near> positives = mined.positives(show, MinedSheet.COLUMNS);
        List<MinedRows.Near> negatives = mined.negatives(show);
        fields.put("anchor", show);
        fields.put("label", labels.name(labels.of(show)));
        fields.put("positives", positives.stream().map(near -> near(near, labels)).toList());
        fields.put("mined", negatives.stream().map(near -> near(near, labels)).toList());
        text.append("%nanchor %d, class %s".formatted(show, labels.name(labels.of(show))));
        positives.forEach(near -> text.append("%n  positive %d at %.4f".formatted(near.row(), near.distance())));
        negatives.forEach(near -> text.append("%n  negative %d at %.4f, class %s".formatted(near.row(), near.distance(),
                labels.name(labels.of(near.row())))));
        Optional<String> reason = Pictures.whyNot();
        if (reason.isPresent()) {
            output.note("no picture: %s", reason.get());
            return;
        }
        Path file = (out == null ? Path.of("mined.png") : out).toAbsolutePath();
        Pictures pictures = new Pictures(file.getParent());
        pictures.add(file.getFileName().toString(), MinedSheet.draw(rows, labels, images, show, positives, negatives,
                "%s, %s distance%s".formatted(data.getFileName(), distance, 
                        transform == null ? "" : " after " + transform.getFileName())));
        pictures.write();
        fields.put("picture", file);
        text.append("%ndrawn in %s".formatted(file));
    }

    private static Map<String, Object> near(MinedRows.Near near, Labels labels) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("row", near.row());
        fields.put("label", labels.name(labels.of(near.row())));
        fields.put("distance", Output.rounded(near.distance()));
        return fields;
    }
}
