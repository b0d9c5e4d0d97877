package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import javax.imageio.ImageIO;

/** What of {@link Pictures} a Java without java.desktop cannot even load. */
final class Drawing {
    private Drawing() {
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

    static byte[] png(BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.setUseCache(false); // or it makes a temporary file
        try {
            check(ImageIO.write(image, "png", bytes), "png: not known to this Java");
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.INTERNAL, "png: %s".formatted(e), e);
        }
        return bytes.toByteArray();
    }
}
