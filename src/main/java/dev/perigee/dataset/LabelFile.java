package dev.perigee.dataset;

import static dev.perigee.PerigeeException.check;
import static dev.perigee.PerigeeException.invalid;

import dev.perigee.evaluate.Labels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Labels of rows, in file order, plain or gz: integers of an IDX, npy or npz of one column; a column of a CSV or TSV with a line
 * of names; or, by any other name, a text file with one label a line.
 */
public final class LabelFile {
    private static final String USUAL_COLUMN = "label";

    private LabelFile() {
    }

    /**
     * @param column of a CSV or TSV; by default the one that is called "label", or the only one
     * @throws dev.perigee.PerigeeException NOT_FOUND, IO or CORRUPT_FILE with the line; INVALID_ARGUMENT for a column that is not
     *     there, or for a column of a file that has none
     */
    public static Labels read(Path file, Optional<String> column) {
        String name = Location.withoutGz(file.toString().toLowerCase(Locale.ROOT));
        if (name.endsWith(".csv") || name.endsWith(".tsv")) {
            return Labels.of(column(file, name.endsWith(".tsv") ? '\t' : ',', column));
        }
        check(column.isEmpty(), "column: '%s' of '%s' (expected a .csv or .tsv, which have columns)", column.orElse(""), file);
        return VectorFormat.byName(file).isPresent() ? Labels.of(Vectors.readIds(file, Optional.empty()))
                : Labels.of(lines(file));
    }

    private static List<String> lines(Path file) {
        List<String> labels = new ArrayList<>();
        try (TextLines lines = TextLines.open(file)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                if (line.isBlank()) {
                    throw lines.bad("empty", "one label a line");
                }
                labels.add(line.strip());
            }
        }
        return labels;
    }

    private static List<String> column(Path file, char separator, Optional<String> column) {
        List<String> labels = new ArrayList<>();
        try (TextLines lines = TextLines.open(file)) {
            List<String> names = Delimited.fields(lines, separator);
            int wanted = wanted(names, column, file);
            for (List<String> row = Delimited.fields(lines, separator); row != null;
                    row = Delimited.fields(lines, separator)) {
                if (row.size() != names.size()) {
                    throw lines.bad(row.size() + " fields", names.size() + ", as in the line of names");
                }
                if (row.get(wanted).isBlank()) {
                    throw lines.bad("no label in column '%s'".formatted(names.get(wanted)), "one in every row");
                }
                labels.add(row.get(wanted).strip());
            }
        }
        return labels;
    }

    private static int wanted(List<String> names, Optional<String> column, Path file) {
        if (column.isEmpty() && names.size() == 1) {
            return 0;
        }
        int at = names.indexOf(column.orElse(USUAL_COLUMN));
        if (at < 0) {
            throw invalid("column: %s in '%s' (expected one of %s)".formatted(
                    column.map(name -> "no '" + name + "'").orElse("not said, and none is called 'label',"), file,
                    String.join(", ", names)));
        }
        return at;
    }
}
