package dev.perigee.learn.tower;

import dev.perigee.vector.Transform;
import java.util.List;
import java.util.Map;

/**
 * What training gives.
 *
 * @param transform   with the weights that were best on the validation classes, or the last ones without such
 * @param facts       how it was made, for the artefact
 * @param losses      of each step that was done; NaN where a batch had nothing to learn from
 * @param validations in order of steps; the first is of the start
 * @param warnings    lines for the user
 */
public record Trained(Transform transform, Map<String, String> facts, double[] losses, List<Validation> validations,
        List<String> warnings) {
    /** What the validation said after some steps. */
    public record Validation(int step, double value) {
    }
}
