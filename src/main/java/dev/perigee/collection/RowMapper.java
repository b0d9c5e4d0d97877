package dev.perigee.collection;

import dev.perigee.build.Projection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.vector.Matrix;

/** Maps rows as given into a space, many at a time, by the backend's products. One thread at a time. */
final class RowMapper implements AutoCloseable {
    private final Space space;
    private final Projection projection;

    RowMapper(Space space, ComputeBackend backend) {
        this.space = space;
        this.projection = space.transform().map(learned -> new Projection(learned.transform(), backend)).orElse(null);
    }

    /** Whether rows of the space differ from those given. */
    boolean changes() {
        return projection != null || space.distance() == Distance.COSINE;
    }

    /** Maps rows as given [n, dim as given] to {@code into} [n, dim of the space]; to be called where it {@link #changes} them. */
    void map(Matrix given, Matrix into) {
        if (projection != null) {
            projection.project(given, into);
        }
        if (space.distance() == Distance.COSINE) {
            UnitRows.copy(projection == null ? given : into, into);
        }
    }

    @Override
    public void close() {
        if (projection != null) {
            projection.close();
        }
    }
}
