package dev.perigee.storage;

import dev.perigee.PerigeeException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Temporary names beside a target, and what file and folder writers share. */
final class Staging {
    private static final AtomicLong COUNT = new AtomicLong();

    private Staging() {
    }

    /**
     * A name beside {@code target} that nobody uses, {@code .NAME.PID-COUNT.ending}. What processes that have ended left under
     * such names is deleted first.
     */
    static Path beside(Path target, String ending) throws IOException {
        sweep(target, ending);
        return target.resolveSibling(".%s.%d-%d.%s".formatted(
                target.getFileName(), ProcessHandle.current().pid(), COUNT.incrementAndGet(), ending));
    }

    private static void sweep(Path target, String ending) throws IOException {
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(target.getParent(), abandoned(target, ending))) {
            for (Path path : paths) {
                deleteTree(path);
            }
        }
    }

    /** Passes the temporary names beside {@code target} whose process has ended. */
    static DirectoryStream.Filter<Path> abandoned(Path target, String ending) {
        Pattern name = Pattern.compile(Pattern.quote("." + target.getFileName() + ".") + "([0-9]{1,18})-[0-9]+\\." + ending);
        return path -> {
            Matcher matcher = name.matcher(path.getFileName().toString());
            return matcher.matches() && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty();
        };
    }

    /** The absolute path of a target, checked to have a name. */
    static Path absolute(Path target) {
        Path path = target.toAbsolutePath().normalize();
        if (path.getFileName() == null) {
            throw PerigeeException.invalid("path: %s (expected the name of a file or folder)".formatted(target));
        }
        return path;
    }

    /** Forces a folder's names to the disk; a rename is durable only then. */
    static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Deletes a file or a folder with all in it; links are deleted, not followed. Nothing there is fine. */
    static void deleteTree(Path path) throws IOException {
        if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
