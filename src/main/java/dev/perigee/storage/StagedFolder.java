package dev.perigee.storage;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A folder that is filled under a temporary name beside its target and takes its place when it is whole.
 *
 * <p>A target that is a collection of Perigee is replaced; one that holds anything else is refused, before any work and again
 * before it is replaced. Files in the folder are to be written by this package's writers, which force them to the disk.
 */
public final class StagedFolder implements AutoCloseable {
    private final Path target;
    private final Path path;
    private boolean open = true;

    private StagedFolder(Path target, Path path) {
        this.target = target;
        this.path = path;
    }

    /**
     * Makes the temporary folder, and the folders above the target where there are none.
     *
     * @throws PerigeeException ALREADY_EXISTS if the target is a file, or a folder that is neither empty nor a collection
     */
    public static StagedFolder create(Path target) {
        try {
            // a link to a folder stays, what it points to is replaced
            Path real = Files.exists(target) ? target.toRealPath() : Staging.absolute(target);
            Staging.absolute(real);
            Files.createDirectories(real.getParent());
            recover(real);
            requireReplaceable(real);
            return new StagedFolder(real, Files.createDirectory(Staging.beside(real, "tmp")));
        } catch (IOException e) {
            throw FileFailure.of("write", target, e);
        }
    }

    /** Where to put the files. */
    public Path path() {
        return path;
    }

    /** Gives a finished file of this package's writers another name too, where nothing is: linked where that can be, else copied. */
    public static void link(Path file, Path to) {
        try {
            try {
                Files.createLink(to, file); // files are never changed in place, so both names stay right
            } catch (IOException | UnsupportedOperationException e) {
                Files.copy(file, to);
                Staging.force(to);
            }
        } catch (IOException e) {
            throw FileFailure.of("write", to, e);
        }
    }

    /** Moves the folder to its target. If that fails, the target is as it was. */
    public void commit() {
        if (!open) {
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION, "folder %s: in place already or closed".formatted(target));
        }
        try {
            requireReplaceable(target);
            Staging.force(path);
            if (Manifest.isIn(target)) {
                replace();
            } else {
                Files.move(path, target, StandardCopyOption.ATOMIC_MOVE); // rename(2) replaces an empty folder
                open = false;
                Staging.force(target.getParent());
            }
        } catch (IOException e) {
            throw FileFailure.of("write", target, e);
        }
    }

    /** Two renames, since a folder that is not empty cannot be replaced by one; {@link #recover} undoes half of it. */
    private void replace() throws IOException {
        Path old = Staging.beside(target, "old");
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
        try {
            Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
            throw e;
        }
        open = false;
        Staging.force(target.getParent());
        try {
            Staging.deleteTree(old);
        } catch (IOException e) { // the new folder is in place all the same
            System.getLogger(StagedFolder.class.getName()).log(System.Logger.Level.WARNING, "cannot delete " + old, e);
        }
    }

    /** Puts back what a process that ended between the two renames of {@link #replace} had set aside. */
    private static void recover(Path target) throws IOException {
        if (Files.exists(target)) {
            return;
        }
        try (DirectoryStream<Path> aside = Files.newDirectoryStream(target.getParent(), Staging.abandoned(target, "old"))) {
            for (Path old : aside) {
                Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
                return;
            }
        }
    }

    private static void requireReplaceable(Path target) throws IOException {
        if (!Files.exists(target)) {
            return;
        }
        if (!Files.isDirectory(target)) {
            throw new PerigeeException(ErrorCode.ALREADY_EXISTS,
                    "folder: %s is a file (expected a new folder, or a collection to replace)".formatted(target));
        }
        try (DirectoryStream<Path> content = Files.newDirectoryStream(target)) {
            if (content.iterator().hasNext() && !Manifest.isIn(target)) {
                throw new PerigeeException(ErrorCode.ALREADY_EXISTS,
                        "folder: %s is not empty and no collection (expected a new folder, or a collection to replace)"
                                .formatted(target));
            }
        }
    }

    /** Without a commit: deletes the temporary folder and all in it. */
    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        try {
            Staging.deleteTree(path);
        } catch (IOException e) {
            throw FileFailure.of("delete", path, e);
        }
    }
}
