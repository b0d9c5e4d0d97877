package dev.perigee.learn.transform;

import dev.perigee.vector.Transform;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** {@code x -> V (x - mean)}, which all linear fits are. */
final class Linear {
    private Linear() {
    }

    /** @param v [outputDim][dim], rounded to float32 */
    static Transform transform(double[] mean, double[][] v) {
        float[][] weights = new float[v.length][mean.length];
        for (int o = 0; o < v.length; o++) {
            for (int t = 0; t < mean.length; t++) {
                weights[o][t] = (float) v[o][t];
            }
        }
        return Transform.of(Transform.Scale.centre(mean), Transform.Dense.linear(weights));
    }

    /** Columns of {@code v} [k][kept], those of features {@code kept}, at their places in [k][dim]; the others are 0. */
    static double[][] widened(double[][] v, int[] kept, int dim) {
        double[][] wide = new double[v.length][dim];
        for (int o = 0; o < v.length; o++) {
            for (int i = 0; i < kept.length; i++) {
                wide[o][kept[i]] = v[o][i];
            }
        }
        return wide;
    }

    /** {@code a b}, of [m][k] and [k][n]. */
    static double[][] product(double[][] a, double[][] b) {
        double[][] c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int k = 0; k < b.length; k++) {
                double x = a[i][k];
                for (int j = 0; j < c[i].length; j++) {
                    c[i][j] += x * b[k][j];
                }
            }
        }
        return c;
    }

    /** The first of some values, for the facts. */
    static String words(double[] values, int count) {
        return Arrays.stream(values).limit(count).mapToObj(value -> String.format(Locale.ROOT, "%.9g", value)).collect(Collectors.joining(" "));
    }
}
