package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import jcuda.JCudaVersion;

/**
 * The native halves of JCuda. They lie in {@code lib/native} beside the jar (the build puts them there), or in a folder of
 * {@code java.library.path}; JCuda would unpack them to fixed names in the temp folder, which fails for a second user.
 */
public enum NativeLibrary {
    DRIVER("JCudaDriver"), CUBLAS("JCublas2");

    private final String file;
    private boolean loaded;

    NativeLibrary(String name) {
        this.file = "lib%s-%s-linux-x86_64.so".formatted(name, JCudaVersion.get());
    }

    /** {@code lib/native} beside the jar, or beside the folder of classes. */
    static Path besideJar() {
        try {
            return Path.of(NativeLibrary.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                    .resolveSibling("lib").resolve("native").toAbsolutePath();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static List<Path> folders() {
        return Stream.concat(Stream.of(besideJar()), Stream.of(System.getProperty("java.library.path", "").split(":"))
                .filter(folder -> !folder.isBlank()).map(Path::of)).toList();
    }

    /** The file, if there is one. */
    public Optional<Path> find() {
        return find(folders());
    }

    Optional<Path> find(List<Path> folders) {
        return folders.stream().map(folder -> folder.resolve(file)).filter(Files::isReadable).findFirst();
    }

    /** Why it cannot be loaded, as far as one sees without trying; empty if it may be. */
    public String problem() {
        return find().isPresent() ? "" : "no %s in %s".formatted(file, besideJar());
    }

    /**
     * Loads it, and then the class of JCuda whose other half it is. Once: what comes later has nothing to do.
     *
     * @param touch what first uses that class
     * @throws PerigeeException UNAVAILABLE with the reason
     */
    synchronized void load(Runnable touch) {
        if (!loaded) {
            load(folders(), touch);
            loaded = true;
        }
    }

    void load(List<Path> folders, Runnable touch) {
        Path path = find(folders).orElseThrow(() -> unavailable("no %s in %s".formatted(file, folders.getFirst()), null));
        try {
            System.load(path.toString()); // says plainly what is wrong, where JCuda prints pages
            touch(path, touch);
        } catch (LinkageError e) {
            throw unavailable(String.valueOf(e.getMessage()).lines().findFirst().orElse(file), e);
        }
    }

    /** JCuda takes a file of this name in {@code java.io.tmpdir} instead of unpacking one, and asks for that property now. */
    private static synchronized void touch(Path path, Runnable touch) {
        String temporary = System.getProperty("java.io.tmpdir");
        System.setProperty("java.io.tmpdir", path.getParent().toString());
        try {
            touch.run();
        } finally {
            System.setProperty("java.io.tmpdir", temporary);
        }
    }

    private static PerigeeException unavailable(String reason, Throwable cause) {
        return new PerigeeException(ErrorCode.UNAVAILABLE, "CUDA: " + reason, cause);
    }
}
