package dev.perigee.learn.transform;

import dev.perigee.vector.Matrix;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The distance of P. C. Mahalanobis (1936), {@code sqrt((x - y)^T S^-1 (x - y))}, as a map V with {@code V^T V = S^-1}: L2 after
 * it is that distance. S is the covariance of the rows (divisor n), shrunk; directions without variance are left out, and S
 * is never inverted.
 *
 * <p>It takes the whole spread of the rows for noise, that between classes too, and usually hurts: compare with
 * {@link WithinClass}.
 */
public final class Mahalanobis {
    private Mahalanobis() {
    }

    /** Of rows [n, dim], without labels. */
    public static Fit fit(Matrix rows, Shrinkage shrinkage) {
        Covariance.requireDim(rows.dim());
        Features features = Features.of(rows);
        features.requireVarying();
        Covariance total = Covariance.total(rows, features.mean());
        boolean few = rows.rows() <= rows.dim() + 1 && shrinkage instanceof Shrinkage.None;
        return whitened("mahalanobis", features, total, shrinkage, rows.rows() - 1, !few ? List.of() : List.of(
                "rows: %d of dim %d; up to dim + 1 rows are all equally far from each other, so shrink or bring more".formatted(
                        rows.rows(), rows.dim())));
    }

    /** The fit that makes a sphere of {@code covariance}, which cannot have a rank above {@code mostRank}. */
    static Fit whitened(String method, Features features, Covariance covariance, Shrinkage shrinkage, int mostRank, List<String> warnings) {
        int[] kept = features.varying();
        Covariance part = covariance.of(kept);
        double weight = part.weight(shrinkage);
        Eigen eigen = Eigen.of(part.shrunk(weight).matrix());
        int rank = weight > 0 ? eigen.rank(part.rows()) : Math.min(eigen.rank(part.rows()), mostRank);
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("method", method);
        facts.put("rows", String.valueOf(features.rows()));
        facts.put("shrinkage", shrinkage.label());
        facts.put("shrinkage_weight", String.valueOf(weight));
        facts.put("constant_features", String.valueOf(features.constant().length));
        List<String> lost = rank == kept.length ? List.of()
                : List.of("directions without variance: %d of %d, which are left out".formatted(kept.length - rank, kept.length));
        double[][] v = Linear.widened(eigen.whitening(rank), kept, features.dim());
        return new Fit(Linear.transform(features.mean(), v), facts, Features.join(List.of(
                weight > 0 ? features.scaleWarning() : List.of(), features.constantWarning("which are left out"), lost, warnings)));
    }
}
