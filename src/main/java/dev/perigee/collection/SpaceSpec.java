package dev.perigee.collection;

import dev.perigee.api.IndexSpec;
import dev.perigee.distance.Distance;
import dev.perigee.index.TransformFile;
import java.util.Optional;

/**
 * A space to be.
 *
 * @param transform of the rows as given; absent = they are compared as they are
 */
public record SpaceSpec(Optional<TransformFile.Content> transform, Distance distance, IndexSpec index) {
}
