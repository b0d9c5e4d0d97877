package dev.perigee.evaluate;

import dev.perigee.testing.TestData;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;

/** Tables of toy/*.csv: a line of names, then numbers with the class last. The memory lives until it is unreachable. */
record ToyData(double[][] values, int[] labels) {
    static ToyData read(String name) {
        try {
            List<double[]> lines = Files.readAllLines(TestData.file("toy/" + name + ".csv")).stream().skip(1)
                    .map(line -> Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray()).toList();
            double[][] values = lines.stream().map(line -> Arrays.copyOf(line, line.length - 1)).toArray(double[][]::new);
            return new ToyData(values, lines.stream().mapToInt(line -> (int) line[line.length - 1]).toArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Matrix raw() {
        return matrix(values);
    }

    /** Each column less its mean, divided by its deviation (divisor n). */
    Matrix standardised() {
        double[][] z = new double[values.length][values[0].length];
        for (int t = 0; t < z[0].length; t++) {
            int column = t;
            double mean = Arrays.stream(values).mapToDouble(row -> row[column]).average().orElseThrow();
            double variance = Arrays.stream(values).mapToDouble(row -> Math.pow(row[column] - mean, 2)).average().orElseThrow();
            for (int i = 0; i < z.length; i++) {
                z[i][t] = (values[i][t] - mean) / Math.sqrt(variance);
            }
        }
        return matrix(z);
    }

    /** Each column from 0 to 1. */
    Matrix ranged() {
        double[][] z = new double[values.length][values[0].length];
        for (int t = 0; t < z[0].length; t++) {
            int column = t;
            double low = Arrays.stream(values).mapToDouble(row -> row[column]).min().orElseThrow();
            double high = Arrays.stream(values).mapToDouble(row -> row[column]).max().orElseThrow();
            for (int i = 0; i < z.length; i++) {
                z[i][t] = (values[i][t] - low) / (high - low);
            }
        }
        return matrix(z);
    }

    /** Rows of doubles, rounded to float32. */
    static Matrix matrix(double[]... rows) {
        Matrix matrix = Matrix.allocate(Arena.ofAuto(), rows.length, rows[0].length);
        for (int i = 0; i < rows.length; i++) {
            for (int t = 0; t < rows[i].length; t++) {
                matrix.set(i, t, (float) rows[i][t]);
            }
        }
        return matrix;
    }

    /** Rows of one value each. */
    static Matrix line(double... values) {
        return matrix(Arrays.stream(values).mapToObj(x -> new double[] {x}).toArray(double[][]::new));
    }
}
