package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.dataset.Vectors;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The file of queries of a command that searches. */
final class Queries {
    @Option(names = "--queries", required = true, paramLabel = "F", description = "Queries, in the formats of build --data.")
    private Path file;

    @Mixin
    private Inputs inputs;

    /** All queries, in memory of {@code arena}; refuses rows that are not finite. */
    Matrix read(int dim, Arena arena) {
        return read(file, inputs, dim, arena);
    }

    /** All queries of a file, in memory of {@code arena}; refuses rows that are not finite. */
    static Matrix read(Path file, Inputs inputs, int dim, Arena arena) {
        Matrix queries = Vectors.read(file, inputs.format(), arena);
        check(queries.dim() == dim, "dim: %d in %s (expected %d, that of the index)", queries.dim(), file, dim);
        check(queries.rows() > 0, "queries: 0 in %s (expected at least one)", file);
        return finite(queries, "query", file, inputs);
    }

    /** The rows that are finite, moved together; refuses others, which it calls {@code word}, unless they are skipped. */
    static Matrix finite(Matrix rows, String word, Path file, Inputs inputs) {
        if (!inputs.skipBad()) {
            int bad = rows.firstNotFinite();
            check(bad < 0, "%s %d of %s: not finite (expected numbers; --skip-bad leaves such rows out)", word, bad, file);
            return rows;
        }
        int kept = 0;
        for (int i = 0; i < rows.rows(); i++) {
            if (rows.isFinite(i)) {
                rows.copy(rows, i, kept++, 1);
            }
        }
        check(kept > 0, "%s: none of %d in %s is finite", word, rows.rows(), file);
        return rows.slice(0, kept);
    }
}
