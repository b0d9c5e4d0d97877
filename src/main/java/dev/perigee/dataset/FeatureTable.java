package dev.perigee.dataset;

import static dev.perigee.PerigeeException.check;

import dev.perigee.dataset.FeatureColumns.Column;
import dev.perigee.evaluate.Labels;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * A table of features as vectors: CSV or TSV with a line of names (RFC 4180), or ARFF, plain or gz. A column of a CSV or TSV holds
 * numbers if all its values are numbers, else categories, which are sorted; an ARFF says it. One column may hold labels.
 *
 * <p>An empty value, {@code ?}, {@code NA} or {@code NaN} is missing: its row is refused with line and column, or skipped. The file
 * is read twice.
 *
 * @param columns how they become vectors
 * @param rows    [n, dim], in memory of the caller's arena
 * @param labels  of these rows, if a column holds them
 * @param skipped numbers of the rows of the file, from 0 on, that are left out
 */
public record FeatureTable(FeatureColumns columns, Matrix rows, Optional<Labels> labels, BitSet skipped) {
    /** Whether a file is a table, by its name: *.csv, *.tsv or *.arff, plain or .gz. */
    public static boolean isTable(Path file) {
        return TableReader.isTable(file);
    }

    /**
     * Reads a table.
     *
     * @param known   how an earlier table was read: columns are found by name, a new category is refused
     * @param label   the column of labels; by default one that is called label or class, if there is one
     * @param skipBad leave out rows with a missing value
     * @throws dev.perigee.PerigeeException NOT_FOUND, IO or CORRUPT_FILE with the line; INVALID_ARGUMENT for columns that are not there,
     *     or not known; LIMIT_EXCEEDED
     */
    public static FeatureTable read(Path file, Optional<FeatureColumns> known, Optional<String> label, boolean skipBad, Arena arena) {
        TableScan scan = TableScan.of(file, known, label, skipBad);
        check(scan.rows() > 0, "rows: 0 in %s (expected at least one%s)", file, skipBad ? " without a missing value" : "");
        List<Column> columns = scan.columns().columns();
        Matrix rows = Vectors.allocate(arena, scan.rows(), scan.columns().dim(), file);
        List<String> labels = new ArrayList<>();
        try (TableReader reader = TableReader.open(file)) {
            int[] places = columns.stream().mapToInt(column -> reader.names().indexOf(column.name())).toArray();
            int kept = 0;
            int number = 0;
            for (List<String> row = reader.next(); row != null; row = reader.next()) {
                if (scan.skipped().get(number++)) {
                    continue;
                }
                int at = 0;
                for (int i = 0; i < places.length; i++) {
                    put(rows, kept, at, columns.get(i), row.get(places[i]), reader);
                    at += columns.get(i).dim();
                }
                if (scan.labelAt() >= 0) {
                    labels.add(row.get(scan.labelAt()));
                }
                kept++;
            }
        }
        return new FeatureTable(scan.columns(), rows, scan.labelAt() < 0 ? Optional.empty() : Optional.of(Labels.of(labels)), scan.skipped());
    }

    private static void put(Matrix rows, int row, int at, Column column, String value, TableReader reader) {
        if (column.isNumber()) {
            float number = isNumber(value) ? Float.parseFloat(value) : Float.NaN;
            if (!Float.isFinite(number)) {
                throw reader.bad("'%s' in column '%s'".formatted(value, column.name()), "a float32");
            }
            rows.set(row, at, number);
            return;
        }
        int category = column.categories().indexOf(value);
        if (category < 0) {
            throw reader.bad("'%s' in column '%s'".formatted(value, column.name()), "one of " + String.join(", ", column.categories()));
        }
        rows.set(row, at + category, 1);
    }

    /** Whether a text is a decimal number; what Java reads besides, as 1d or 0x1p3, is none. */
    static boolean isNumber(String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E')) {
            return false;
        }
        try {
            Double.parseDouble(text);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
