package dev.perigee.collection;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.SpaceInfo;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.index.TransformFile;
import dev.perigee.vector.Matrix;
import java.util.Optional;

/**
 * Where the rows of a collection are compared: a transform, or none, then a distance and an index.
 *
 * @param spec      of the rows as given, with the distance and the index of this space
 * @param transform learned, with the facts of its making; absent where rows are compared as given
 * @param tuned     how it is searched where the caller does not say; absent = by {@link Defaults}
 */
record Space(int version, CollectionSpec spec, Optional<TransformFile.Content> transform, Optional<Tuned> tuned) {
    Space {
        transform.ifPresent(learned -> check(learned.transform().inputDim() == spec.dim(),
                "transform: takes dim %d (expected %d, collection '%s')", learned.transform().inputDim(), spec.dim(), spec.name()));
        spec.index().requireFits(dim(spec, transform), spec.distance());
    }

    /** That nobody has tuned. */
    Space(int version, CollectionSpec spec, Optional<TransformFile.Content> transform) {
        this(version, spec, transform, Optional.empty());
    }

    Space with(Tuned chosen) {
        return new Space(version, spec, transform, Optional.of(chosen));
    }

    private static int dim(CollectionSpec spec, Optional<TransformFile.Content> transform) {
        return transform.map(learned -> learned.transform().outputDim()).orElse(spec.dim());
    }

    /** Of its rows. */
    int dim() {
        return dim(spec, transform);
    }

    Distance distance() {
        return spec.distance();
    }

    boolean isMapped() {
        return transform.isPresent();
    }

    /** Maps queries as given [n, dim as given] to {@code into} [n, dim]: in double and rounded once, then to unit length for cosine. */
    void map(Matrix queries, Matrix into) {
        transform.ifPresentOrElse(learned -> learned.transform().apply(queries, into),
                () -> into.copy(queries, 0, 0, queries.rows()));
        if (distance() == Distance.COSINE) {
            UnitRows.copy(into, into);
        }
    }

    SpaceInfo info() {
        String method = transform.map(learned -> learned.facts().getOrDefault("method", "transform")).orElse(SpaceInfo.GIVEN);
        return new SpaceInfo(version, dim(), method, distance());
    }
}
