package dev.perigee.cli;

import dev.perigee.vector.Transform;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Half axes {@code a} and {@code b}, at right angles, and the angle of {@code a} in radians from the x axis. */
record Ellipse(double a, double b, double angle) {
    /** Beyond this ratio of its axes an ellipse is two parallel lines in any picture. */
    private static final double MOST_RATIO = 1e4;

    /** {@code u^T C^-1 u = radius^2}: what lies within so many standard deviations, of covariance C = [xx xy; xy yy]. */
    static Ellipse spread(double xx, double xy, double yy, double radius) {
        double middle = (xx + yy) / 2;
        double apart = Math.hypot((xx - yy) / 2, xy);
        return new Ellipse(radius * Math.sqrt(middle + apart), radius * Math.sqrt(Math.max(0, middle - apart)),
                Math.atan2(2 * xy, xx - yy) / 2);
    }

    /** {@code u^T M u = radius^2}: what lies equally far by M = [xx xy; xy yy]; {@code a} is the shorter axis. */
    static Ellipse level(double xx, double xy, double yy, double radius) {
        Ellipse roots = spread(xx, xy, yy, 1);
        return new Ellipse(radius / roots.a, radius / Math.max(roots.b, roots.a / MOST_RATIO), roots.angle);
    }

    /**
     * Where in the plane the learned distance from its origin is the median of that of its points: {@code |V P u| = const}, that
     * is {@link #level} of M = P^T V^T V P. Nothing if the transform is not {@code V(x - b)}, but for a unit norm at its end,
     * which is left out; nothing either if V takes the plane to one point.
     */
    static Optional<Ellipse> learned(Transform transform, Plane plane) {
        List<Transform.Step> steps = transform.steps();
        int last = steps.size() - (steps.getLast() instanceof Transform.Unit ? 1 : 0);
        if (plane.basis().length < 2) {
            return Optional.empty();
        }
        double[] x = plane.basis()[0];
        double[] y = plane.basis()[1];
        for (Transform.Step step : steps.subList(0, last)) {
            if (step instanceof Transform.Unit || step instanceof Transform.Dense dense && dense.relu()) {
                return Optional.empty();
            }
            x = turned(step, x);
            y = turned(step, y);
        }
        double xx = dot(x, x);
        double xy = dot(x, y);
        double yy = dot(y, y);
        double[] distances = Arrays.stream(plane.points())
                .mapToDouble(p -> Math.sqrt(Math.max(0, xx * p[0] * p[0] + 2 * xy * p[0] * p[1] + yy * p[1] * p[1])))
                .sorted().toArray();
        double median = distances[distances.length / 2];
        return median > 0 ? Optional.of(level(xx, xy, yy, median)) : Optional.empty();
    }

    /** What a step makes of a direction: what it adds or takes from all points alike does not count. */
    private static double[] turned(Transform.Step step, double[] direction) {
        double[] to = step.apply(direction.clone());
        double[] from = step.apply(new double[direction.length]);
        for (int i = 0; i < to.length; i++) {
            to[i] -= from[i];
        }
        return to;
    }

    private static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }
}
