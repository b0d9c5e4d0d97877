package dev.perigee.learn.transform;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Matrix;
import java.util.List;

/**
 * Mahalanobis distance by the covariance within classes: what differs between rows of one class is noise, and is scaled
 * down. Relevant component analysis (A. Bar-Hillel et al., 2003), with classes for chunklets.
 */
public final class WithinClass {
    private WithinClass() {
    }

    /** Of rows [n, dim] and their labels [n]; the covariance has divisor n and is shrunk. */
    public static Fit fit(Matrix rows, int[] labels, Shrinkage shrinkage) {
        Covariance.requireDim(rows.dim());
        Features features = Features.of(rows);
        features.requireVarying();
        Classes classes = Classes.of(rows, labels);
        Covariance within = Covariance.within(rows, classes.means(rows), classes);
        check(within.trace() > 0, "classes: the rows of each are equal (expected some that differ)");
        int most = rows.rows() - classes.count();
        boolean few = most < features.varying().length && shrinkage instanceof Shrinkage.None;
        List<String> warnings = Features.join(List.of(classes.warnings(), !few ? List.of() : List.of(
                "rows: %d in %d classes span %d of %d directions, so shrink or bring more".formatted(rows.rows(), classes.count(), most,
                        features.varying().length))));
        return Mahalanobis.whitened("rca", features, within, shrinkage, most, warnings).with("classes", classes.count());
    }
}
