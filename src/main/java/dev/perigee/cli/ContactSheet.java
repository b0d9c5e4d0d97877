package dev.perigee.cli;

import dev.perigee.api.SearchResult;
import dev.perigee.build.KMeans;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.lang.foreign.Arena;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;

/** Draws some queries, each beside its nearest neighbours, where rows are square grey images. */
final class ContactSheet {
    /** Neighbours beside each query. */
    static final int NEIGHBOURS = 5;
    private static final int QUERIES = 10;
    private static final int MIN_SIDE = 8;

    private static final int TILE = 112;
    private static final int GAP = 10;
    private static final int CAPTION = 22;
    private static final int MARGIN = 32;
    private static final int HEAD = 84;
    private static final int PAD = 14;
    private static final int SPACE = 18;
    /** A query, an arrow and its neighbours. */
    private static final int ARROW = 34;
    private static final int BAND_WIDTH = 2 * PAD + TILE + ARROW + NEIGHBOURS * TILE + (NEIGHBOURS - 1) * GAP;
    private static final int BAND_HEIGHT = 2 * PAD + TILE + CAPTION;
    private static final Color PAPER = new Color(0xF4F6F8);
    private static final Color CARD = Color.WHITE;
    private static final Color INK = new Color(0x24292F);
    private static final Color GREY = new Color(0x6E7781);
    private static final Color LINE = new Color(0xDDE2E7);
    private static final Color ACCENT = new Color(0x0969DA);

    private final DemoData data;
    private final int side;
    private final boolean inverted;

    private ContactSheet(DemoData data, int side) {
        this.data = data;
        this.side = side;
        this.inverted = blackShare(data.queries()) > 1.0 / 3;
    }

    /** The side of the images that the rows are: dim is a square and all values are whole numbers from 0 to 255. */
    static OptionalInt side(DemoData data) {
        int side = (int) Math.round(Math.sqrt(data.rows().dim()));
        return side >= MIN_SIDE && side * side == data.rows().dim() && arePixels(data.rows()) && arePixels(data.queries())
                ? OptionalInt.of(side) : OptionalInt.empty();
    }

    private static boolean arePixels(Matrix matrix) {
        for (int i = 0; i < matrix.rows(); i++) {
            for (float value : matrix.get(i)) {
                if (value != (int) value || value < 0 || value > 255) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Images on black are drawn on white, as ink on paper; photographs hold little pure black and stay as they are. */
    private static double blackShare(Matrix images) {
        long black = 0;
        for (int i = 0; i < images.rows(); i++) {
            for (float value : images.get(i)) {
                black += value == 0 ? 1 : 0;
            }
        }
        return (double) black / images.rows() / images.dim();
    }

    /** @param answers of all queries by L2, at least one neighbour each; ids are rows of the data */
    static BufferedImage draw(DemoData data, SearchResult answers, ComputeBackend backend, String title, String subtitle) {
        return new ContactSheet(data, side(data).orElseThrow()).draw(answers, chosen(data.queries(), backend), title, subtitle);
    }

    /** Queries that differ: of each of ten clusters the one nearest to its middle. */
    private static Set<Integer> chosen(Matrix queries, ComputeBackend backend) {
        Set<Integer> chosen = new LinkedHashSet<>();
        try (Arena arena = Arena.ofShared()) {
            Matrix middles = new KMeans(backend, 12, 0).centroids(queries, Math.min(QUERIES, queries.rows()), arena, done -> { });
            for (int c = 0; c < middles.rows(); c++) {
                int best = -1;
                double nearest = Double.POSITIVE_INFINITY;
                for (int q = 0; q < queries.rows(); q++) {
                    double distance = Distance.L2.between(queries, q, middles, c);
                    if (!chosen.contains(q) && distance < nearest) {
                        best = q;
                        nearest = distance;
                    }
                }
                chosen.add(best);
            }
        }
        return chosen;
    }

    private BufferedImage draw(SearchResult answers, Set<Integer> queries, String title, String subtitle) {
        int columns = queries.size() > 1 ? 2 : 1;
        int bands = (queries.size() + columns - 1) / columns;
        int width = 2 * MARGIN + columns * BAND_WIDTH + (columns - 1) * SPACE;
        int height = HEAD + bands * (BAND_HEIGHT + SPACE) - SPACE + MARGIN;
        BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = sheet.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(PAPER);
        g.fillRect(0, 0, width, height);
        text(g, title, MARGIN, 38, Font.BOLD, 22, INK);
        text(g, subtitle, MARGIN, 64, Font.PLAIN, 15, GREY);
        int nth = 0;
        for (int query : queries) {
            band(g, answers, query, MARGIN + nth % columns * (BAND_WIDTH + SPACE), HEAD + nth / columns * (BAND_HEIGHT + SPACE));
            nth++;
        }
        g.dispose();
        return sheet;
    }

    private void band(Graphics2D g, SearchResult answers, int query, int left, int top) {
        g.setColor(CARD);
        g.fillRoundRect(left, top, BAND_WIDTH, BAND_HEIGHT, 14, 14);
        g.setColor(LINE);
        g.drawRoundRect(left, top, BAND_WIDTH - 1, BAND_HEIGHT - 1, 14, 14);
        int x = left + PAD;
        int y = top + PAD;
        tile(g, data.queries(), query, x, y, ACCENT, 3);
        caption(g, "query " + query, x, y, ACCENT);
        arrow(g, x + TILE, y + TILE / 2);
        x += TILE + ARROW;
        for (int rank = 0; rank < Math.min(NEIGHBOURS, answers.k()); rank++) {
            if (answers.id(query, rank) >= 0) {
                tile(g, data.rows(), (int) answers.id(query, rank), x, y, LINE, 1);
                caption(g, String.format(Locale.ROOT, "%,.0f", Math.sqrt(answers.score(query, rank))), x, y, GREY);
            }
            x += TILE + GAP;
        }
    }

    private void tile(Graphics2D g, Matrix images, int row, int x, int y, Color border, int thickness) {
        // whole multiples keep every pixel a square; large images are scaled down smoothly
        int shown = side <= TILE ? TILE / side * side : TILE;
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, side <= TILE
                ? RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR : RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        int inset = (TILE - shown) / 2;
        g.drawImage(image(images.get(row)), x + inset, y + inset, shown, shown, null);
        g.setColor(border);
        g.setStroke(new BasicStroke(thickness));
        g.drawRect(x - 1, y - 1, TILE + 1, TILE + 1);
    }

    private BufferedImage image(float[] pixels) {
        BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < pixels.length; i++) {
            int value = inverted ? 255 - (int) pixels[i] : (int) pixels[i];
            image.setRGB(i % side, i / side, value << 16 | value << 8 | value);
        }
        return image;
    }

    private static void arrow(Graphics2D g, int x, int y) {
        g.setColor(GREY);
        g.setStroke(new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        g.drawLine(x + 10, y, x + ARROW - 12, y);
        g.drawPolyline(new int[] {x + ARROW - 17, x + ARROW - 12, x + ARROW - 17}, new int[] {y - 5, y, y + 5}, 3);
    }

    private static void caption(Graphics2D g, String text, int x, int y, Color colour) {
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
        int width = g.getFontMetrics().stringWidth(text);
        text(g, text, x + (TILE - width) / 2, y + TILE + CAPTION - 3, Font.PLAIN, 14, colour);
    }

    private static void text(Graphics2D g, String text, int x, int y, int style, int size, Color colour) {
        g.setFont(new Font(Font.SANS_SERIF, style, size));
        g.setColor(colour);
        g.drawString(text, x, y);
    }
}
