package dev.perigee.dataset;

import static dev.perigee.PerigeeException.check;

import dev.perigee.dataset.FeatureColumns.Column;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What is in a table, before its values are read.
 *
 * @param labelAt place of the column of labels, or -1
 * @param rows    that are kept
 * @param skipped numbers of the others
 */
record TableScan(FeatureColumns columns, int labelAt, int rows, BitSet skipped) {
    /** Names that a column of labels goes by. */
    private static final List<String> USUAL_LABELS = List.of("label", "class");

    /** What one column was seen to hold. */
    private static final class Seen {
        private boolean numbers = true;
        private final TreeSet<String> values = new TreeSet<>();

        void see(String value) {
            numbers = numbers && FeatureTable.isNumber(value);
            if (values.size() <= FeatureColumns.MAX_CATEGORIES) {
                values.add(value);
            }
        }
    }

    static TableScan of(Path file, Optional<FeatureColumns> known, Optional<String> label, boolean skipBad) {
        try (TableReader reader = TableReader.open(file)) {
            List<String> names = reader.names();
            int labelAt = labelAt(names, label, file);
            known.ifPresent(columns -> checkNames(names, columns, labelAt, file));
            List<Seen> seen = names.stream().map(name -> new Seen()).toList();
            BitSet skipped = new BitSet();
            int rows = 0;
            for (List<String> row = reader.next(); row != null; row = reader.next()) {
                int missing = missing(row);
                if (missing < 0) {
                    rows++;
                    for (int i = 0; known.isEmpty() && !reader.isDeclared() && i < row.size(); i++) {
                        seen.get(i).see(row.get(i));
                    }
                } else if (skipBad) {
                    skipped.set(rows + skipped.cardinality());
                } else {
                    throw reader.bad("'%s' in column '%s'".formatted(row.get(missing), names.get(missing)),
                            "a value; --skip-bad leaves such rows out");
                }
            }
            return new TableScan(known.orElseGet(() -> columns(reader, seen, labelAt, file)), labelAt, rows, skipped);
        }
    }

    private static int labelAt(List<String> names, Optional<String> label, Path file) {
        if (label.isPresent()) {
            int at = names.indexOf(label.get());
            check(at >= 0, "column: no '%s' in %s (expected one of %s)", label.get(), file, String.join(", ", names));
            return at;
        }
        return USUAL_LABELS.stream().mapToInt(names::indexOf).filter(at -> at >= 0).findFirst().orElse(-1);
    }

    private static void checkNames(List<String> names, FeatureColumns columns, int labelAt, Path file) {
        List<String> wanted = columns.columns().stream().map(Column::name).toList();
        for (String name : wanted) {
            check(names.contains(name), "column: no '%s' in %s (expected those that were learned from: %s)", name, file, String.join(", ", wanted));
        }
        for (int i = 0; i < names.size(); i++) {
            check(i == labelAt || wanted.contains(names.get(i)), "column: '%s' in %s (expected only those that were learned from: %s)",
                    names.get(i), file, String.join(", ", wanted));
        }
    }

    private static int missing(List<String> row) {
        for (int i = 0; i < row.size(); i++) {
            String value = row.get(i);
            if (value.isEmpty() || value.equals("?") || value.equalsIgnoreCase("na") || value.equalsIgnoreCase("nan")) {
                return i;
            }
        }
        return -1;
    }

    private static FeatureColumns columns(TableReader reader, List<Seen> seen, int labelAt, Path file) {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < seen.size(); i++) {
            if (i == labelAt) {
                continue;
            }
            String name = reader.names().get(i);
            Seen its = seen.get(i);
            check(its.numbers || its.values.size() <= FeatureColumns.MAX_CATEGORIES,
                    "column '%s' of %s: more than %d categories (expected numbers, or fewer)", name, file, FeatureColumns.MAX_CATEGORIES);
            columns.add(new Column(name, reader.isDeclared() ? reader.declared(name) : its.numbers ? List.of() : List.copyOf(its.values)));
        }
        return new FeatureColumns(columns);
    }
}
