package dev.perigee.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.vector.Transform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransformFileTest {
    private static final Transform TRANSFORM = Transform.of(new Transform.Scale(new double[] {0.1, 2}, new double[] {1, 1.0 / 3}),
            new Transform.Dense(new float[][] {{1, 0.3f}, {-1, 2}, {0, 1}}, new double[] {0, 0.1, 0}, true),
            Transform.Dense.linear(new float[][] {{1, 2, 3}}), new Transform.Unit(1));

    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsReadAgain() {
        Path file = folder.resolve("a.transform");
        TransformFile.write(file, new TransformFile.Content(TRANSFORM, Map.of("method", "head")).with("seed", 7));
        TransformFile.Content read = TransformFile.read(file);
        assertThat(read.facts()).isEqualTo(Map.of("method", "head", "seed", "7"));
        assertThat(read.transform().steps()).usingRecursiveComparison().isEqualTo(TRANSFORM.steps());
    }

    @Test
    void aDamagedByteIsFound() throws IOException {
        Path file = folder.resolve("a.transform");
        TransformFile.write(file, new TransformFile.Content(TRANSFORM, Map.of()));
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        assertThatThrownBy(() -> TransformFile.read(file)).hasMessageContaining("a.transform");
    }

    @Test
    void anotherFileIsNoTransform() {
        Path file = folder.resolve("b");
        try (var writer = dev.perigee.storage.BlockFileWriter.create(file)) {
            writer.attributes(Map.of("rows", 3));
            writer.commit();
        }
        assertThatThrownBy(() -> TransformFile.read(file)).hasMessageContaining("not a transform");
    }
}
