package dev.perigee.cli;

import dev.perigee.vector.Matrix;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The pictures of {@code learn demo}. */
final class LetterPictures {
    private static final int MAP = 620;
    private static final int GLYPH = 26;

    private LetterPictures() {
    }

    /** A line of the table: how a way to compare letters was judged. */
    record Line(String name, double hitAt1, double mapAtR, double silhouette) {
    }

    /**
     * Ten letters before and after, in the plane of the first two principal components of what they became, each with the
     * ellipse of two standard deviations of its drawings.
     *
     * @param before [n, any], unseen letters as the best unlearned way sees them
     * @param after  [n, any], as they were learned
     */
    static BufferedImage map(Letters letters, Matrix before, Matrix after, String name, String title) {
        int width = 2 * Canvas.MARGIN + 2 * MAP + 24;
        try (Canvas canvas = new Canvas(width, Canvas.HEAD + MAP + 60 + Canvas.MARGIN, title,
                "200 drawings of ten letters that were not learned from, in the plane of their first two principal components;"
                        + " ellipses hold two standard deviations")) {
            int[] shown = shown(letters);
            panel(canvas, letters, before, shown, Canvas.MARGIN, "before: " + name);
            panel(canvas, letters, after, shown, Canvas.MARGIN + MAP + 24, "after: learned on five other alphabets");
            return canvas.image;
        }
    }

    /** Rows of ten letters, spread over the alphabets. */
    private static int[] shown(Letters letters) {
        int[] classes = IntStream.of(letters.labels()).distinct().toArray();
        List<Integer> chosen = IntStream.range(0, Canvas.CLASSES.length)
                .map(i -> classes[(i * classes.length + classes.length / 2) / Canvas.CLASSES.length]).boxed().toList();
        return IntStream.range(0, letters.labels().length).filter(row -> chosen.contains(letters.labels()[row])).toArray();
    }

    private static void panel(Canvas canvas, Letters letters, Matrix rows, int[] shown, int left, String caption) {
        canvas.card(left, Canvas.HEAD, MAP, MAP + 60);
        canvas.text(caption, left + 20, Canvas.HEAD + 36, Font.BOLD, 17, Canvas.INK);
        double[][] plane = plane(rows, shown);
        int top = Canvas.HEAD + 52;
        int[] labels = IntStream.of(shown).map(row -> letters.labels()[row]).toArray();
        int[] classes = IntStream.of(labels).distinct().toArray();
        for (int c = 0; c < classes.length; c++) {
            int label = classes[c];
            double[][] points = IntStream.range(0, shown.length).filter(i -> labels[i] == label)
                    .mapToObj(i -> new double[] {left + plane[i][0], top + plane[i][1]}).toArray(double[][]::new);
            ellipse(canvas, points, Canvas.CLASSES[c]);
        }
        for (int i = 0; i < shown.length; i++) {
            int label = labels[i];
            int number = IntStream.range(0, classes.length).filter(c -> classes[c] == label).findFirst().orElseThrow();
            Color colour = Canvas.CLASSES[number];
            canvas.g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
            canvas.g.drawImage(glyph(letters.images().get(shown[i]), colour), (int) (left + plane[i][0] - GLYPH / 2.0),
                    (int) (top + plane[i][1] - GLYPH / 2.0), GLYPH, GLYPH, null);
        }
    }

    /** Points of the panel, in pixels from its corner. */
    private static double[][] plane(Matrix rows, int[] shown) {
        try (Arena arena = Arena.ofConfined()) {
            double[][] flat = Plane.of(rows.select(arena, shown)).points();
            double far = Arrays.stream(flat).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElse(1);
            double scale = (MAP / 2.0 - GLYPH) / far;
            return Arrays.stream(flat).map(p -> new double[] {MAP / 2.0 + scale * p[0], MAP / 2.0 - scale * p[1]})
                    .toArray(double[][]::new);
        }
    }

    private static void ellipse(Canvas canvas, double[][] points, Color colour) {
        double mx = Arrays.stream(points).mapToDouble(p -> p[0]).average().orElse(0);
        double my = Arrays.stream(points).mapToDouble(p -> p[1]).average().orElse(0);
        double xx = 0;
        double xy = 0;
        double yy = 0;
        for (double[] p : points) {
            xx += (p[0] - mx) * (p[0] - mx) / points.length;
            xy += (p[0] - mx) * (p[1] - my) / points.length;
            yy += (p[1] - my) * (p[1] - my) / points.length;
        }
        canvas.ellipse(Ellipse.spread(xx, xy, yy, 2), AffineTransform.getTranslateInstance(mx, my), colour);
    }

    /** A letter in colour, on nothing. @param pixels 1 = ink */
    private static BufferedImage glyph(float[] pixels, Color colour) {
        BufferedImage glyph = new BufferedImage(Letters.SIDE, Letters.SIDE, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < pixels.length; i++) {
            int alpha = Math.round(255 * Math.min(1, 1.3f * pixels[i]));
            glyph.setRGB(i % Letters.SIDE, i / Letters.SIDE, alpha << 24 | colour.getRGB() & 0xFFFFFF);
        }
        return glyph;
    }

    /** @param losses of each step; NaN where there was nothing to learn */
    static BufferedImage loss(double[] losses, String title) {
        int every = Math.clamp(losses.length / 4, 1, 25);
        XYChart chart = new XYChartBuilder().width(1200).height(640).title(title).xAxisTitle("step, of 256 drawings each")
                .yAxisTitle(every == 1 ? "loss" : "loss, mean of %d steps".formatted(every)).build();
        ChartStyle.apply(chart.getStyler());
        chart.getStyler().setYAxisLogarithmic(false).setYAxisMin(0.0).setXAxisMin(0.0).setXAxisMax((double) losses.length)
                .setXAxisTickMarkSpacingHint(130).setLegendVisible(false);
        chart.getStyler().setYAxisTickLabelsFormattingFunction(value -> String.format(Locale.ROOT, "%.0f", value));
        chart.getStyler().setXAxisTickLabelsFormattingFunction(value -> String.format(Locale.ROOT, "%,.0f", value));
        double[] means = IntStream.range(0, losses.length / every)
                .mapToDouble(i -> Arrays.stream(losses, i * every, (i + 1) * every)
                .filter(loss -> !Double.isNaN(loss)).average().orElse(0)).toArray();
        chart.getStyler().setYAxisMax(Math.ceil(Arrays.stream(means).max().orElse(1)));
        XYSeries series = chart.addSeries("loss", IntStream.rangeClosed(1, means.length).mapToDouble(i -> i * every).toArray(),
                means);
        ChartStyle.apply(series, 1);
        series.setMarker(SeriesMarkers.NONE);
        return BitmapEncoder.getBufferedImage(chart);
    }

    /** Every way that letters were compared, as bars; the last line is what was learned, and the best before it stands out. */
    static BufferedImage table(List<Line> lines, String title, String subtitle) {
        int row = 54;
        int name = 250;
        int bar = 330;
        int width = 2 * Canvas.MARGIN + 40 + name + 2 * bar + 130;
        Line best = lines.subList(0, lines.size() - 1).stream().max(java.util.Comparator.comparingDouble(Line::hitAt1))
                .orElseThrow();
        try (Canvas canvas = new Canvas(width, Canvas.HEAD + 56 + lines.size() * row + 20 + Canvas.MARGIN, title, subtitle)) {
            canvas.card(Canvas.MARGIN, Canvas.HEAD, width - 2 * Canvas.MARGIN, 56 + lines.size() * row + 20);
            int x = Canvas.MARGIN + 24;
            int y = Canvas.HEAD + 36;
            canvas.text("hit@1", x + name, y, Font.BOLD, 16, Canvas.GREY);
            canvas.text("MAP@R", x + name + bar, y, Font.BOLD, 16, Canvas.GREY);
            canvas.textTo("silhouette", width - Canvas.MARGIN - 24, y, Font.BOLD, 16, Canvas.GREY);
            for (int i = 0; i < lines.size(); i++) {
                Line line = lines.get(i);
                boolean learned = i == lines.size() - 1;
                Color colour = learned ? Canvas.ACCENT : line == best ? Canvas.INK : new Color(0xAFB8C1);
                y = Canvas.HEAD + 56 + i * row;
                canvas.line(x, y, width - Canvas.MARGIN - 24, y, Canvas.LINE);
                canvas.text(line.name(), x, y + 33, learned || line == best ? Font.BOLD : Font.PLAIN, 16, Canvas.INK);
                bar(canvas, x + name, y, bar - 90, line.hitAt1(), colour);
                bar(canvas, x + name + bar, y, bar - 90, line.mapAtR(), colour);
                canvas.textTo(String.format(Locale.ROOT, "%.3f", line.silhouette()), width - Canvas.MARGIN - 24, y + 33,
                        Font.PLAIN, 16, Canvas.INK);
            }
            return canvas.image;
        }
    }

    private static void bar(Canvas canvas, int x, int y, int width, double value, Color colour) {
        canvas.g.setColor(colour);
        int length = (int) Math.max(2, Math.round(width * value));
        canvas.g.fillRoundRect(x, y + 16, length, 22, 6, 6);
        canvas.text(String.format(Locale.ROOT, "%.3f", value), x + length + 8, y + 33, Font.PLAIN, 16, Canvas.INK);
    }

    /**
     * Some drawings beside their nearest, before and after; a frame says whether they are the same letter.
     *
     * @param queries rows
     * @param before  of each query its nearest rows, likewise {@code after}
     */
    static BufferedImage neighbours(Letters letters, int[] queries, int[][] before, int[][] after, String name, String title) {
        int tile = 72;
        int gap = 8;
        int band = before[0].length * (tile + gap) - gap;
        int width = 2 * Canvas.MARGIN + 48 + tile + 2 * (60 + band);
        int height = 46 + queries.length * (tile + 16);
        try (Canvas canvas = new Canvas(width, Canvas.HEAD + height + Canvas.MARGIN, title,
                "letters of alphabets that were not learned from; green = the same letter by another hand, red = another")) {
            canvas.card(Canvas.MARGIN, Canvas.HEAD, width - 2 * Canvas.MARGIN, height);
            int x = Canvas.MARGIN + 24;
            int first = x + tile + 60;
            int second = first + band + 60;
            canvas.text("drawing", x, Canvas.HEAD + 32, Font.BOLD, 15, Canvas.GREY);
            canvas.text("before: " + name, first, Canvas.HEAD + 32, Font.BOLD, 15, Canvas.GREY);
            canvas.text("after: learned", second, Canvas.HEAD + 32, Font.BOLD, 15, Canvas.GREY);
            for (int q = 0; q < queries.length; q++) {
                int y = Canvas.HEAD + 46 + q * (tile + 16);
                tile(canvas, letters, queries[q], x, y, tile, Canvas.ACCENT);
                for (int n = 0; n < before[q].length; n++) {
                    tile(canvas, letters, before[q][n], first + n * (tile + gap), y, tile,
                            frame(letters, queries[q], before[q][n]));
                    tile(canvas, letters, after[q][n], second + n * (tile + gap), y, tile,
                            frame(letters, queries[q], after[q][n]));
                }
            }
            return canvas.image;
        }
    }

    private static Color frame(Letters letters, int query, int row) {
        return letters.labels()[query] == letters.labels()[row] ? Canvas.RIGHT : Canvas.WRONG;
    }

    private static void tile(Canvas canvas, Letters letters, int row, int x, int y, int size, Color colour) {
        canvas.g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        canvas.g.drawImage(glyph(letters.images().get(row), Canvas.INK), x + 5, y + 5, size - 10, size - 10, null);
        canvas.g.setColor(colour);
        canvas.g.setStroke(new BasicStroke(2.5f));
        canvas.g.drawRoundRect(x, y, size, size, 8, 8);
    }
}
