package dev.perigee.collection;

import dev.perigee.storage.StagedFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Files that a collection makes before it is saved, in a folder that is made with the first and goes with the collection.
 * Counts the segments that use each of them, and deletes what none uses any more.
 */
final class WorkingFolder implements AutoCloseable {
    private final Path near;
    private final Map<Path, Integer> users = new HashMap<>();
    private StagedFolder folder;
    private int fileNumber;

    /** @param near the folder lies beside this path */
    WorkingFolder(Path near) {
        this.near = near;
    }

    /** A path for a new file. */
    synchronized Path newFile(String kind) {
        if (folder == null) {
            folder = StagedFolder.create(near);
        }
        return folder.path().resolve("%s-%d.pgb".formatted(kind, ++fileNumber));
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
        return folder != null && file.startsWith(folder.path());
    }

    static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() {
        if (folder != null) {
            folder.close();
        }
    }
}
