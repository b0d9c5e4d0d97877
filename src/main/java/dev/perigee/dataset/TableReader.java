package dev.perigee.dataset;

import dev.perigee.PerigeeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rows of a CSV, TSV or ARFF as text, after the names of their columns. */
final class TableReader implements AutoCloseable {
    private static final Pattern ATTRIBUTE = Pattern.compile(
            "@attribute\\s+('(?:[^'\\\\]|\\\\.)*'|\"(?:[^\"\\\\]|\\\\.)*\"|\\S+)\\s+(.*)", Pattern.CASE_INSENSITIVE);

    private final TextLines lines;
    private final char separator;
    private final boolean arff;
    private final List<String> names;
    /** Of an ARFF, by name: its categories, none for numbers; null for what has no use here, as dates. */
    private final Map<String, List<String>> declared = new HashMap<>();

    private TableReader(Path file) {
        String name = plainName(file);
        arff = name.endsWith(".arff");
        separator = name.endsWith(".tsv") ? '\t' : ',';
        lines = TextLines.open(file);
        try {
            names = arff ? attributes() : header();
        } catch (RuntimeException e) {
            lines.close();
            throw e;
        }
    }

    static TableReader open(Path file) {
        return new TableReader(file);
    }

    static boolean isTable(Path file) {
        return plainName(file).matches(".*\\.(csv|tsv|arff)");
    }

    private static String plainName(Path file) {
        return Location.withoutGz(file.toString().toLowerCase(Locale.ROOT));
    }

    private List<String> header() {
        List<String> fields = Delimited.fields(lines, separator);
        if (fields == null) {
            throw lines.bad("nothing", "the names of columns");
        }
        List<String> header = new ArrayList<>(fields.stream().map(String::strip).toList());
        header.set(0, header.getFirst().replaceFirst("^\uFEFF", ""));
        if (header.stream().allMatch(FeatureTable::isNumber)) {
            throw lines.bad("numbers", "the names of columns");
        }
        return header;
    }

    private List<String> attributes() {
        List<String> found = new ArrayList<>();
        for (String line = lines.next(); line != null; line = lines.next()) {
            String text = line.strip();
            String word = text.split("\\s", 2)[0].toLowerCase(Locale.ROOT);
            switch (word) {
                case "@attribute" -> {
                    Matcher attribute = ATTRIBUTE.matcher(text);
                    if (!attribute.matches()) {
                        throw lines.bad("'%s'".formatted(text), "@attribute NAME TYPE");
                    }
                    String name = quotedFields(attribute.group(1)).getFirst();
                    found.add(name);
                    declared.put(name, categories(attribute.group(2).strip()));
                }
                case "@data" -> {
                    return found;
                }
                case "@relation", "" -> {
                }
                default -> {
                    if (!text.startsWith("%")) {
                        throw lines.bad("'%s'".formatted(word), "@relation, @attribute or @data");
                    }
                }
            }
        }
        throw lines.bad("the end", "@data");
    }

    private List<String> categories(String type) {
        if (type.startsWith("{") && type.endsWith("}")) {
            return quotedFields(type.substring(1, type.length() - 1));
        }
        return type.toLowerCase(Locale.ROOT).matches("numeric|real|integer") ? List.of() : null;
    }

    List<String> names() {
        return names;
    }

    /** Whether the file says what its columns hold. */
    boolean isDeclared() {
        return arff;
    }

    /** What an ARFF says of a column: its categories, none for numbers. */
    List<String> declared(String name) {
        List<String> categories = declared.get(name);
        if (categories == null) {
            throw lines.bad("attribute '%s' of another type".formatted(name), "numeric, real, integer or {categories}");
        }
        return categories;
    }

    /** The values of the next row, one per column, without blanks around them, or null after the last. */
    List<String> next() {
        List<String> fields = arff ? arffRow() : Delimited.fields(lines, separator);
        if (fields != null && fields.size() != names.size()) {
            throw lines.bad(fields.size() + " values", names.size() + ", one per column");
        }
        return fields == null || arff ? fields : fields.stream().map(String::strip).toList();
    }

    private List<String> arffRow() {
        String line = lines.next();
        while (line != null && (line.isBlank() || line.startsWith("%"))) {
            line = lines.next();
        }
        if (line != null && line.strip().startsWith("{")) {
            throw lines.bad("a sparse row", "values of all columns");
        }
        return line == null ? null : quotedFields(line);
    }

    /** Fields between commas, with quotes of either kind, in which a backslash takes the next character as it is. */
    private List<String> quotedFields(String line) {
        List<String> fields = new ArrayList<>();
        int at = 0;
        while (true) {
            StringBuilder field = new StringBuilder();
            at = skipBlanks(line, at);
            if (at < line.length() && (line.charAt(at) == '\'' || line.charAt(at) == '"')) {
                char quote = line.charAt(at++);
                for (; at < line.length() && line.charAt(at) != quote; at++) {
                    at += line.charAt(at) == '\\' && at + 1 < line.length() ? 1 : 0;
                    field.append(line.charAt(at));
                }
                if (at == line.length()) {
                    throw lines.bad("a quote that is never closed", "a closing quote");
                }
                at = skipBlanks(line, at + 1);
                if (at < line.length() && line.charAt(at) != ',') {
                    throw lines.bad("'%c' after a quote".formatted(line.charAt(at)), "a comma");
                }
                fields.add(field.toString());
            } else {
                int end = line.indexOf(',', at);
                end = end < 0 ? line.length() : end;
                fields.add(line.substring(at, end).strip());
                at = end;
            }
            if (at >= line.length()) {
                return fields;
            }
            at++;
        }
    }

    private static int skipBlanks(String line, int at) {
        int to = at;
        while (to < line.length() && Character.isWhitespace(line.charAt(to))) {
            to++;
        }
        return to;
    }

    /** What is wrong with the row that was read last. */
    PerigeeException bad(String got, String expected) {
        return lines.bad(got, expected);
    }

    @Override
    public void close() {
        lines.close();
    }
}
