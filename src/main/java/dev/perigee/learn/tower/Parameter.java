package dev.perigee.learn.tower;

import dev.perigee.vector.Matrix;

/** Trained numbers [rows, dim] and their two moments of {@link Adam}. */
final class Parameter {
    private final String name;
    private final float[][] values;
    private final float[][] first;
    private final float[][] second;

    /** @param name  in checkpoints; {@code values} are not copied */
    Parameter(String name, float[][] values) {
        this.name = name;
        this.values = values;
        this.first = new float[values.length][values[0].length];
        this.second = new float[values.length][values[0].length];
    }

    String name() {
        return name;
    }

    float[][] values() {
        return values;
    }

    float[][] first() {
        return first;
    }

    float[][] second() {
        return second;
    }

    void step(Adam adam, double[][] gradient) {
        float[] row = new float[values[0].length];
        for (int i = 0; i < values.length; i++) {
            for (int t = 0; t < row.length; t++) {
                row[t] = (float) gradient[i][t];
            }
            adam.step(values[i], row, first[i], second[i]);
        }
    }

    /** Steps and writes the new values to {@code mirror}. */
    void step(Adam adam, Matrix gradient, Matrix mirror) {
        float[] row = new float[values[0].length];
        for (int i = 0; i < values.length; i++) {
            java.lang.foreign.MemorySegment.copy(gradient.segment(), Matrix.FLOAT, i * gradient.stride(), row, 0, row.length);
            adam.step(values[i], row, first[i], second[i]);
            mirror.set(i, values[i]);
        }
    }

    double[][] doubles() {
        double[][] copy = new double[values.length][values[0].length];
        for (int i = 0; i < copy.length; i++) {
            for (int t = 0; t < copy[i].length; t++) {
                copy[i][t] = values[i][t];
            }
        }
        return copy;
    }
}
