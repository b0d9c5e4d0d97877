package dev.perigee.api;

import dev.perigee.distance.Distance;

/**
 * A space of a collection: what its rows are mapped to and how they are compared there.
 *
 * @param version  1 for the first one; each new one has a larger number, which answers carry
 * @param dim      of the mapped rows
 * @param method   how the transform was learned, {@code none} where rows are searched as given
 */
public record SpaceInfo(int version, int dim, String method, Distance distance) {
    /** The space of rows as given. */
    public static final String GIVEN = "none";
}
