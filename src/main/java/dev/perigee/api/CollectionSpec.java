package dev.perigee.api;

import static dev.perigee.PerigeeException.check;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.util.regex.Pattern;

/**
 * A collection: its name, the dimension of its rows as given, how they are compared and the index that a build makes, both
 * of the space in service. Until it is built, and for rows added after the build, search is exact.
 */
public record CollectionSpec(String name, int dim, Distance distance, IndexSpec index) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

    public CollectionSpec {
        check(NAME.matcher(name).matches(),
                "collection: '%s' (expected 1 to 128 letters, digits, '_', '-' or '.', the first a letter or digit)", name);
        check(dim >= 1 && dim <= Matrix.MAX_DIM, "dim: %d (expected 1 to %d)", dim, Matrix.MAX_DIM);
    }

    /** Refuses rows or queries of another dim. */
    public void requireDim(Matrix rows) {
        check(rows.dim() == dim, "dim: %d (expected %d, collection '%s')", rows.dim(), dim, name);
    }
}
