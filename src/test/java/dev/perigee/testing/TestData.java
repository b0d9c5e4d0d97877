package dev.perigee.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The folder of data sets that PERIGEE_DATA names; a test whose set is absent is skipped with the reason. */
public final class TestData {
    private TestData() {
    }

    public static Path file(String name) {
        String root = System.getenv("PERIGEE_DATA");
        Assumptions.assumeTrue(root != null, "PERIGEE_DATA is not set: no data sets");
        Path file = Path.of(root, name);
        Assumptions.assumeTrue(Files.isRegularFile(file), "absent: " + file);
        return file;
    }
}
