package dev.perigee.cli;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.dataset.FeatureColumns;
import dev.perigee.index.TransformFile;
import dev.perigee.vector.Transform;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code perigee learn fit}: labelled vectors, or a table, become a transform. */
@Command(name = "fit", description = {"Learn a transform, after which L2 or cosine is the learned distance.",
    "It is written with its statistics frozen and the facts of its making, and goes to build --transform or learn apply."},
        footer = {"", "Methods:",
            "  standardise   mean 0 and standard deviation 1 of each feature",
            "  minmax        each feature from 0 to 1",
            "  robust        median 0 and interquartile range 1 of each feature",
            "  unit          rows of length 1",
            "  pca           the --dims directions in which rows vary most",
            "  mahalanobis   equal spread in all directions; without labels, and seldom a gain",
            "  rca           equal spread within classes in all directions",
            "  lda           the directions in which classes lie apart; as many as classes, less 1",
            "  nca           --dims directions by which the nearest row is of one's own class;",
            "                compares all pairs, up to 20,000 rows",
            "  head          a linear or many-layered tower, trained by a loss over batches;",
            "                of --dims (default: those of the data; at most 128 unless it starts from them)"})
final class LearnFitCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command;

    @Mixin
    private Output output;

    @Mixin
    private Inputs inputs;

    @Option(names = "--data", required = true, paramLabel = "F", description = {
        "Vectors, in the formats of build --data, or a table with names of columns: CSV, TSV or ARFF. "
            + "Categories become one value each, 0 or 1."})
    private Path data;

    @Option(names = "--labels", paramLabel = "L", description = {
        "Classes of the rows: IDX, npy, CSV or TSV, or text with one a line (default: a column of the table)."})
    private Path labels;

    @Option(names = "--column", paramLabel = "NAME", description = "The column of labels (default: label or class).")
    private String column;

    @Option(names = "--method", required = true, paramLabel = "M", description = "How to learn; see below.")
    private String method;

    @Option(names = "--dims", paramLabel = "N", description = "Values of a mapped row (lda: by default classes less 1).")
    private Integer dims;

    @Option(names = "--shrink", paramLabel = "HOW", description = {
        "How to mend covariances of few rows: ledoit-wolf (default), oas, none, or a number from 0 to 1."})
    private String shrink;

    @Option(names = "--standardise", description = "Standardise the features first, as part of the transform.")
    private boolean standardise;

    @Mixin
    private HeadOptions head;

    @Option(names = "--out", required = true, paramLabel = "F", description = "The file of the transform; one that is there is replaced.")
    private Path out;

    @Option(names = "--map", paramLabel = "PNG", description = {
        "Draw the rows before and after; before, also what lies equally far by the learned distance, if it is linear."})
    private Path map;

    @Override
    public Integer call() {
        try (Bar bar = new Bar(); Arena arena = Arena.ofShared()) {
            LearnMethods.Request request = new LearnMethods.Request(method, Optional.ofNullable(dims), Optional.ofNullable(shrink),
                    standardise, head, output, bar);
            Optional<String> wrongUse = LearnMethods.wrongUse(request, labels != null);
            if (!method.equals("head")) {
                wrongUse = wrongUse.or(() -> HeadOptions.given(command.commandLine().getParseResult())
                        .map(option -> "%s takes no %s".formatted(method, option)));
            }
            wrongUse.ifPresent(wrong -> {
                throw new ParameterException(command.commandLine(), wrong);
            });
            Optional<Pictures> pictures = Optional.ofNullable(map).map(file -> new Pictures(file.toAbsolutePath().getParent()));
            FeatureRows rows = FeatureRows.read(new FeatureRows.Files(data, labels, column, inputs), Optional.empty(), arena);
            long started = System.nanoTime();
            LearnMethods.Learned learned = LearnMethods.fit(request, rows.rows(), rows.labels());
            double seconds = (System.nanoTime() - started) * 1e-9;
            learned.warnings().forEach(warning -> output.note("perigee: %s", warning));
            TransformFile.Content content = withProvenance(learned.content(), learned.warnings(), rows);
            TransformFile.write(out, content);
            boolean drawn = pictures.isPresent() && draw(pictures.get(), content.transform(), rows);
            report(content, learned.warnings(), rows, seconds, drawn);
        }
        return 0;
    }

    /** Whether there is a picture; what was learned is kept without it. */
    private boolean draw(Pictures pictures, Transform transform, FeatureRows rows) {
        Optional<String> reason = Pictures.whyNot();
        if (reason.isEmpty()) {
            try {
                pictures.add(map.getFileName().toString(), LearnedMap.draw(rows.rows(), rows.labels(), transform,
                        data.getFileName().toString(), method, head.seed()));
                pictures.write();
            } catch (PerigeeException e) {
                reason = Optional.of(e.getMessage());
            }
        }
        reason.ifPresent(why -> output.note("no picture: %s", why));
        return reason.isEmpty();
    }

    private TransformFile.Content withProvenance(TransformFile.Content learned, List<String> warnings, FeatureRows rows) {
        TransformFile.Content content = learned;
        for (int i = 0; i < warnings.size(); i++) {
            content = content.with("warning_" + (i + 1), warnings.get(i));
        }
        if (rows.skipped() > 0) {
            content = content.with("skipped", rows.skipped());
        }
        if (rows.columns().isPresent()) {
            content = content.with("columns", rows.columns().map(FeatureColumns::text).orElseThrow());
        }
        content = content.with("data_sha256", sha256(data));
        if (labels != null) {
            content = content.with("labels_sha256", sha256(labels));
        }
        content = content.with("created", Instant.now().truncatedTo(ChronoUnit.SECONDS));
        return Provenance.version() == null ? content : content.with("perigee", Provenance.version());
    }

    /** Of the bytes of a file, without the {@code #member} of an npz. */
    private static String sha256(Path file) {
        Path plain = Files.exists(file) ? file : Path.of(file.toString().replaceFirst("#[^#]*$", ""));
        try (DigestInputStream stream = new DigestInputStream(Files.newInputStream(plain), MessageDigest.getInstance("SHA-256"))) {
            stream.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(stream.getMessageDigest().digest());
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "reading: failed (%s, file '%s')".formatted(e, plain), e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java has it
        }
    }

    private void report(TransformFile.Content content, List<String> warnings, FeatureRows rows, double seconds,
            boolean drawn) {
        Transform transform = content.transform();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("method", method);
        fields.put("rows", rows.rows().rows());
        fields.put("skipped", rows.skipped());
        fields.put("dim", transform.inputDim());
        fields.put("dims", transform.outputDim());
        rows.labels().ifPresent(found -> fields.put("classes", found.classes()));
        fields.put("warnings", warnings);
        fields.put("facts", content.facts());
        fields.put("fit_s", Output.rounded(seconds));
        fields.put("out", out);
        if (drawn) {
            fields.put("map", map);
        }
        output.result(fields, "%s: %s of %d rows, from dim %d to %d, %.1f s%s".formatted(out, method, rows.rows().rows(),
                transform.inputDim(), transform.outputDim(), seconds, drawn ? "\ndrawn in " + map : ""));
    }
}
