package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
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
import javax.imageio.ImageIO;

/** PNG files for one folder: drawn first, written at the end, so that what ends early leaves nothing. */
final class Pictures {
    private final Path folder;
    private final Map<String, byte[]> files = new LinkedHashMap<>();

    /** Checks already now that the folder is one or can be one. @throws PerigeeException INVALID_ARGUMENT, IO */
    Pictures(Path folder) {
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

    /** Why this machine cannot draw text, if so: a bare container has no fonts, and Java then fails in many ways. */
    static Optional<String> whyNot() {
        try {
            Graphics2D g = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB).createGraphics();
            g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 8));
            int width = g.getFontMetrics().stringWidth("perigee");
            g.dispose();
            return width > 0 ? Optional.empty() : Optional.of("the fonts of this machine have no letters");
        } catch (RuntimeException | LinkageError | InternalError e) {
            return Optional.of("Java finds no fonts here; packages fontconfig and fonts-dejavu-core have some (%s)".formatted(e));
        }
    }

    void add(String name, BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.setUseCache(false); // or it makes a temporary file
        try {
            check(ImageIO.write(image, "png", bytes), "png: not known to this Java");
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.INTERNAL, "png: %s".formatted(e), e);
        }
        files.put(name, bytes.toByteArray());
    }

    /** Writes all of them, each whole or not at all, over those of an earlier run; returns where they are. */
    List<Path> write() {
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
