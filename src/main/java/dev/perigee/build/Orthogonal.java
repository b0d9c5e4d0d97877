package dev.perigee.build;

/** Vectors in double at right angles; the same bits everywhere. */
final class Orthogonal {
    /** A cosine that is as good as zero. */
    private static final double NEAR_ZERO = 1e-10;
    private static final int MOST_SWEEPS = 30;

    private Orthogonal() {
    }

    /**
     * An orthonormal base, by Gram and Schmidt's method, each vector twice (Giraud et al., Numerische Mathematik 101, 2005). A
     * vector within the space of those before becomes zero.
     */
    static void normalise(double[][] vectors) {
        for (int v = 0; v < vectors.length; v++) {
            double before = scale(vectors[v]);
            for (int round = 0; round < 2 && before > 0; round++) {
                for (int u = 0; u < v; u++) {
                    add(vectors[v], -dot(vectors[u], vectors[v], vectors[v].length), vectors[u]);
                }
                if (scale(vectors[v]) < 1e-12) {
                    java.util.Arrays.fill(vectors[v], 0);
                    break;
                }
            }
        }
    }

    /** Turns pairs of vectors in their plane until all are at right angles (M. Hestenes, J. SIAM 6, 1958). */
    static void rotate(double[][] vectors) {
        int size = vectors[0].length;
        double[] squares = new double[vectors.length];
        boolean turned = true;
        for (int sweep = 0; turned && sweep < MOST_SWEEPS; sweep++) {
            turned = false;
            for (int v = 0; v < vectors.length; v++) {
                squares[v] = dot(vectors[v], vectors[v], size);
            }
            for (int u = 0; u < vectors.length; u++) {
                for (int v = u + 1; v < vectors.length; v++) {
                    double product = dot(vectors[u], vectors[v], size);
                    if (product * product > NEAR_ZERO * NEAR_ZERO * squares[u] * squares[v]) {
                        double half = (squares[v] - squares[u]) / (2 * product);
                        double tangent = Math.copySign(1, half) / (Math.abs(half) + Math.sqrt(1 + half * half));
                        double cosine = 1 / Math.sqrt(1 + tangent * tangent);
                        turn(vectors[u], vectors[v], cosine, cosine * tangent);
                        squares[u] -= tangent * product;
                        squares[v] += tangent * product;
                        turned = true;
                    }
                }
            }
        }
    }

    private static void turn(double[] a, double[] b, double cosine, double sine) {
        for (int t = 0; t < a.length; t++) {
            double x = a[t];
            double y = b[t];
            a[t] = cosine * x - sine * y;
            b[t] = sine * x + cosine * y;
        }
    }

    /** Makes a vector one of length 1, but zero; returns how long it was. */
    static double scale(double[] vector) {
        double length = Math.sqrt(dot(vector, vector, vector.length));
        double inverse = length > 0 ? 1 / length : 0;
        for (int t = 0; t < vector.length; t++) {
            vector[t] *= inverse;
        }
        return length;
    }

    /** a += x b */
    static void add(double[] a, double x, double[] b) {
        for (int t = 0; t < a.length; t++) {
            a[t] = Math.fma(x, b[t], a[t]);
        }
    }

    /** In eight sums, so that one need not wait for the other. */
    static double dot(double[] a, double[] b, int size) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        int t = 0;
        for (; t < size - 7; t += 8) {
            s0 = Math.fma(a[t], b[t], s0);
            s1 = Math.fma(a[t + 1], b[t + 1], s1);
            s2 = Math.fma(a[t + 2], b[t + 2], s2);
            s3 = Math.fma(a[t + 3], b[t + 3], s3);
            s4 = Math.fma(a[t + 4], b[t + 4], s4);
            s5 = Math.fma(a[t + 5], b[t + 5], s5);
            s6 = Math.fma(a[t + 6], b[t + 6], s6);
            s7 = Math.fma(a[t + 7], b[t + 7], s7);
        }
        for (; t < size; t++) {
            s0 = Math.fma(a[t], b[t], s0);
        }
        return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
    }
}
