package dev.perigee.learn.transform;

import dev.perigee.testing.TestData;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;

/** Rows and labels that the tests of this package share. */
record Tables(Matrix rows, int[] labels) {
    /** The lecture's table: sex, age, weight, income. */
    static final double[][] LECTURE = {{1, 34, 82, 30000}, {0, 54, 65, 100000}, {0, 45, 76, 50000}, {1, 39, 80, 10000}};

    static Matrix matrix(double[]... rows) {
        Matrix matrix = Matrix.allocate(Arena.ofAuto(), rows.length, rows[0].length);
        for (int i = 0; i < rows.length; i++) {
            for (int t = 0; t < rows[i].length; t++) {
                matrix.set(i, t, (float) rows[i][t]);
            }
        }
        return matrix;
    }

    /** A table of numbers with a header, the last column its class; the test is skipped where the data are absent. */
    static Tables toy(String name) throws IOException {
        List<String> lines = Files.readAllLines(TestData.file("toy/" + name + ".csv"));
        double[][] rows = new double[lines.size() - 1][];
        int[] labels = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            String[] words = lines.get(i + 1).split(",");
            rows[i] = new double[words.length - 1];
            for (int t = 0; t < rows[i].length; t++) {
                rows[i][t] = Double.parseDouble(words[t]);
            }
            labels[i] = Integer.parseInt(words[words.length - 1]);
        }
        return new Tables(matrix(rows), labels);
    }

    Tables of(int[] which) {
        return new Tables(rows.select(Arena.ofAuto(), which), Arrays.stream(which).map(row -> labels[row]).toArray());
    }

    static Matrix apply(Transform transform, Matrix rows) {
        Matrix into = Matrix.allocate(Arena.ofAuto(), rows.rows(), transform.outputDim());
        transform.apply(rows, into);
        return into;
    }

    static double l2(Matrix rows, int i, int j) {
        return Math.sqrt(squaredL2(rows.get(i), rows.get(j)));
    }

    static double squaredL2(float[] x, float[] y) {
        double sum = 0;
        for (int t = 0; t < x.length; t++) {
            double d = (double) x[t] - y[t];
            sum += d * d;
        }
        return sum;
    }

    /** Distances of the pairs 12, 13, 14, 23 ... */
    static double[] pairs(Matrix rows) {
        double[] all = new double[rows.rows() * (rows.rows() - 1) / 2];
        int n = 0;
        for (int i = 0; i < rows.rows(); i++) {
            for (int j = i + 1; j < rows.rows(); j++) {
                all[n++] = l2(rows, i, j);
            }
        }
        return all;
    }
}
