package dev.perigee.cli;

import dev.perigee.learn.transform.Pca;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The plane of the first two principal components of some rows, through their mean; rows of one or two values are their own.
 *
 * @param basis  unit vectors [2][dim]; of rows of one value [1][1]
 * @param points of the rows, from their mean [n][2]; of rows of one value the second is 0
 */
record Plane(double[][] basis, double[][] points) {
    /** @throws dev.perigee.PerigeeException INVALID_ARGUMENT for rows that vary in one direction only */
    static Plane of(Matrix rows) {
        return rows.dim() <= 2 ? own(rows) : components(rows);
    }

    private static Plane own(Matrix rows) {
        double[][] points = new double[rows.rows()][2];
        double[][] basis = new double[rows.dim()][rows.dim()];
        for (int t = 0; t < rows.dim(); t++) {
            int column = t;
            double mean = IntStream.range(0, points.length).mapToDouble(row -> rows.get(row, column)).average().orElse(0);
            IntStream.range(0, points.length).forEach(row -> points[row][column] = rows.get(row, column) - mean);
            basis[t][t] = 1;
        }
        return new Plane(basis, points);
    }

    private static Plane components(Matrix rows) {
        Transform pca = Pca.fit(rows, 2).transform();
        float[][] vectors = ((Transform.Dense) pca.steps().getLast()).weights();
        return new Plane(Arrays.stream(vectors).map(Plane::doubles).toArray(double[][]::new),
                IntStream.range(0, rows.rows()).mapToObj(row -> doubles(pca.apply(rows.get(row)))).toArray(double[][]::new));
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
}
