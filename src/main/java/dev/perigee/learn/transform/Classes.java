package dev.perigee.learn.transform;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.List;

/** The classes of rows, numbered from 0 in the order of their labels. */
record Classes(int[] numbers, int[] sizes) {
    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT unless each row has a label, and there are two classes, one with two rows */
    static Classes of(Matrix rows, int[] labels) {
        check(labels.length == rows.rows(), "labels: %d (expected %d, one per row)", labels.length, rows.rows());
        int[] distinct = Arrays.stream(labels).distinct().sorted().toArray();
        check(distinct.length >= 2, "classes: %d (expected 2 or more)", distinct.length);
        int[] numbers = Arrays.stream(labels).map(label -> Arrays.binarySearch(distinct, label)).toArray();
        int[] sizes = new int[distinct.length];
        for (int number : numbers) {
            sizes[number]++;
        }
        check(distinct.length < labels.length, "classes: %d of one row each (expected some with 2 rows or more)", distinct.length);
        return new Classes(numbers, sizes);
    }

    int count() {
        return sizes.length;
    }

    int singletons() {
        return (int) Arrays.stream(sizes).filter(size -> size == 1).count();
    }

    /** A word about classes of one row, if there are any. */
    List<String> warnings() {
        int alone = singletons();
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
                means[c][t] /= sizes[c];
            }
        }
        return means;
    }
}
