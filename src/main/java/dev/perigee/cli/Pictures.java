package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** PNG files for one folder: drawn first, written at the end, so that what ends early leaves nothing. Loads without java.desktop. */
public final class Pictures {
    private final Path folder;
    private final Map<String, byte[]> files = new LinkedHashMap<>();

    /** Checks already now that the folder is one or can be one. @throws PerigeeException INVALID_ARGUMENT, IO */
    public Pictures(Path folder) {
        this.folder = folder;
        Path there = folder.toAbsolutePath().normalize();
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        check(Files.isDirectory(there), "out: %s is a file (expected a folder)", there);
        if (!Files.isWritable(there)) {
            throw new PerigeeException(ErrorCode.IO, "out: no permission to write to %s".formatted(there));
        }
    }

    /** Why pictures are left out, if so. */
    public static Optional<String> whyNot() {
        if (ModuleLayer.boot().findModule("java.desktop").isEmpty()) {
            return Optional.of("this Java has no java.desktop, as in the portable image");
        }
        return Drawing.whyNot();
    }

    public void add(String name, BufferedImage image) {
        files.put(name, Drawing.png(image));
    }

    /** Writes all of them, each whole or not at all, over those of an earlier run; returns where they are. */
    public List<Path> write() {
        List<Path> written = new ArrayList<>();
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path target = folder.resolve(file.getKey());
            Path beside = folder.resolve(file.getKey() + "." + UUID.randomUUID() + ".tmp");
            try {
                Files.createDirectories(folder);
                try {
                    Files.write(beside, file.getValue());
                    Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    Files.deleteIfExists(beside);
                }
            } catch (IOException e) {
                throw new PerigeeException(ErrorCode.IO, "write: %s: %s".formatted(target, e), e);
            }
            written.add(target);
        }
        return written;
    }
}
