package dev.perigee.learn.transform;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The directions in which classes lie far apart for their width: {@code Sb v = l Sw v} (R. A. Fisher, 1936; many classes: C. R.
 * Rao, 1948), the largest l first, scaled to {@code v^T Sw v = 1}. Sw is the covariance within classes, Sb that of their means,
 * each weighed by its rows (divisor n).
 *
 * <p>C classes have C - 1 such directions at the most; what else rows differ in is lost. With few classes that ruins the search
 * for classes that were not seen: {@link WithinClass} keeps all directions.
 */
public final class Lda {
    private Lda() {
    }

    /**
     * Of rows [n, dim] and their labels [n]; {@code shrinkage} is that of Sw, whose directions without variance are left out.
     *
     * @param dims 1 to C - 1
     */
    public static Fit fit(Matrix rows, int[] labels, int dims, Shrinkage shrinkage) {
        Covariance.requireDim(rows.dim());
        Features features = Features.of(rows);
        features.requireVarying();
        Classes classes = Classes.of(rows, labels);
        int most = Math.min(classes.count() - 1, rows.dim());
        check(dims >= 1 && dims <= most, "dims: %d (expected 1 to %d, of %d classes and dim %d)", dims, most, classes.count(), rows.dim());
        double[][] means = classes.means(rows);
        Covariance within = Covariance.within(rows, means, classes);
        check(within.trace() > 0, "classes: the rows of each are equal (expected some that differ)");
        double weight = within.weight(shrinkage);
        Eigen spread = Eigen.of(within.shrunk(weight).matrix());
        int rank = weight > 0 ? spread.rank(rows.rows()) : Math.min(spread.rank(rows.rows()), rows.rows() - classes.count());
        check(dims <= rank, "dims: %d (expected at most %d, the directions in which rows of one class vary)", dims, rank);
        double[][] whitening = spread.whitening(rank);
        double[][] apart = new double[classes.count()][];
        for (int c = 0; c < apart.length; c++) {
            apart[c] = whitened(whitening, means[c], features.mean(), Math.sqrt(classes.share(c)));
        }
        Eigen between = Eigen.ofProduct(apart);
        int differing = Math.min(most, between.rank(rows.rows()));
        check(dims <= differing, "dims: %d (expected at most %d, the directions in which the means of classes differ)", dims, differing);
        double[][] v = Linear.product(Arrays.copyOf(between.vectors(), dims), whitening);
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("method", "lda");
        facts.put("rows", String.valueOf(rows.rows()));
        facts.put("classes", String.valueOf(classes.count()));
        facts.put("shrinkage", shrinkage.label());
        facts.put("shrinkage_weight", String.valueOf(weight));
        facts.put("eigenvalues", Linear.words(between.values(), dims));
        List<String> warnings = new ArrayList<>(classes.warnings());
        warnings.addAll(few(classes.count() - 1, within, means, features.mean(), classes));
        warnings.addAll(weight > 0 ? features.scaleWarning() : List.of());
        return new Fit(Linear.transform(features.mean(), v), facts, warnings);
    }

    /** {@code weight V (x - mean)}. */
    private static double[] whitened(double[][] whitening, double[] x, double[] mean, double weight) {
        double[] y = new double[whitening.length];
        for (int o = 0; o < y.length; o++) {
            for (int t = 0; t < mean.length; t++) {
                y[o] += weight * whitening[o][t] * (x[t] - mean[t]);
            }
        }
        return y;
    }

    private static void add(double[][] scatter, double[] m, double weight) {
        for (int i = 0; i < m.length; i++) {
            double x = weight * m[i];
            for (int j = 0; j < m.length; j++) {
                scatter[i][j] += x * m[j];
            }
        }
    }

    /** A word if C - 1 directions are under half of those in which the rows spread. */
    private static List<String> few(int most, Covariance within, double[][] means, double[] mean, Classes classes) {
        double[][] total = Arrays.stream(within.matrix()).map(double[]::clone).toArray(double[][]::new);
        for (int c = 0; c < means.length; c++) {
            double[] m = means[c].clone();
            for (int t = 0; t < m.length; t++) {
                m[t] -= mean[t];
            }
            add(total, m, classes.share(c));
        }
        double directions = new Covariance(within.rows(), total, 0).spreadDims();
        return most >= directions / 2 ? List.of() : List.of(String.format(Locale.ROOT, "classes: %d give %d directions, the rows spread in "
                + "about %.0f; classes that were not seen may be told apart no more, so compare with rca", classes.count(), most, directions));
    }
}
