package dev.perigee.learn.transform;

import static dev.perigee.PerigeeException.check;

import dev.perigee.evaluate.Labels;
import dev.perigee.vector.Matrix;
import java.util.List;

/**
 * The classes of rows, and what the fits ask of them.
 *
 * @param numbers those of {@code labels}, not copied
 */
record Classes(Labels labels, int[] numbers) {
    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT unless each row has a label, and there are two classes, one with two rows */
    static Classes of(Matrix rows, int[] given) {
        check(given.length == rows.rows(), "labels: %d (expected %d, one per row)", given.length, rows.rows());
        Labels labels = Labels.of(given);
        labels.requireTwoClasses();
        labels.requirePairs();
        return new Classes(labels, labels.numbers());
    }

    int count() {
        return labels.classes();
    }

    /** The part of all rows that a class has. */
    double share(int number) {
        return (double) labels.size(number) / numbers.length;
    }

    /** A word about classes of one row, if there are any. */
    List<String> warnings() {
        int alone = labels.singletons();
        return alone == 0 ? List.of() : List.of("classes of one row: %d of %d, which say nothing of how a class spreads".formatted(alone, count()));
    }

    /** The mean of each class [class][dim]. */
    double[][] means(Matrix rows) {
        double[][] means = new double[count()][rows.dim()];
        for (int i = 0; i < rows.rows(); i++) {
            float[] values = rows.get(i);
            double[] sum = means[numbers[i]];
            for (int t = 0; t < values.length; t++) {
                sum[t] += values[t];
            }
        }
        for (int c = 0; c < means.length; c++) {
            for (int t = 0; t < rows.dim(); t++) {
                means[c][t] /= labels.size(c);
            }
        }
        return means;
    }
}
