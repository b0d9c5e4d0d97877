package dev.perigee.learn.tower;

/**
 * Adam: steps along the mean of gradients, each weight's divided by the root of the mean of its squares. Kingma and Ba, ICLR
 * 2015; beta .9 and .999. One object is one step.
 *
 * @param rate    of learning, with the correction for the first steps
 * @param epsilon added to the root, with the same correction
 */
record Adam(float rate, float epsilon) {
    private static final float BETA1 = .9f;
    private static final float BETA2 = .999f;

    /** The step after {@code step} others. */
    static Adam at(long step, double rate) {
        double root = Math.sqrt(1 - Math.pow(BETA2, step + 1));
        return new Adam((float) (rate * root / (1 - Math.pow(BETA1, step + 1))), (float) (1e-8 * root));
    }

    /** Moves weights against their gradient; all arrays of one length. */
    void step(float[] weights, float[] gradient, float[] first, float[] second) {
        for (int i = 0; i < weights.length; i++) {
            float g = gradient[i];
            float m = BETA1 * first[i] + (1 - BETA1) * g;
            float v = BETA2 * second[i] + (1 - BETA2) * g * g;
            first[i] = m;
            second[i] = v;
            weights[i] -= rate * m / ((float) Math.sqrt(v) + epsilon);
        }
    }
}
