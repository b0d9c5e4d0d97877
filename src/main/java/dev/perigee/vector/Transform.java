package dev.perigee.vector;

import static dev.perigee.PerigeeException.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A map from vectors [inputDim] to vectors [outputDim]: a sequence of steps. {@code x -> V(x - b)}, which a learned Mahalanobis
 * distance is, takes a {@link Scale} and a {@link Dense}; a small tower takes several dense layers. Immutable.
 *
 * <p>This class is the definition: steps in double, sums in ascending order, rounded once to float32 at the end, whatever the
 * backend. Queries are mapped by it. Many rows are mapped by {@code build.Projection}, faster and nearly the same.
 */
public final class Transform {
    /** One step; its numbers are finite. */
    public sealed interface Step {
        int inputDim();

        int outputDim();

        /** A new vector of length {@link #outputDim}, or {@code x} itself, changed. */
        double[] apply(double[] x);
    }

    /** {@code y_i = (x_i - shift_i) * scale_i}; arrays [dim] are not copied. */
    public record Scale(double[] shift, double[] scale) implements Step {
        public Scale {
            check(shift.length == scale.length, "scale: %d values (expected %d, those of the shift)", scale.length, shift.length);
            for (int i = 0; i < shift.length; i++) {
                requireFinite("shift", i, shift[i]);
                requireFinite("scale", i, scale[i]);
            }
        }

        /** {@code x - shift}. */
        public static Scale centre(double[] shift) {
            double[] ones = new double[shift.length];
            Arrays.fill(ones, 1);
            return new Scale(shift, ones);
        }

        @Override
        public int inputDim() {
            return shift.length;
        }

        @Override
        public int outputDim() {
            return shift.length;
        }

        @Override
        public double[] apply(double[] x) {
            for (int i = 0; i < x.length; i++) {
                x[i] = (x[i] - shift[i]) * scale[i];
            }
            return x;
        }
    }

    /** {@code y = W x + bias}, then {@code max(0, y)} where {@code relu}; weights [outputDim, inputDim], bias [outputDim], not copied. */
    public record Dense(float[][] weights, double[] bias, boolean relu) implements Step {
        public Dense {
            check(weights.length >= 1 && weights.length == bias.length, "bias: %d values (expected %d, a row of weights each)",
                    bias.length, weights.length);
            for (int o = 0; o < weights.length; o++) {
                check(weights[o].length == weights[0].length, "weights of output %d: %d (expected %d)", o, weights[o].length,
                        weights[0].length);
                requireFinite("bias", o, bias[o]);
                for (float weight : weights[o]) {
                    requireFinite("weights of output", o, weight);
                }
            }
        }

        /** {@code V x}. */
        public static Dense linear(float[][] weights) {
            return new Dense(weights, new double[weights.length], false);
        }

        @Override
        public int inputDim() {
            return weights[0].length;
        }

        @Override
        public int outputDim() {
            return weights.length;
        }

        @Override
        public double[] apply(double[] x) {
            double[] y = new double[weights.length];
            int o = 0;
            for (; o + 4 <= y.length; o += 4) {
                four(o, x, y);
            }
            for (; o < y.length; o++) {
                double sum = bias[o];
                for (int i = 0; i < x.length; i++) {
                    sum += weights[o][i] * x[i];
                }
                y[o] = sum;
            }
            for (o = 0; relu && o < y.length; o++) {
                y[o] = Math.max(0, y[o]);
            }
            return y;
        }

        /** Outputs o to o + 3, each in ascending order: an addition waits for the one before, so four sums take the time of one. */
        private void four(int o, double[] x, double[] y) {
            float[] w0 = weights[o];
            float[] w1 = weights[o + 1];
            float[] w2 = weights[o + 2];
            float[] w3 = weights[o + 3];
            double s0 = bias[o];
            double s1 = bias[o + 1];
            double s2 = bias[o + 2];
            double s3 = bias[o + 3];
            for (int i = 0; i < x.length; i++) {
                double value = x[i];
                s0 += w0[i] * value;
                s1 += w1[i] * value;
                s2 += w2[i] * value;
                s3 += w3[i] * value;
            }
            y[o] = s0;
            y[o + 1] = s1;
            y[o + 2] = s2;
            y[o + 3] = s3;
        }
    }

    /** {@code y = x / |x|}; a zero vector stays zero. */
    public record Unit(int dim) implements Step {
        @Override
        public int inputDim() {
            return dim;
        }

        @Override
        public int outputDim() {
            return dim;
        }

        @Override
        public double[] apply(double[] x) {
            double squares = 0;
            for (double value : x) {
                squares += value * value;
            }
            double norm = Math.sqrt(squares);
            for (int i = 0; norm > 0 && i < x.length; i++) {
                x[i] /= norm;
            }
            return x;
        }
    }

    private final List<Step> steps;

    private Transform(List<Step> steps) {
        this.steps = List.copyOf(steps);
        check(!steps.isEmpty(), "transform: no steps (expected one or more)");
        for (int i = 1; i < steps.size(); i++) {
            check(steps.get(i).inputDim() == steps.get(i - 1).outputDim(), "step %d: takes dim %d (expected %d, what the step before gives)",
                    i, steps.get(i).inputDim(), steps.get(i - 1).outputDim());
        }
        check(inputDim() >= 1 && steps.stream().allMatch(s -> s.outputDim() <= Matrix.MAX_DIM) && inputDim() <= Matrix.MAX_DIM,
                "transform: dim %d to %d (expected 1 to %d)", inputDim(), outputDim(), Matrix.MAX_DIM);
    }

    public static Transform of(Step... steps) {
        return new Transform(List.of(steps));
    }

    public static Transform of(List<Step> steps) {
        return new Transform(steps);
    }

    /** This one, and {@code next} of what it gives. */
    public Transform then(Transform next) {
        List<Step> all = new ArrayList<>(steps);
        all.addAll(next.steps);
        return new Transform(all);
    }

    public List<Step> steps() {
        return steps;
    }

    public int inputDim() {
        return steps.getFirst().inputDim();
    }

    public int outputDim() {
        return steps.getLast().outputDim();
    }

    /**
     * What a vector [inputDim] becomes, a new array [outputDim].
     *
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for a wrong length, or a value that leaves the range of float32
     */
    public float[] apply(float[] vector) {
        check(vector.length == inputDim(), "dim: %d (expected %d, what the transform takes)", vector.length, inputDim());
        double[] x = new double[vector.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = vector[i];
        }
        for (Step step : steps) {
            x = step.apply(x);
        }
        float[] y = new float[x.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = (float) x[i];
            check(Float.isFinite(y[i]), "transform: value %d becomes %s (expected a float32)", i, x[i]);
        }
        return y;
    }

    /** Maps rows [n, inputDim] one by one to {@code into} [n, outputDim]. */
    public void apply(Matrix rows, Matrix into) {
        check(into.rows() == rows.rows(), "into: %d rows (expected %d)", into.rows(), rows.rows());
        for (int i = 0; i < rows.rows(); i++) {
            into.set(i, apply(rows.get(i)));
        }
    }

    private static void requireFinite(String what, int i, double value) {
        check(Double.isFinite(value), "%s %d: %s (expected a number)", what, i, value);
    }

    @Override
    public String toString() {
        return "Transform[" + inputDim() + " -> " + outputDim() + ", " + steps.size() + " steps]";
    }
}
