package dev.perigee.storage;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Says in Perigee's words what the file system refused, and what is wrong with a file. */
final class FileFailure {
    private FileFailure() {
    }

    /** @param action what was tried, as in "cannot {action} FILE" */
    static PerigeeException of(String action, Path path, IOException e) {
        return switch (e) {
            case NoSuchFileException _ ->
                    new PerigeeException(ErrorCode.NOT_FOUND, "cannot %s %s: no such file or folder".formatted(action, path), e);
            case AccessDeniedException _ ->
                    new PerigeeException(ErrorCode.IO, "cannot %s %s: permission denied".formatted(action, path), e);
            case ClosedByInterruptException _ ->
                    new PerigeeException(ErrorCode.CANCELLED, "cannot %s %s: interrupted".formatted(action, path), e);
            case FileSystemException f when f.getReason() != null ->
                    new PerigeeException(ErrorCode.IO, "cannot %s %s: %s".formatted(action, path, f.getReason()), e);
            default -> new PerigeeException(ErrorCode.IO, "cannot %s %s: %s".formatted(action, path, e.getMessage()), e);
        };
    }

    static PerigeeException corrupt(String format, Object... arguments) {
        return new PerigeeException(ErrorCode.CORRUPT_FILE, format.formatted(arguments));
    }

    static PerigeeException corruptChecksum(int found, int expected, String what, long offset, Path path) {
        return corrupt("checksum: %08x (expected %08x, %s at offset %d, file %s)", found, expected, what, offset, path);
    }
}
