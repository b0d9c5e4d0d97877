package dev.perigee.bench.learn;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleBiFunction;
import java.util.zip.ZipFile;
import javax.imageio.ImageIO;

/**
 * The task of Omniglot: of 20 characters, each seen once, which one is this drawing by another person (Lake, Salakhutdinov and
 * Tenenbaum 2015)? 20 runs with 20 drawings each, 400 answers.
 */
final class OneShot {
    private static final int RUNS = 20;
    private static final int WAYS = 20;
    static final int SIDE = 105;
    static final int TRIALS = RUNS * WAYS;

    /** A drawing that is asked for: the place of its character among those of the run. */
    private record Run(List<boolean[]> seen, List<boolean[]> asked, int[] answers) {
    }

    private final List<Run> runs = new ArrayList<>();

    /** Reads all_runs.zip of the data set. */
    static OneShot read(Path file) {
        OneShot task = new OneShot();
        ImageIO.setUseCache(false);
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (int r = 1; r <= RUNS; r++) {
                String run = "run%02d/".formatted(r);
                List<boolean[]> seen = new ArrayList<>();
                List<boolean[]> asked = new ArrayList<>();
                for (int i = 1; i <= WAYS; i++) {
                    seen.add(ink(zip, run + "training/class%02d.png".formatted(i)));
                    asked.add(ink(zip, run + "test/item%02d.png".formatted(i)));
                }
                task.runs.add(new Run(seen, asked, answers(new String(bytes(zip, run + "class_labels.txt"),
                        StandardCharsets.US_ASCII))));
            }
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.CORRUPT_FILE, "omniglot: %s (file '%s')".formatted(e.getMessage(), file), e);
        }
        return task;
    }

    /** Lines of {@code run01/test/item01.png run01/training/class16.png}. */
    private static int[] answers(String lines) {
        int[] answers = new int[WAYS];
        for (String line : lines.strip().split("\\R")) {
            String digits = line.replaceAll("run\\d+|\\D", "");
            answers[Integer.parseInt(digits.substring(0, 2)) - 1] = Integer.parseInt(digits.substring(2)) - 1;
        }
        return answers;
    }

    private static byte[] bytes(ZipFile zip, String name) throws IOException {
        var entry = zip.getEntry(name);
        if (entry == null) {
            throw new IOException("no member " + name);
        }
        return zip.getInputStream(entry).readAllBytes();
    }

    private static boolean[] ink(ZipFile zip, String name) throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(bytes(zip, name)));
        check(image != null && image.getWidth() == SIDE && image.getHeight() == SIDE, "omniglot: %s is no image of %d x %d", name,
                SIDE, SIDE);
        boolean[] ink = new boolean[SIDE * SIDE];
        for (int i = 0; i < ink.length; i++) {
            ink[i] = (image.getRGB(i % SIDE, i / SIDE) & 0xFF) == 0;
        }
        return ink;
    }

    /**
     * Whether each of the 400 drawings was taken for the right character: the nearest, the first of equals. A distance sees
     * images as it likes: {@code view} makes of [105 x 105], true = ink, what it compares.
     */
    <T> double[] right(java.util.function.Function<boolean[], T> view, ToDoubleBiFunction<T, T> distance) {
        return runs.parallelStream().flatMapToDouble(run -> {
            List<T> seen = run.seen.stream().map(view).toList();
            double[] right = new double[WAYS];
            for (int i = 0; i < WAYS; i++) {
                T asked = view.apply(run.asked.get(i));
                int best = 0;
                double nearest = Double.POSITIVE_INFINITY;
                for (int c = 0; c < WAYS; c++) {
                    double d = distance.applyAsDouble(asked, seen.get(c));
                    if (d < nearest) {
                        nearest = d;
                        best = c;
                    }
                }
                right[i] = best == run.answers[i] ? 1 : 0;
            }
            return java.util.Arrays.stream(right);
        }).toArray();
    }

    /** An image area-averaged to {@code side x side}, 1 = ink, as the letters of the data set at that size are. */
    static float[] shrunk(boolean[] ink, int side) {
        float[] small = new float[side * side];
        double step = (double) SIDE / side;
        for (int i = 0; i < ink.length; i++) {
            if (!ink[i]) {
                continue;
            }
            int x = i % SIDE;
            int y = i / SIDE;
            for (int sy = (int) (y / step); sy < side && sy * step < y + 1; sy++) {
                for (int sx = (int) (x / step); sx < side && sx * step < x + 1; sx++) {
                    double width = Math.min(x + 1, (sx + 1) * step) - Math.max(x, sx * step);
                    double height = Math.min(y + 1, (sy + 1) * step) - Math.max(y, sy * step);
                    small[sy * side + sx] += (float) (width * height / (step * step));
                }
            }
        }
        return small;
    }
}
