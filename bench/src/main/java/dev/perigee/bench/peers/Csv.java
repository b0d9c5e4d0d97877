package dev.perigee.bench.peers;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.bench.csv.CsvLine;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Rows of a run as a file: a line of names, then a line per row; what holds a comma or a quote stands in quotes. */
final class Csv {
    static final List<String> COLUMNS = List.of("commit", "machine", "cpu", "date", "engine", "version", "build", "data",
            "index", "parameters", "threads", "mode", "k", "recall", "qps", "qps_min", "qps_max", "p50_us", "p99_us", "build_s",
            "bytes", "rss_bytes", "build_threads");

    private Csv() {
    }

    static String write(List<PeerRow> rows) {
        return Stream.concat(Stream.of(String.join(",", COLUMNS)), rows.stream().map(Csv::line))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String line(PeerRow row) {
        return Stream.of(row.commit(), row.machine(), row.cpu(), row.date(), row.engine(), row.version(), row.build(),
                row.data(), row.index(), row.parameters(), row.threads(), row.mode(), row.k(), row.recall(), row.qps(),
                row.qpsMin(), row.qpsMax(), row.p50Micros(), row.p99Micros(), row.buildSeconds(), row.bytes(), row.rssBytes(),
                row.buildThreads()).map(Csv::cell).collect(Collectors.joining(","));
    }

    private static String cell(Object value) {
        if (value instanceof Double number) {
            return Double.isFinite(number) ? new BigDecimal(number.toString()).toPlainString().replaceAll("\\.0$", "") : "";
        }
        return CsvLine.quoted(value.toString());
    }

    /** @throws PerigeeException NOT_FOUND; INVALID_ARGUMENT with the line if it is no such file */
    static List<PeerRow> read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.NOT_FOUND,
                    "plot: '%s' cannot be read (expected a CSV file of --save)".formatted(file), e);
        }
        check(!lines.isEmpty() && CsvLine.values(lines.getFirst()).equals(COLUMNS),
                "plot: '%s': line 1 (expected the columns %s)", file, String.join(",", COLUMNS));
        List<PeerRow> rows = new ArrayList<>();
        for (int i = 1; i < lines.size(); i++) {
            List<String> cells = CsvLine.values(lines.get(i));
            check(cells.size() == COLUMNS.size(), "plot: '%s': line %d: %d values (expected %d)", file, i + 1, cells.size(),
                    COLUMNS.size());
            try {
                rows.add(row(cells));
            } catch (NumberFormatException e) {
                throw PerigeeException.invalid("plot: '%s': line %d: %s (expected a number)".formatted(file, i + 1,
                        e.getMessage()));
            }
        }
        return rows;
    }

    private static PeerRow row(List<String> c) {
        return new PeerRow(c.get(0), c.get(1), c.get(2), c.get(3), c.get(4), c.get(5), c.get(6), c.get(7), c.get(8), c.get(9),
                Integer.parseInt(c.get(10)), c.get(11), Integer.parseInt(c.get(12)), real(c.get(13)), real(c.get(14)),
                real(c.get(15)), real(c.get(16)), real(c.get(17)), real(c.get(18)), real(c.get(19)), Long.parseLong(c.get(20)),
                Long.parseLong(c.get(21)), Integer.parseInt(c.get(22)));
    }

    private static double real(String cell) {
        return cell.isEmpty() ? Double.NaN : Double.parseDouble(cell);
    }
}
