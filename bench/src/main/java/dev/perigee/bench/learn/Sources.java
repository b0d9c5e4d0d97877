package dev.perigee.bench.learn;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where data is found and what is said on the way.
 *
 * @param data  the folder of data sets, {@code PERIGEE_DATA}, if somebody said
 * @param cache for what takes long to make
 */
record Sources(Optional<Path> data, Path cache, Consumer<String> notes) {
    /** Whether all the files are there; says which rows are skipped if not. */
    boolean have(List<String> rows, String... files) {
        for (String file : files) {
            if (data.isEmpty() || !Files.exists(data.get().resolve(file))) {
                notes.accept("skipped %s: %s".formatted(String.join(", ", rows), data.isEmpty()
                        ? "PERIGEE_DATA does not say where data sets are" : "%s is not in %s".formatted(file, data.get())));
                return false;
            }
        }
        return true;
    }

    Path file(String name) {
        return data.orElseThrow().resolve(name);
    }
}
