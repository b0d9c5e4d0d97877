package dev.perigee.storage;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file that is written under a temporary name and takes its own, replacing what was there, when it is whole and on disk. */
final class StagedFile implements AutoCloseable {
    private final Path target;
    private final Path path;
    private final FileChannel channel;
    private boolean open = true;
    private boolean whole = true;

    private StagedFile(Path target, Path path, FileChannel channel) {
        this.target = target;
        this.path = path;
        this.channel = channel;
    }

    static StagedFile create(Path target) {
        Path absolute = Staging.absolute(target);
        if (Files.isDirectory(absolute)) {
            throw new PerigeeException(ErrorCode.ALREADY_EXISTS,
                    "cannot write %s: a folder of that name is there".formatted(target));
        }
        try {
            Path path = Staging.beside(absolute, "tmp");
            return new StagedFile(absolute, path,
                    FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw FileFailure.of("write", target, e);
        }
    }

    Path target() {
        return target;
    }

    /** Writes all that remains in {@code bytes} at {@code position}. */
    void write(ByteBuffer bytes, long position) {
        try {
            while (bytes.hasRemaining()) {
                position += channel.write(bytes, position);
            }
        } catch (IOException e) {
            whole = false;
            throw FileFailure.of("write", target, e);
        }
    }

    void commit() {
        if (!whole) { // nor may force() be tried twice: the second may succeed although pages were lost
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION, "cannot write %s: an earlier write failed".formatted(target));
        }
        try {
            channel.force(true);
            channel.close();
            Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
            open = false;
            Staging.force(target.getParent());
        } catch (IOException e) {
            whole = false;
            throw FileFailure.of("write", target, e);
        }
    }

    /** Without a commit: deletes what was written. */
    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        try (channel) {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw FileFailure.of("delete", path, e);
        }
    }
}
