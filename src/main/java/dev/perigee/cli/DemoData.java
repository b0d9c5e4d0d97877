package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.dataset.Vectors;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/**
 * What a demo searches in, and for.
 *
 * @param rows    [n, dim], finite
 * @param queries [q, dim], finite, none of them among the rows
 * @param name    what they are, for a title
 */
record DemoData(Matrix rows, Matrix queries, String name) {
    /** Fewer rows, queries included, show nothing. */
    private static final int MIN_ROWS = 20;
    private static final int MAX_HELD_OUT = 1000;
    private static final String IMAGES = "t10k-images-idx3-ubyte.gz";

    /** The test images of Fashion-MNIST, which the program carries. In memory of {@code arena}, as all here. */
    static DemoData fashion(Arena arena) {
        return heldOut(carried("demo/" + IMAGES, "--data takes a file", arena), "Fashion-MNIST");
    }

    /**
     * A file of vectors that the program carries.
     *
     * @param advice what else can be done where it does not
     * @throws PerigeeException NOT_FOUND
     */
    static Matrix carried(String name, String advice, Arena arena) {
        try (InputStream resource = DemoData.class.getResourceAsStream("/dev/perigee/" + name)) {
            if (resource == null) {
                throw new PerigeeException(ErrorCode.NOT_FOUND, "images: not in this build (expected %s; %s)".formatted(name, advice));
            }
            // the readers of data sets read files
            Path file = Files.createTempFile("perigee-", "-" + Path.of(name).getFileName());
            try {
                Files.copy(resource, file, StandardCopyOption.REPLACE_EXISTING);
                return Vectors.read(file, arena);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "images: %s".formatted(e), e);
        }
    }

    /** The user's rows; without a file of queries the last of them, a tenth and at most 1,000, are held out to be queries. */
    static DemoData of(Path data, Path queries, Inputs inputs, Arena arena) {
        Matrix rows = Queries.finite(Vectors.read(data, inputs.format(), arena), "row", data, inputs);
        check(rows.rows() >= MIN_ROWS, "rows: %d in %s (expected at least %d for a demo)", rows.rows(), data, MIN_ROWS);
        String name = data.getFileName().toString();
        return queries == null ? heldOut(rows, name) : new DemoData(rows, Queries.read(queries, inputs, rows.dim(), arena), name);
    }

    private static DemoData heldOut(Matrix all, String name) {
        int rows = all.rows() - Math.min(MAX_HELD_OUT, all.rows() / 10);
        return new DemoData(all.slice(0, rows), all.slice(rows, all.rows()), name);
    }

    String summary() {
        return String.format(Locale.ROOT, "%s: %,d rows x %d to search in, %,d queries",
                name, rows.rows(), rows.dim(), queries.rows());
    }
}
