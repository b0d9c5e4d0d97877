package dev.perigee.bench.load;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.bench.csv.CsvLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Tables as files, RFC 4180 without line breaks in values: a line of names, then a line per row; null is nothing. */
final class Csv {
    private Csv() {
    }

    /** @param rows at least one, all with the names of the first */
    static void write(Path file, List<Map<String, Object>> rows) {
        List<String> names = List.copyOf(rows.getFirst().keySet());
        List<String> lines = new ArrayList<>();
        lines.add(String.join(",", names));
        for (Map<String, Object> row : rows) {
            lines.add(names.stream()
                    .map(name -> CsvLine.quoted(Objects.toString(row.get(name), "")).replace('\n', ' '))
                    .collect(Collectors.joining(",")));
        }
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.write(file, lines);
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "write: %s: %s".formatted(file, e), e);
        }
    }

    static List<Map<String, String>> read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file);
            check(!lines.isEmpty(), "csv: nothing in %s", file);
            List<String> names = CsvLine.values(lines.getFirst());
            List<Map<String, String>> rows = new ArrayList<>();
            for (String line : lines.subList(1, lines.size())) {
                List<String> values = CsvLine.values(line);
                check(values.size() == names.size(), "csv: %d values (expected %d, file %s)", values.size(), names.size(), file);
                Map<String, String> row = new LinkedHashMap<>();
                for (int i = 0; i < names.size(); i++) {
                    row.put(names.get(i), values.get(i));
                }
                rows.add(row);
            }
            return rows;
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "read: %s: %s".formatted(file, e), e);
        }
    }
}
