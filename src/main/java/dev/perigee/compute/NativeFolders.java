package dev.perigee.compute;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where native libraries of Perigee lie: in {@code lib/native} beside the jar (the build puts them there), or in a folder of
 * {@code java.library.path}. Nothing is unpacked to the temp folder, which other users share.
 */
public final class NativeFolders {
    private NativeFolders() {
    }

    /** {@code lib/native} beside the jar, or beside the folder of classes. */
    public static Path besideJar() {
        try {
            return Path.of(NativeFolders.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                    .resolveSibling("lib").resolve("native").toAbsolutePath();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** All of them, the one beside the jar first. */
    public static List<Path> all() {
        return Stream.concat(Stream.of(besideJar()), Stream.of(System.getProperty("java.library.path", "").split(":"))
                .filter(folder -> !folder.isBlank()).map(Path::of)).toList();
    }

    /** The first of these folders' files of a name that can be read. */
    public static Optional<Path> find(String file, List<Path> folders) {
        return folders.stream().map(folder -> folder.resolve(file)).filter(Files::isReadable).findFirst();
    }
}
