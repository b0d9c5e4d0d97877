package dev.perigee.dataset;

import java.util.ArrayList;
import java.util.List;

/** Lines of CSV and TSV (RFC 4180). */
final class Delimited {
    private Delimited() {
    }

    /** The fields of the next line, or null after the last; a quoted field may hold separators, line ends and doubled quotes. */
    static List<String> fields(TextLines lines, char separator) {
        String line = lines.next();
        if (line == null) {
            return null;
        }
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; ; i++) {
            if (i == line.length()) {
                if (!quoted) {
                    break;
                }
                String more = lines.next();
                if (more == null) {
                    throw lines.bad("a quote that is never closed", "a closing quote");
                }
                field.append('\n');
                line = more;
                i = -1;
            } else if (line.charAt(i) == '"') {
                boolean doubled = quoted && i + 1 < line.length() && line.charAt(i + 1) == '"';
                if (doubled) {
                    field.append('"');
                    i++;
                } else {
                    quoted = !quoted;
                }
            } else if (line.charAt(i) == separator && !quoted) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(line.charAt(i));
            }
        }
        fields.add(field.toString());
        return fields;
    }
}
