package dev.perigee.dataset;

import static dev.perigee.PerigeeException.check;
import static dev.perigee.PerigeeException.invalid;

import dev.perigee.vector.Matrix;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How the columns of a table become a vector [dim]: a number is one value, a category one value each of which one is 1 and the
 * others 0 (one-hot). Kept with what was learned, so that a later table is read in the same way.
 */
public record FeatureColumns(List<Column> columns) {
    /** More are a name or a key, which no two rows share. */
    static final int MAX_CATEGORIES = 1000;

    /**
     * One column.
     *
     * @param categories in order; none for a column of numbers
     */
    public record Column(String name, List<String> categories) {
        public Column {
            categories = List.copyOf(categories);
            check(categories.size() <= MAX_CATEGORIES, "column '%s': %s (expected numbers, or at most %d categories)", name,
                    categories.size() + " categories", MAX_CATEGORIES);
        }

        public boolean isNumber() {
            return categories.isEmpty();
        }

        int dim() {
            return isNumber() ? 1 : categories.size();
        }
    }

    public FeatureColumns {
        columns = List.copyOf(columns);
        check(!columns.isEmpty(), "columns: none (expected some besides that of labels)");
        Set<String> names = new HashSet<>();
        columns.forEach(column -> check(names.add(column.name()), "column '%s': there twice (expected once)", column.name()));
        long dim = columns.stream().mapToLong(Column::dim).sum();
        check(dim <= Matrix.MAX_DIM, "dim: %d (expected at most %d)", dim, Matrix.MAX_DIM);
    }

    public int dim() {
        return columns.stream().mapToInt(Column::dim).sum();
    }

    /** One line, as {@code age,sex=female|male}; names and categories are URL-encoded. */
    public String text() {
        return columns.stream().map(c -> encoded(c.name()) + (c.isNumber() ? "" : c.categories().stream().map(FeatureColumns::encoded)
                .collect(Collectors.joining("|", "=", "")))).collect(Collectors.joining(","));
    }

    /** What {@link #text} says. @throws dev.perigee.PerigeeException INVALID_ARGUMENT for another text */
    public static FeatureColumns parse(String text) {
        try {
            return new FeatureColumns(Arrays.stream(text.split(",", -1)).map(column -> {
                String[] parts = column.split("=", 2);
                List<String> categories = parts.length == 1 ? List.of()
                        : Arrays.stream(parts[1].split("\\|", -1)).map(FeatureColumns::decoded).toList();
                return new Column(decoded(parts[0]), categories);
            }).toList());
        } catch (IllegalArgumentException e) {
            throw invalid("columns: '%s' (expected URL-encoded names)".formatted(text));
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
