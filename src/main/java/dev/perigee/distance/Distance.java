package dev.perigee.distance;

import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * How far apart two rows are. Inside the engine a <em>distance</em> is a double and smaller is nearer; callers see a
 * float <em>score</em>.
 *
 * <table>
 * <tr><th></th><th>distance (inside)</th><th>score (callers)</th><th>nearer</th></tr>
 * <tr><td>L2</td><td>squared Euclidean distance</td><td>the same</td><td>smaller</td></tr>
 * <tr><td>INNER_PRODUCT</td><td>- q.x</td><td>q.x</td><td>larger</td></tr>
 * <tr><td>COSINE</td><td>- q.x of unit rows</td><td>cosine similarity</td><td>larger</td></tr>
 * </table>
 *
 * <p>The exact answer is defined here, in {@link #between}: differences, products and sums in double, in one fixed order,
 * without fused operations, then rounded once to the float score. Every backend returns these bits. The distance of
 * cosine is the negated product and not 1 - product: the subtraction would round small products to equal distances, and
 * the order of the scores with them.
 */
public enum Distance {
    L2("l2"),
    INNER_PRODUCT("ip"),
    COSINE("cosine");

    private final String label;

    Distance(String label) {
        this.label = label;
    }

    /** The word on command lines and in files: l2, ip, cosine. */
    public String label() {
        return label;
    }

    /** The distance of that label. @throws PerigeeException INVALID_ARGUMENT if there is none */
    public static Distance parse(String label) {
        for (Distance d : values()) {
            if (d.label.equals(label)) {
                return d;
            }
        }
        throw PerigeeException.invalid("distance: '%s' (expected l2, cosine or ip)".formatted(label));
    }

    /**
     * The exact distance between row i of {@code a} and row j of {@code b} (same dim; for COSINE unit rows, see
     * {@link UnitRows}). Term t goes to partial sum t mod 8, in ascending order of t; the sums are then added as
     * ((s0+s4)+(s2+s6)) + ((s1+s5)+(s3+s7)), which is what halving a vector of eight lanes does.
     */
    public double between(Matrix a, int i, Matrix b, int j) {
        MemorySegment x = a.segment();
        MemorySegment y = b.segment();
        long p = i * a.stride();
        long q = j * b.stride();
        double[] s = new double[8];
        for (int t = 0; t < a.dim(); t++) {
            double u = x.get(Matrix.FLOAT, p + t * 4L);
            double v = y.get(Matrix.FLOAT, q + t * 4L);
            if (this == L2) {
                double difference = u - v;
                s[t & 7] += difference * difference;
            } else {
                s[t & 7] += u * v;
            }
        }
        double sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
        return this == L2 ? sum : -sum;
    }

    /** What callers see of a distance. */
    public float score(double distance) {
        return this == L2 ? (float) distance : (float) -distance;
    }

    /** The score of a place for which there was no row: +infinity for L2, else -infinity. */
    public float missingScore() {
        return this == L2 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
    }
}
