package dev.perigee.learn.transform;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The directions in which rows vary most: principal components (K. Pearson, 1901; H. Hotelling, 1933). */
public final class Pca {
    private Pca() {
    }

    /**
     * Rows [n, dim] centred and turned to their first {@code dims} components, the largest variance first; not scaled.
     *
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for more dims than directions in which rows vary
     */
    public static Fit fit(Matrix rows, int dims) {
        Covariance.requireDim(rows.dim());
        check(dims >= 1 && dims <= rows.dim(), "dims: %d (expected 1 to %d)", dims, rows.dim());
        Features features = Features.of(rows);
        features.requireVarying();
        Eigen eigen = Eigen.of(Covariance.total(rows, features.mean()).matrix());
        int rank = Math.min(eigen.rank(rows.rows()), rows.rows() - 1);
        check(dims <= rank, "dims: %d (expected at most %d, the directions in which these rows vary)", dims, rank);
        double all = Arrays.stream(eigen.values()).filter(value -> value > 0).sum();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("method", "pca");
        facts.put("rows", String.valueOf(rows.rows()));
        facts.put("rank", String.valueOf(rank));
        facts.put("eigenvalues", Linear.words(eigen.values(), dims));
        facts.put("variance_kept", String.format(Locale.ROOT, "%.6f", Arrays.stream(eigen.values()).limit(dims).sum() / all));
        return new Fit(Linear.transform(features.mean(), Arrays.copyOf(eigen.vectors(), dims)), facts,
                Features.join(List.of(features.scaleWarning(), features.constantWarning("which count for nothing"))));
    }
}
