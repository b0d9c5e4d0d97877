package dev.perigee.bench.learn;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A small table of numbers with the class in its last column.
 *
 * @param rows   [n, dim]
 * @param labels whole numbers
 */
record Toy(Matrix rows, int[] labels) {
    /** Reads a file of comma-separated numbers with a line of names. */
    static Toy read(Path file, Arena arena) {
        try {
            List<double[]> lines = Files.readAllLines(file).stream().skip(1)
                    .map(line -> Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray()).toList();
            Matrix rows = Matrix.allocate(arena, lines.size(), lines.getFirst().length - 1);
            int[] labels = new int[rows.rows()];
            for (int i = 0; i < labels.length; i++) {
                double[] line = lines.get(i);
                for (int t = 0; t < rows.dim(); t++) {
                    rows.set(i, t, (float) line[t]);
                }
                labels[i] = (int) line[rows.dim()];
            }
            return new Toy(rows, labels);
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "toy: %s (file '%s')".formatted(e.getMessage(), file), e);
        }
    }

    /** The rows of some numbers. */
    Toy of(int[] some, Arena arena) {
        return new Toy(rows.select(arena, some), Arrays.stream(some).map(row -> labels[row]).toArray());
    }

    Toy mapped(Transform transform, Arena arena) {
        Matrix into = Matrix.allocate(arena, rows.rows(), transform.outputDim());
        transform.apply(rows, into);
        return new Toy(into, labels);
    }
}
