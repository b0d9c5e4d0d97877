package dev.perigee.compute.cuda;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.NativeFolders;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import jcuda.JCudaVersion;

/**
 * The native halves of JCuda, in one of the {@link NativeFolders}: JCuda would unpack them to fixed names in the temp folder,
 * which fails for a second user.
 */
public enum NativeLibrary {
    DRIVER("JCudaDriver"), CUBLAS("JCublas2");

    private final String file;
    private boolean loaded;

    NativeLibrary(String name) {
        this.file = "lib%s-%s-linux-x86_64.so".formatted(name, JCudaVersion.get());
    }

    /** The file, if there is one. */
    public Optional<Path> find() {
        return find(NativeFolders.all());
    }

    Optional<Path> find(List<Path> folders) {
        return NativeFolders.find(file, folders);
    }

    /** Why it cannot be loaded, as far as one sees without trying; empty if it may be. */
    public String problem() {
        return find().isPresent() ? "" : "no %s in %s".formatted(file, NativeFolders.besideJar());
    }

    /**
     * Loads it, and then the class of JCuda whose other half it is. Once: what comes later has nothing to do.
     *
     * @param touch what first uses that class
     * @throws PerigeeException UNAVAILABLE with the reason
     */
    synchronized void load(Runnable touch) {
        if (!loaded) {
            load(NativeFolders.all(), touch);
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
