package dev.perigee.api;

import static dev.perigee.PerigeeException.check;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.util.regex.Pattern;

/**
 * A collection to be: its name, the dimension of its rows, how they are compared and the index that
 * a build makes. Until it is built, and for rows added after the build, search is exact.
 */
public record CollectionSpec(String name, int dim, Distance distance, IndexSpec index) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

    public CollectionSpec {
        check(NAME.matcher(name).matches(),
                "collection: '%s' (expected 1 to 128 letters, digits, '_', '-' or '.', the first a letter or digit)", name);
        check(dim >= 1 && dim <= Matrix.MAX_DIM, "dim: %d (expected 1 to %d)", dim, Matrix.MAX_DIM);
        check(distance != Distance.INNER_PRODUCT || index.kind() == IndexKind.FLAT || dim < Matrix.MAX_DIM,
                "dim: %d (expected at most %d for lists by inner product, which take one more)", dim, Matrix.MAX_DIM - 1);
        check(index.kind() != IndexKind.IVF_PQ || index.pqM() == 0 || dim % index.pqM() == 0,
                "pq-m: %d (expected a divisor of dim %d)", index.pqM(), dim);
    }
}
