package dev.perigee.collection;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts the segments that use each file of the working folder, and deletes what none uses any more. */
final class WorkingFiles {
    private final Map<Path, Integer> users = new HashMap<>();
    private Path folder;

    synchronized void in(Path working) {
        folder = working;
    }

    synchronized void retain(List<Path> files) {
        files.stream().filter(this::isOurs).forEach(file -> users.merge(file, 1, Integer::sum));
    }

    synchronized void release(List<Path> files) {
        for (Path file : files) {
            if (isOurs(file) && users.merge(file, -1, Integer::sum) == 0) {
                users.remove(file);
                delete(file);
            }
        }
    }

    private boolean isOurs(Path file) {
        return folder != null && file.startsWith(folder);
    }

    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
