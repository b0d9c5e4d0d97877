package dev.perigee.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.compute.ScalarBackend;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProjectionTest {
    @Test
    void rowsBecomeWhatTheTransformSays() {
        Random random = new Random(1);
        int dim = 37;
        float[][] first = new float[19][dim];
        float[][] second = new float[5][19];
        double[] shift = random.doubles(dim).toArray();
        for (float[][] weights : new float[][][] {first, second}) {
            for (float[] row : weights) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = (float) random.nextGaussian();
                }
            }
        }
        Transform transform = Transform.of(Transform.Scale.centre(shift), new Transform.Dense(first, random.doubles(19).toArray(), true),
                Transform.Dense.linear(second), new Transform.Unit(5));
        try (Arena arena = Arena.ofConfined(); var backend = new ScalarBackend(); Projection projection = new Projection(transform, backend)) {
            Matrix rows = Matrix.allocate(arena, 2050, dim); // three blocks, the last of two rows
            for (int i = 0; i < rows.rows(); i++) {
                for (int t = 0; t < dim; t++) {
                    rows.set(i, t, (float) random.nextGaussian());
                }
            }
            Matrix into = Matrix.allocate(arena, rows.rows(), 5);
            projection.project(rows, into);
            for (int i = 0; i < rows.rows(); i++) {
                float[] expected = transform.apply(rows.get(i));
                for (int t = 0; t < 5; t++) {
                    assertThat(into.get(i, t)).isCloseTo(expected[t], within(2e-5f));
                }
            }
            assertThatThrownBy(() -> projection.project(into, into)).hasMessageContaining("dim: 5 (expected 37");
        }
    }

    @Test
    void whatLeavesTheRangeIsRefused() {
        Transform transform = Transform.of(new Transform.Scale(new double[] {0}, new double[] {1e30}));
        try (Arena arena = Arena.ofConfined(); var backend = new ScalarBackend(); Projection projection = new Projection(transform, backend)) {
            Matrix rows = Matrix.copyOf(arena, new float[] {1}, new float[] {1e20f});
            assertThatThrownBy(() -> projection.project(rows, Matrix.allocate(arena, 2, 1))).hasMessageContaining("row 1: not finite");
        }
    }
}
