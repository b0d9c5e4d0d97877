package dev.perigee.bench.load;

import static dev.perigee.PerigeeException.check;

import dev.perigee.dataset.VectorReader;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What is searched, and for what.
 *
 * @param rows    [n, dim]
 * @param queries [q, dim], none of them among the rows
 */
record LoadData(String name, Matrix rows, Matrix queries) {
    static final int ROWS = 60_000;
    private static final int QUERIES = 2000;
    private static final int DIM = 128;
    private static final int CLUSTERS = 256;
    private static final String VARIABLE = "PERIGEE_DATA";
    private static final String IMAGES = "fashion-mnist/train-images-idx3-ubyte.gz";
    private static final String TEST_IMAGES = "fashion-mnist/t10k-images-idx3-ubyte.gz";

    /** The first images of Fashion-MNIST where {@code PERIGEE_DATA} is the folder of data sets, else clusters. */
    static LoadData choose(int rows, long seed, Arena arena) {
        return images().isPresent() ? fashion(images().get(), rows, arena) : clusters(rows, seed, arena);
    }

    private static Optional<Path> images() {
        return Optional.ofNullable(System.getenv(VARIABLE)).map(Path::of).filter(path -> Files.exists(path.resolve(IMAGES)));
    }

    private static LoadData fashion(Path folder, int rows, Arena arena) {
        check(rows <= ROWS, "rows: %d (expected at most %d, the images of Fashion-MNIST; without %s any number)",
                rows, ROWS, VARIABLE);
        return new LoadData("fashion-mnist", first(folder.resolve(IMAGES), rows, arena),
                first(folder.resolve(TEST_IMAGES), QUERIES, arena));
    }

    private static Matrix first(Path file, int count, Arena arena) {
        try (VectorReader reader = VectorReader.open(file, Optional.empty())) {
            Matrix rows = Matrix.allocate(arena, count, reader.dim());
            int read = reader.read(rows, 0, count);
            check(read == count, "rows: %d in %s (expected %d)", read, file, count);
            return rows;
        }
    }

    /** Rows scattered about {@value #CLUSTERS} Gaussian centres: the same for the same seed. */
    static LoadData clusters(int rows, long seed, Arena arena) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] centres = new float[CLUSTERS][DIM];
        for (float[] centre : centres) {
            for (int t = 0; t < DIM; t++) {
                centre[t] = (float) random.nextGaussian();
            }
        }
        return new LoadData("clusters", scattered(rows, centres, random, arena), scattered(QUERIES, centres, random, arena));
    }

    private static Matrix scattered(int count, float[][] centres, SplittableRandom random, Arena arena) {
        Matrix rows = Matrix.allocate(arena, count, DIM);
        float[] row = new float[DIM];
        for (int i = 0; i < count; i++) {
            float[] centre = centres[random.nextInt(centres.length)];
            for (int t = 0; t < DIM; t++) {
                row[t] = centre[t] + (float) (0.5 * random.nextGaussian());
            }
            rows.set(i, row);
        }
        return rows;
    }
}
