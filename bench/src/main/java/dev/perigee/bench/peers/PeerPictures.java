package dev.perigee.bench.peers;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/** Files about a run: a PNG per chart and one page with all of them. */
final class PeerPictures {
    private PeerPictures() {
    }

    /** Draws first and writes then. @throws PerigeeException INVALID_ARGUMENT if there are no rows, IO */
    static List<Path> write(List<PeerRow> rows, Path folder) {
        check(!rows.isEmpty(), "plot: no rows (expected at least one)");
        Map<String, byte[]> files = new LinkedHashMap<>();
        try {
            ImageIO.setUseCache(false); // or it makes a temporary file
            for (Map.Entry<String, BufferedImage> chart : PeerPlot.draw(rows).entrySet()) {
                ByteArrayOutputStream png = new ByteArrayOutputStream();
                check(ImageIO.write(chart.getValue(), "png", png), "png: not known to this Java");
                files.put(chart.getKey() + ".png", png.toByteArray());
            }
            byte[] page = PeerPage.html(rows, files).getBytes(java.nio.charset.StandardCharsets.UTF_8);
            files.put("peers.html", page);
            Files.createDirectories(folder);
            List<Path> written = new ArrayList<>();
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                written.add(Files.write(folder.resolve(file.getKey()), file.getValue()));
            }
            return written;
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "out: '%s': %s".formatted(folder, e), e);
        }
    }
}
