package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.dataset.FeatureColumns;
import dev.perigee.dataset.FeatureTable;
import dev.perigee.dataset.LabelFile;
import dev.perigee.dataset.Vectors;
import dev.perigee.evaluate.Labels;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Rows to learn from or to map: of a file of vectors, or of a table, whose columns then say how it became vectors. Rows that
 * are skipped have no label here.
 */
record FeatureRows(Matrix rows, Optional<Labels> labels, Optional<FeatureColumns> columns, int skipped) {
    /** Which files hold them. {@code labels} may be the table itself, or null, as may be {@code column}. */
    record Files(Path data, Path labels, String column, Inputs inputs) {
    }

    /** All of them, finite, in memory of {@code arena}; {@code known} says how a table was read before. */
    static FeatureRows read(Files files, Optional<FeatureColumns> known, Arena arena) {
        Optional<String> column = Optional.ofNullable(files.column);
        boolean apart = files.labels != null && !files.labels.equals(files.data);
        if (files.inputs.format().isEmpty() && FeatureTable.isTable(files.data)) {
            FeatureTable table = FeatureTable.read(files.data, known, apart ? Optional.empty() : column, files.inputs.skipBad(), arena);
            return new FeatureRows(table.rows(), apart ? Optional.of(labels(files, table.rows().rows(), table.skipped())) : table.labels(),
                    Optional.of(table.columns()), table.skipped().cardinality());
        }
        check(known.isEmpty(), "data: '%s' is no table (expected .csv, .tsv or .arff, as the transform was learned from)", files.data);
        check(files.labels != null || files.column == null, "column: '%s' of '%s' (expected a table, or --labels)", files.column, files.data);
        Matrix all = Vectors.read(files.data, files.inputs.format(), arena);
        BitSet bad = new BitSet();
        IntStream.range(0, files.inputs.skipBad() ? all.rows() : 0).filter(i -> !all.isFinite(i)).forEach(bad::set);
        Matrix rows = Queries.finite(all, "row", files.data, files.inputs);
        return new FeatureRows(rows, files.labels == null ? Optional.empty() : Optional.of(labels(files, rows.rows(), bad)),
                Optional.empty(), bad.cardinality());
    }

    private static Labels labels(Files files, int kept, BitSet skipped) {
        Labels all = LabelFile.read(files.labels, Optional.ofNullable(files.column));
        int expected = kept + skipped.cardinality();
        check(all.rows() == expected, "labels: %d in %s (expected %d, one per row of %s)", all.rows(), files.labels, expected, files.data);
        return skipped.isEmpty() ? all
                : Labels.of(IntStream.range(0, expected).filter(i -> !skipped.get(i)).mapToObj(i -> all.name(all.of(i))).toList());
    }
}
