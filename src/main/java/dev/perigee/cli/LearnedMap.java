package dev.perigee.cli;

import dev.perigee.evaluate.Labels;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The picture of {@code learn fit --map}: rows before and after a transform, each in the plane of its first two principal
 * components, coloured by class; before, also what lies equally far by the learned distance.
 */
final class LearnedMap {
    static final int MOST_ROWS = 2000;
    private static final int SIDE = 620;
    private static final int TOP = Canvas.HEAD + 64;
    private static final int FOOT = 44;
    private static final int LEGEND = TOP + SIDE + FOOT + 32;
    private static final int LEGEND_COLUMNS = 5;
    static final int WIDTH = 2 * Canvas.MARGIN + 2 * SIDE + 24;
    static final int HEIGHT = TOP + SIDE + FOOT + 48 + Canvas.MARGIN;
    /** Rows that vary so many times more one way than the other would be a line: then the axes have scales of their own. */
    private static final double MOST_RATIO = 5;

    private static final String LEARNED = "equally far from the mean by the learned distance; half the dots inside";
    private static final String BEFORE_UNIT = "equally far from the mean when mapped, before rows get length 1";

    private final Canvas canvas;
    private final Optional<Labels> labels;
    private final int[] classes;
    private final int[] shown;
    private final SplittableRandom random;
    /** What the ellipse is. */
    private final String meaning;

    private LearnedMap(Canvas canvas, Optional<Labels> labels, int[] classes, int[] shown, SplittableRandom random,
            String meaning) {
        this.canvas = canvas;
        this.labels = labels;
        this.classes = classes;
        this.shown = shown;
        this.random = random;
        this.meaning = meaning;
    }

    /**
     * Draws rows [n, inputDim], by {@code seed} at most 2,000 of at most 10 classes.
     *
     * @param labels of the rows; without them all have one colour
     * @param name   of the data, likewise {@code method} of what was learned
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for rows that vary in one direction only
     */
    static BufferedImage draw(Matrix rows, Optional<Labels> labels, Transform transform, String name, String method, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] classes = labels.map(some -> drawn(IntStream.range(0, some.classes()).toArray(), Canvas.CLASSES.length, random))
                .orElse(new int[0]);
        int[] shown = drawn(IntStream.range(0, rows.rows())
                .filter(row -> labels.isEmpty() || Arrays.binarySearch(classes, labels.get().of(row)) >= 0).toArray(), MOST_ROWS,
                random);
        String some = labels.map(all -> all.classes() > classes.length
                ? " of %d of %d classes".formatted(classes.length, all.classes()) : " of %d classes".formatted(classes.length)).orElse("");
        try (Canvas canvas = new Canvas(WIDTH, HEIGHT, "What %s makes of %s".formatted(method, name),
                String.format(Locale.ROOT, "%,d%s rows%s", shown.length,
                        shown.length < rows.rows() ? String.format(Locale.ROOT, " of %,d", rows.rows()) : "", some));
                Arena arena = Arena.ofConfined()) {
            LearnedMap map = new LearnedMap(canvas, labels, classes, shown, random,
                    transform.steps().getLast() instanceof Transform.Unit ? BEFORE_UNIT : LEARNED);
            Matrix before = rows.select(arena, shown);
            Matrix after = Matrix.allocate(arena, shown.length, transform.outputDim());
            transform.apply(before, after);
            Plane plane = Plane.of(before);
            map.panel(plane, Ellipse.learned(transform, plane), Canvas.MARGIN, "before: " + values(rows.dim()));
            map.panel(Plane.of(after), Optional.empty(), Canvas.MARGIN + SIDE + 24, "after: " + values(transform.outputDim()));
            map.legend();
            return canvas.image;
        }
    }

    /** At most so many of them, in their order. */
    private static int[] drawn(int[] all, int most, SplittableRandom random) {
        return Arrays.stream(shuffled(all, random)).limit(most).sorted().toArray();
    }

    /** The same array. */
    private static int[] shuffled(int[] all, SplittableRandom random) {
        for (int i = all.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int one = all[i];
            all[i] = all[other];
            all[other] = one;
        }
        return all;
    }

    private static String values(int dim) {
        return dim == 1 ? "one value" : String.format(Locale.ROOT, "%,d values", dim);
    }

    private void panel(Plane plane, Optional<Ellipse> ellipse, int left, String caption) {
        canvas.card(left, Canvas.HEAD, SIDE, TOP - Canvas.HEAD + SIDE + FOOT);
        canvas.text(caption, left + 24, Canvas.HEAD + 38, Font.BOLD, 18, Canvas.INK);
        boolean line = plane.basis().length == 1;
        double[][] points = !line ? plane.points()
                : Arrays.stream(plane.points()).map(p -> new double[] {p[0], random.nextDouble()}).toArray(double[][]::new);
        DoubleSummaryStatistics xs = Arrays.stream(points).mapToDouble(p -> p[0]).summaryStatistics();
        DoubleSummaryStatistics ys = Arrays.stream(points).mapToDouble(p -> p[1]).summaryStatistics();
        double width = xs.getMax() - xs.getMin();
        double height = ys.getMax() - ys.getMin();
        double room = SIDE - 64;
        double common = room / Math.max(width, height);
        boolean apart = Math.min(width, height) > 0 && Math.max(width, height) > MOST_RATIO * Math.min(width, height);
        double across = line || apart ? room / width : common;
        double up = line ? room / 3 : apart ? room / height : common;
        String axes = line ? "height only keeps dots apart"
                : plane.basis()[0].length == 2 ? "" : "first two principal components";
        String stretched = line || !apart ? "" : String.format(Locale.ROOT, " (%s \u00d7 %,.0f)",
                up > across ? "height" : "width", Math.max(up / across, across / up));
        canvas.textTo(axes + stretched, left + SIDE - 24, Canvas.HEAD + 38, Font.PLAIN, 15, Canvas.GREY);
        AffineTransform place = AffineTransform.getTranslateInstance(left + SIDE / 2.0, TOP + SIDE / 2.0);
        place.scale(across, -up);
        place.translate(-xs.getMin() - width / 2, -ys.getMin() - height / 2);
        Shape whole = canvas.g.getClip();
        canvas.g.clipRect(left + 1, TOP, SIDE - 2, SIDE);
        ellipse.ifPresent(found -> canvas.ellipse(found, place, Canvas.INK));
        dots(points, place);
        ellipse.ifPresent(found -> canvas.outline(found, place));
        canvas.g.setClip(whole);
        ellipse.ifPresent(found -> {
            double[] mean = new double[2];
            place.transform(mean, 0, mean, 0, 1);
            cross(mean[0], mean[1], 6, Color.WHITE);
            cross(mean[0], mean[1], 2.5f, Canvas.INK);
            AffineTransform key = AffineTransform.getTranslateInstance(left + 37, TOP + SIDE + 16);
            canvas.ellipse(new Ellipse(13, 7, 0), key, Canvas.INK);
            canvas.outline(new Ellipse(13, 7, 0), key);
            canvas.text(meaning, left + 60, TOP + SIDE + 21, Font.PLAIN, 14, Canvas.INK);
        });
    }

    private void cross(double x, double y, float width, Color colour) {
        canvas.g.setColor(colour);
        canvas.g.setStroke(new BasicStroke(width));
        canvas.g.draw(new Line2D.Double(x - 8, y, x + 8, y));
        canvas.g.draw(new Line2D.Double(x, y - 8, x, y + 8));
    }

    /** In an order of chance, that no class lies over all others. */
    private void dots(double[][] points, AffineTransform place) {
        int size = points.length > 600 ? 7 : 10;
        for (int i : shuffled(IntStream.range(0, points.length).toArray(), random)) {
            double[] at = new double[2];
            place.transform(points[i], 0, at, 0, 1);
            dot(at[0], at[1], size, colour(shown[i]));
        }
    }

    private Color colour(int row) {
        return labels.map(some -> Canvas.CLASSES[Arrays.binarySearch(classes, some.of(row))]).orElse(Canvas.ACCENT);
    }

    private void dot(double x, double y, int size, Color colour) {
        var dot = new Ellipse2D.Double(x - size / 2.0, y - size / 2.0, size, size);
        canvas.g.setColor(Canvas.faint(colour, 190));
        canvas.g.fill(dot);
        canvas.g.setColor(Color.WHITE);
        canvas.g.setStroke(new BasicStroke(1));
        canvas.g.draw(dot);
    }

    /** The classes by colour and name, below the panels. */
    private void legend() {
        int left = Canvas.MARGIN + 84;
        int width = (WIDTH - Canvas.MARGIN - left) / LEGEND_COLUMNS;
        if (classes.length > 0) {
            canvas.text("class", Canvas.MARGIN + 24, LEGEND, Font.PLAIN, 15, Canvas.GREY);
        }
        for (int c = 0; c < classes.length; c++) {
            int x = left + c % LEGEND_COLUMNS * width;
            int y = LEGEND + c / LEGEND_COLUMNS * 26;
            dot(x, y - 5, 12, Canvas.CLASSES[c]);
            String name = canvas.fitting(labels.orElseThrow().name(classes[c]), width - 24, 15);
            canvas.text(name, x + 12, y, Font.PLAIN, 15, Canvas.INK);
        }
    }
}
