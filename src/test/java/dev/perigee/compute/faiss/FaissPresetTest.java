package dev.perigee.compute.faiss;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed classes are those that JavaCPP makes of the header; native/faiss/regenerate writes them again. */
class FaissPresetTest {
    private static final Path COMMITTED = Path.of("src/main/java/dev/perigee/faiss");

    @Test
    void theCommittedClassesAreThoseOfTheHeader(@TempDir Path made) throws Exception {
        Class<?> preset = Class.forName("dev.perigee.faiss.FaissPreset", false, getClass().getClassLoader());
        Path javacpp = placeOf(Class.forName("org.bytedeco.javacpp.Pointer", false, getClass().getClassLoader()));
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar",
                javacpp.toString(), "-classpath", placeOf(preset).toString(), "-d", made.toString(),
                "-Dplatform.includepath=native/faiss", preset.getName()).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(said).isZero();
        List<String> names = List.of("Faiss.java", "FaissIndex.java", "IndexFile.java", "NewIndexFile.java");
        assertThat(files(made.resolve("dev/perigee/faiss"))).containsExactlyInAnyOrderElementsOf(names);
        for (String name : names) {
            assertThat(COMMITTED.resolve(name)).hasSameTextualContentAs(made.resolve("dev/perigee/faiss").resolve(name));
        }
    }

    private static List<String> files(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static Path placeOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
