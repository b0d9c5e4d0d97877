package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.collection.Collection;
import dev.perigee.collection.Truth;
import dev.perigee.dataset.LabelFile;
import dev.perigee.evaluate.Labels;
import dev.perigee.learn.Split;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The labels of a collection's rows, and which classes a command judges by. */
final class LabelledRows {
    /** Of classes that are learned on, chosen by and judged by. */
    private static final double[] SHARES = {70, 15, 15};

    @Option(names = "--column", paramLabel = "NAME", description = "The column of a CSV or TSV of labels (default: label, or the only one).")
    private String column;

    @ArgGroup
    private Classes classes;

    /** At most one of the two. */
    static final class Classes {
        @Option(names = "--held-out", paramLabel = "CLASS", split = ",", description = {
            "Judge by these classes alone, which the transform was not learned on (default: by all)."})
        private List<String> heldOut;

        @Option(names = "--split", paramLabel = "SEED", description = "Judge by the test classes of a split of 70, 15 and 15 %% by this seed.")
        private Long split;
    }

    /**
     * Rows to judge by.
     *
     * @param all    the label of each row of the collection, by its id
     * @param ids    of the rows that are judged by
     * @param labels of these
     */
    record Chosen(int[] all, long[] ids, int[] labels) {
        /** At most so many of the rows, as evenly spread as they come. */
        long[] some(int most) {
            return ids.length <= most ? ids : IntStream.range(0, most).mapToLong(i -> ids[(int) ((long) i * ids.length / most)]).toArray();
        }
    }

    boolean areAllClasses() {
        return classes == null;
    }

    /** Labels stand in the file in the order of ids, from 0 on; rows that a build skipped have one too. */
    Chosen read(Path file, Collection collection) {
        Labels labels = LabelFile.read(file, Optional.ofNullable(column));
        long rows = collection.info().rows();
        check(labels.rows() >= rows, "labels: %d in %s (expected %d, one per row of collection '%s')", labels.rows(), file, rows,
                collection.spec().name());
        int[] numbers = labels.numbers();
        try (Truth truth = collection.truth()) {
            long[] ids = judged(labels).filter(truth::contains).asLongStream().toArray();
            return new Chosen(numbers, ids, Arrays.stream(ids).mapToInt(id -> numbers[(int) id]).toArray());
        }
    }

    private IntStream judged(Labels labels) {
        if (classes == null) {
            return IntStream.range(0, labels.rows());
        }
        if (classes.heldOut == null) {
            return Arrays.stream(Split.byClass(labels.numbers(), SHARES, classes.split).test());
        }
        BitSet wanted = new BitSet();
        for (String name : classes.heldOut) {
            int number = IntStream.range(0, labels.classes()).filter(c -> labels.name(c).equals(name)).findFirst().orElse(-1);
            check(number >= 0, "held-out: no class '%s' (expected one of the %d in the labels)", name, labels.classes());
            wanted.set(number);
        }
        return IntStream.range(0, labels.rows()).filter(row -> wanted.get(labels.of(row)));
    }
}
