package dev.perigee.cli;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.dataset.Vectors;
import dev.perigee.index.TransformFile;
import dev.perigee.learn.tower.Trained;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** What {@code learn demo} leaves to go on with: letters as vectors, their labels, and what was learned. */
final class LetterFiles {
    private LetterFiles() {
    }

    static List<Path> write(Path folder, Letters letters, Trained trained) {
        Path images = folder.resolve("letters.fvecs");
        Path labels = folder.resolve("letters.txt");
        Path learned = folder.resolve("letters.transform");
        try {
            Files.createDirectories(folder);
            Vectors.writeFvecs(images, values(letters.images()), letters.images().rows(), letters.images().dim());
            Files.write(labels, IntStream.of(letters.labels()).mapToObj(
                    label -> letters.alphabets().get(label) + "/" + letters.names().get(label)).toList());
            TransformFile.write(learned, new TransformFile.Content(trained.transform(), trained.facts()));
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "write: %s (folder '%s')".formatted(e.getMessage(), folder), e);
        }
        return List.of(images, labels, learned);
    }

    private static float[] values(Matrix rows) {
        float[] values = new float[rows.rows() * rows.dim()];
        for (int i = 0; i < rows.rows(); i++) {
            System.arraycopy(rows.get(i), 0, values, i * rows.dim(), rows.dim());
        }
        return values;
    }
}
