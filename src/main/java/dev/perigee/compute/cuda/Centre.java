package dev.perigee.compute.cuda;

import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The point that shadows of rows are taken around: per dim the median of a sample. Any point is right; this one lies among
 * the rows even where a few of them are far off, and so keeps the errors of fp16 and of sums in float small.
 *
 * @param values [dim]
 * @param radius at least the largest |row - centre|
 */
record Centre(float[] values, double radius) {
    private static final int SAMPLE = 101;

    static Centre of(FlatData data) {
        Matrix rows = data.rows();
        int sample = Math.min(SAMPLE, rows.rows());
        float[] values = new float[rows.dim()];
        float[] column = new float[sample];
        for (int t = 0; t < values.length && sample > 0; t++) {
            for (int i = 0; i < sample; i++) {
                column[i] = rows.get((int) ((long) i * rows.rows() / sample), t);
            }
            Arrays.sort(column);
            values[t] = column[sample / 2];
        }
        double norm = 0;
        double fromMean = 0;
        for (int t = 0; t < values.length; t++) {
            double difference = (double) values[t] - data.mean().get(0, t);
            norm += (double) values[t] * values[t];
            fromMean += difference * difference;
        }
        double radius = Math.min(data.length() + Math.sqrt(norm), data.radius() + Math.sqrt(fromMean)) * (1 + 1e-9);
        return new Centre(values, radius);
    }

    /** Its values in device memory; the caller closes it. */
    DeviceBuffer upload(Slot slot) {
        return slot.uploaded(Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, values), Purpose.SHADOW);
    }
}
