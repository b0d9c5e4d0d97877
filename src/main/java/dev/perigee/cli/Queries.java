package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.dataset.Vectors;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** Reads query files for the commands that search. */
final class Queries {
    private Queries() {
    }

    /** All queries of a file, in memory of {@code arena}; refuses rows that are not finite. */
    static Matrix read(Path file, Inputs inputs, int dim, Arena arena) {
        Matrix queries = Vectors.read(file, inputs.format(), arena);
        check(queries.dim() == dim, "dim: %d in %s (expected %d, that of the index)", queries.dim(), file, dim);
        check(queries.rows() > 0, "queries: 0 in %s (expected at least one)", file);
        if (!inputs.skipBad()) {
            int bad = queries.firstNotFinite();
            check(bad < 0, "query %d of %s: not finite (expected numbers; --skip-bad leaves such queries out)", bad, file);
            return queries;
        }
        int kept = 0;
        for (int i = 0; i < queries.rows(); i++) {
            if (queries.isFinite(i)) {
                queries.copy(queries, i, kept++, 1);
            }
        }
        check(kept > 0, "queries: none of %d in %s is finite", queries.rows(), file);
        return queries.slice(0, kept);
    }
}
