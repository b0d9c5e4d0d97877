package dev.perigee.bench.csv;

import java.util.ArrayList;
import java.util.List;

/** A line of a CSV file (RFC 4180): what holds a comma, a quote or the end of a line stands in quotes. */
public final class CsvLine {
    private CsvLine() {
    }

    /** A value as it stands in a line. */
    public static String quoted(String value) {
        return value.matches("(?s).*[\",\n].*") ? '"' + value.replace("\"", "\"\"") + '"' : value;
    }

    /** The values of a line. */
    public static List<String> values(String line) {
        List<String> values = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                value.append(line.charAt(++i));
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                values.add(value.toString());
                value.setLength(0);
            } else {
                value.append(c);
            }
        }
        values.add(value.toString());
        return values;
    }
}
