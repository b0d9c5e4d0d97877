package dev.perigee.cli;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Letters of several alphabets by twenty hands each, which the program carries: Omniglot (Lake, Salakhutdinov and Tenenbaum
 * 2015).
 *
 * @param images    [n, 784], 28 x 28 pixels line by line, from 0 to 1 = ink
 * @param labels    the letter of each, a place in {@code alphabets} and {@code names}
 * @param alphabets of each letter that there is, also of those that no image is of
 * @param names     of each letter within its alphabet
 */
public record Letters(Matrix images, int[] labels, List<String> alphabets, List<String> names) {
    public static final int SIDE = 28;
    /** Alphabets to learn on: 136 letters. */
    public static final List<String> LEARNED = List.of("Balinese", "Early_Aramaic", "Greek", "Korean", "Latin");
    /** Alphabets to be judged on: 106 letters. */
    public static final List<String> UNSEEN = List.of("Japanese_(katakana)", "Sanskrit", "Tagalog");
    private static final int HANDS = 20;

    /** All of them, in memory of {@code arena}. @throws PerigeeException NOT_FOUND where the program does not carry them */
    public static Letters read(Arena arena) {
        Matrix images = DemoData.carried("learn/letters-idx3-ubyte.gz", "the portable image has no learning", arena);
        for (int i = 0; i < images.rows(); i++) {
            float[] pixels = images.get(i);
            for (int p = 0; p < pixels.length; p++) {
                pixels[p] /= 255;
            }
            images.set(i, pixels);
        }
        List<String[]> letters = letters();
        return new Letters(images, IntStream.range(0, images.rows()).map(i -> i / HANDS).toArray(),
                letters.stream().map(letter -> letter[0]).toList(), letters.stream().map(letter -> letter[1]).toList());
    }

    private static List<String[]> letters() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Letters.class.getResourceAsStream("/dev/perigee/learn/letters.tsv"), StandardCharsets.UTF_8))) {
            return lines.lines().map(line -> line.split("\t")).toList();
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.IO, "letters: %s".formatted(e), e);
        }
    }

    /** Those of some alphabets, copied to memory of {@code arena}; a letter keeps its label. */
    public Letters of(List<String> wanted, Arena arena) {
        int[] rows = IntStream.range(0, labels.length).filter(i -> wanted.contains(alphabets.get(labels[i]))).toArray();
        return new Letters(images.select(arena, rows), IntStream.of(rows).map(row -> labels[row]).toArray(), alphabets, names);
    }
}
