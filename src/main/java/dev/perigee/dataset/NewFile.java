package dev.perigee.dataset;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** A file that appears whole or not at all: written beside its place under another name, then moved. */
public final class NewFile {
    /** Writes the bytes of the file. */
    interface Body {
        void write(OutputStream stream) throws IOException;
    }

    private NewFile() {
    }

    static void write(Path out, Body body) {
        writeAt(out, beside -> {
            try (OutputStream stream = new BufferedOutputStream(
                    Files.newOutputStream(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), 1 << 20)) {
                body.write(stream);
            }
        });
    }

    /** Makes a file at the path that it is given. */
    public interface Maker {
        void make(Path path) throws IOException;
    }

    /** As {@link #write}, for those who write a file by its name. */
    public static void writeAt(Path out, Maker maker) {
        // not Files.createTempFile, whose files nobody else may read
        Path beside = out.resolveSibling(out.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            maker.make(beside);
            Files.move(beside, out, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new PerigeeException(e instanceof NoSuchFileException ? ErrorCode.NOT_FOUND : ErrorCode.IO,
                    "writing: failed (%s, file '%s')".formatted(e, out), e);
        } finally {
            deleteIfThere(beside);
        }
    }

    private static void deleteIfThere(Path beside) {
        try {
            Files.deleteIfExists(beside);
        } catch (IOException e) {
            // what made the writing fail says more than this, and is on its way
        }
    }
}
