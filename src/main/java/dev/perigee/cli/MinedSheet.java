package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.evaluate.Labels;
import dev.perigee.vector.Matrix;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/** Draws an anchor beside its nearest positives and, below, its mined negatives. */
final class MinedSheet {
    /** Rows beside each other. */
    static final int COLUMNS = 8;
    private static final int TILE = 112;
    private static final int GAP = 14;
    private static final int CAPTION = 40;
    private static final int MARGIN = 32;
    private static final int HEAD = 84;
    private static final int SIDE = 130;
    private static final Color PAPER = new Color(0xF4F6F8);
    private static final Color INK = new Color(0x24292F);
    private static final Color GREY = new Color(0x6E7781);
    private static final Color ANCHOR = new Color(0x0969DA);
    private static final Color POSITIVE = new Color(0x1A7F37);
    private static final Color NEGATIVE = new Color(0xCF222E);

    private final Matrix rows;
    private final Labels labels;
    private final int width;
    private final int height;
    private final float low;
    private final float high;
    private final boolean inverted;

    private MinedSheet(Matrix rows, Labels labels, String images) {
        this.rows = rows;
        this.labels = labels;
        check(images == null || images.matches("[1-9][0-9]{0,4}x[1-9][0-9]{0,4}"), "images: '%s' (expected WxH)", images);
        this.width = images == null ? 0 : Integer.parseInt(images.substring(0, images.indexOf('x')));
        this.height = images == null ? 0 : Integer.parseInt(images.substring(images.indexOf('x') + 1));
        check(images == null || width * height == rows.dim(), "images: %s (expected %d values, as the rows have)", images,
                rows.dim());
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        long lowest = 0;
        for (int i = 0; images != null && i < rows.rows(); i++) {
            for (float value : rows.get(i)) {
                least = Math.min(least, value);
                most = Math.max(most, value);
                lowest += value == 0 ? 1 : 0;
            }
        }
        this.low = least;
        this.high = most > least ? most : least + 1;
        this.inverted = lowest > (long) rows.rows() * rows.dim() / 3; // ink on black is drawn as ink on paper
    }

    /** @param images size as WxH, or null = rows are drawn as their numbers and labels */
    static BufferedImage draw(Matrix rows, Labels labels, String images, int anchor, List<MinedRows.Near> positives,
            List<MinedRows.Near> negatives, String subtitle) {
        return new MinedSheet(rows, labels, images).draw(anchor, positives, negatives, subtitle);
    }

    private BufferedImage draw(int anchor, List<MinedRows.Near> positives, List<MinedRows.Near> negatives, String subtitle) {
        int lines = Math.max(1, (negatives.size() + COLUMNS - 1) / COLUMNS);
        int step = TILE + CAPTION + GAP;
        BufferedImage sheet = new BufferedImage(2 * MARGIN + SIDE + COLUMNS * (TILE + GAP) - GAP,
                HEAD + (2 + lines) * step + MARGIN - GAP,
                BufferedImage.TYPE_INT_RGB);
        Graphics2D g = sheet.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(PAPER);
        g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        text(g, "What an anchor is pulled to and pushed from", MARGIN, 38, Font.BOLD, 22, INK);
        text(g, subtitle, MARGIN, 64, Font.PLAIN, 15, GREY);
        heading(g, "anchor", "row " + anchor, HEAD, ANCHOR);
        tile(g, anchor, MARGIN + SIDE, HEAD, ANCHOR);
        caption(g, labels.name(labels.of(anchor)), "", MARGIN + SIDE, HEAD);
        heading(g, "positives", "same class", HEAD + step, POSITIVE);
        line(g, positives, HEAD + step, POSITIVE);
        heading(g, "negatives", negatives.isEmpty() ? "none found" : "mined", HEAD + 2 * step, NEGATIVE);
        for (int i = 0; i < lines; i++) {
            line(g, negatives.subList(Math.min(negatives.size(), i * COLUMNS), Math.min(negatives.size(), (i + 1) * COLUMNS)),
                    HEAD + (2 + i) * step, NEGATIVE);
        }
        g.dispose();
        return sheet;
    }

    private void heading(Graphics2D g, String what, String more, int y, Color colour) {
        text(g, what, MARGIN, y + TILE / 2, Font.BOLD, 17, colour);
        text(g, fitting(g, more, SIDE - 8), MARGIN, y + TILE / 2 + 22, Font.PLAIN, 13, GREY);
    }

    private void line(Graphics2D g, List<MinedRows.Near> some, int y, Color colour) {
        for (int i = 0; i < some.size(); i++) {
            int x = MARGIN + SIDE + i * (TILE + GAP);
            tile(g, some.get(i).row(), x, y, colour);
            String distance = String.format(Locale.ROOT, "%.3f", some.get(i).distance());
            caption(g, labels.name(labels.of(some.get(i).row())), distance, x, y);
        }
    }

    private void tile(Graphics2D g, int row, int x, int y, Color border) {
        g.setColor(Color.WHITE);
        g.fillRect(x, y, TILE, TILE);
        if (width > 0) {
            int scale = Math.max(1, TILE / Math.max(width, height)); // whole multiples keep every pixel a square
            int w = Math.min(TILE, width * scale);
            int h = Math.min(TILE, height * scale);
            g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
            g.drawImage(image(rows.get(row)), x + (TILE - w) / 2, y + (TILE - h) / 2, w, h, null);
        } else {
            text(g, "row", x + 12, y + 30, Font.PLAIN, 14, GREY);
            text(g, String.valueOf(row), x + 12, y + 64, Font.BOLD, 24, INK);
        }
        g.setColor(border);
        g.setStroke(new BasicStroke(2));
        g.drawRect(x - 1, y - 1, TILE + 1, TILE + 1);
    }

    private BufferedImage image(float[] pixels) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < pixels.length; i++) {
            int value = Math.round(255 * (pixels[i] - low) / (high - low));
            int shown = inverted ? 255 - value : value;
            image.setRGB(i % width, i / width, shown << 16 | shown << 8 | shown);
        }
        return image;
    }

    private static void caption(Graphics2D g, String label, String distance, int x, int y) {
        text(g, fitting(g, label, TILE), x, y + TILE + 17, Font.PLAIN, 13, INK);
        text(g, distance, x, y + TILE + 33, Font.PLAIN, 13, GREY);
    }

    /** The text, cut to the width. */
    private static String fitting(Graphics2D g, String text, int width) {
        var metrics = g.getFontMetrics(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        String cut = text;
        while (cut.length() > 1 && metrics.stringWidth(cut) > width) {
            cut = cut.substring(0, cut.length() - 2) + "\u2026";
        }
        return cut;
    }

    private static void text(Graphics2D g, String text, int x, int y, int style, int size, Color colour) {
        g.setFont(new Font(Font.SANS_SERIF, style, size));
        g.setColor(colour);
        g.drawString(text, x, y);
    }
}
