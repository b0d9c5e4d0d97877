package dev.perigee.dataset;

import dev.perigee.PerigeeException;
import dev.perigee.evaluate.Qrels;
import dev.perigee.evaluate.Run;
import java.nio.file.Path;

/**
 * Files of the TREC conferences, UTF-8 text, plain or gz, fields apart by blanks. Judgements: query, iteration (ignored),
 * document, grade. Runs: query, "Q0", document, rank (ignored: scores say the order), score, name of the run (ignored).
 */
public final class TrecFile {
    private TrecFile() {
    }

    /** @throws PerigeeException CORRUPT_FILE with the line, also where a document is judged twice; NOT_FOUND, IO */
    public static Qrels readQrels(Path file) {
        Qrels qrels = new Qrels();
        read(file, 4, "query, iteration, document, grade", fields ->
                qrels.add(fields[0], fields[2], Integer.parseInt(fields[3])));
        return qrels;
    }

    /** @throws PerigeeException CORRUPT_FILE with the line, also where a document comes twice; NOT_FOUND, IO */
    public static Run readRun(Path file) {
        Run run = new Run();
        read(file, 6, "query, Q0, document, rank, score, name", fields ->
                run.add(fields[0], fields[2], Double.parseDouble(fields[4])));
        return run;
    }

    private interface Line {
        void take(String[] fields);
    }

    private static void read(Path file, int count, String expected, Line each) {
        try (TextLines lines = TextLines.open(file)) {
            for (String line = lines.next(); line != null; line = lines.next()) {
                if (line.isBlank()) {
                    continue;
                }
                String[] fields = line.strip().split("\\s+");
                if (fields.length != count) {
                    throw lines.bad(fields.length + " fields", count + ": " + expected);
                }
                try {
                    each.take(fields);
                } catch (NumberFormatException e) {
                    throw lines.bad("no number: '%s'".formatted(line.strip()), expected);
                } catch (PerigeeException e) {
                    throw lines.bad(e.getMessage(), "each document once");
                }
            }
        }
    }
}
