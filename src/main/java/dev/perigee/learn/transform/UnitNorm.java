package dev.perigee.learn.transform;

import dev.perigee.vector.Transform;
import java.util.List;
import java.util.Map;

/** Rows brought to length 1, so that L2 orders them as cosine does; a zero row stays zero. */
public final class UnitNorm {
    private UnitNorm() {
    }

    /** Nothing is learned for this. */
    public static Fit of(int dim) {
        return new Fit(Transform.of(new Transform.Unit(dim)), Map.of("method", "unit"), List.of());
    }
}
