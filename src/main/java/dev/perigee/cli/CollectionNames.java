package dev.perigee.cli;

import java.nio.file.Path;

/** What a new collection is called. */
final class CollectionNames {
    private CollectionNames() {
    }

    /** The name that was given, else one made of that of the folder. */
    static String of(String given, Path folder) {
        Path last = folder.toAbsolutePath().normalize().getFileName();
        return given != null ? given : last == null ? "collection" : last.toString().replaceAll("[^A-Za-z0-9_.-]", "_");
    }
}
