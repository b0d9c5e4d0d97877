package dev.perigee.learn.tower;

import static dev.perigee.PerigeeException.check;

import dev.perigee.vector.Transform;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What training starts from, besides any fitted transform (LDA, PCA): a {@link Transform} whose dense layers learn. */
public final class Starts {
    private Starts() {
    }

    /** The first {@code out} values of a row as they are. */
    public static Transform identity(int in, int out) {
        check(out >= 1 && out <= in, "dims: %d (expected 1 to %d, those of the rows)", out, in);
        float[][] weights = new float[out][in];
        for (int o = 0; o < out; o++) {
            weights[o][o] = 1;
        }
        return Transform.of(Transform.Dense.linear(weights));
    }

    /**
     * Dense layers with random weights, all but the last with max(0, y). He et al., ICCV 2015: normal, variance 2 / in before
     * max(0, y), and 1 / in in the last.
     *
     * @param dims in, hidden ..., out
     */
    public static Transform random(long seed, int... dims) {
        check(dims.length >= 2, "dims: %d (expected 2 or more: in, hidden ..., out)", dims.length);
        SplittableRandom random = new SplittableRandom(seed);
        List<Transform.Step> steps = new ArrayList<>();
        for (int n = 1; n < dims.length; n++) {
            boolean last = n == dims.length - 1;
            double deviation = Math.sqrt((last ? 1.0 : 2.0) / dims[n - 1]);
            float[][] weights = new float[dims[n]][dims[n - 1]];
            for (float[] row : weights) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = (float) (deviation * random.nextGaussian());
                }
            }
            steps.add(new Transform.Dense(weights, new double[dims[n]], !last));
        }
        return Transform.of(steps);
    }

    /** The transform with its output on the unit sphere. */
    public static Transform unit(Transform transform) {
        return transform.steps().getLast() instanceof Transform.Unit ? transform
                : transform.then(Transform.of(new Transform.Unit(transform.outputDim())));
    }
}
