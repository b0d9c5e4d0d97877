package dev.perigee.cli;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.dataset.Vectors;
import dev.perigee.index.TransformFile;
import dev.perigee.learn.tower.Trained;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** What {@code learn demo} leaves to go on with: images as vectors, their letters, and what was learned. */
final class LetterFiles {
    private LetterFiles() {
    }

    static List<Path> write(Path folder, Letters learned, Letters unseen, Trained trained) {
        List<Path> files = List.of(folder.resolve("train.npy"), folder.resolve("train.txt"), folder.resolve("test.npy"),
                folder.resolve("test.txt"), folder.resolve("letters.transform"));
        try {
            Files.createDirectories(folder);
            Vectors.writeNpy(files.get(0), learned.images());
            Files.write(files.get(1), names(learned));
            Vectors.writeNpy(files.get(2), unseen.images());
            Files.write(files.get(3), names(unseen));
            TransformFile.write(files.get(4), new TransformFile.Content(trained.transform(), trained.facts()));
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "write: %s (folder '%s')".formatted(e.getMessage(), folder), e);
        }
        return files;
    }

    private static List<String> names(Letters letters) {
        return IntStream.of(letters.labels()).mapToObj(label -> letters.alphabets().get(label) + "/" + letters.names().get(label))
                .toList();
    }
}
