package dev.perigee.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TransformTest {
    @Test
    void stepsFollowEachOther() {
        Transform transform = Transform.of(Transform.Scale.centre(new double[] {1, 2}),
                new Transform.Dense(new float[][] {{1, 1}, {1, -1}, {-2, 0}}, new double[] {0, 0.5, 0}, true), new Transform.Unit(3));
        // (4, 6) - (1, 2) = (3, 4); rows give 7, -1 + .5, -6; relu leaves (7, 0, 0)
        assertThat(transform.apply(new float[] {4, 6})).containsExactly(1, 0, 0);
        assertThat(transform.inputDim()).isEqualTo(2);
        assertThat(transform.outputDim()).isEqualTo(3);
    }

    @Test
    void everyOutputIsSummedInAscendingOrder() {
        Random random = new Random(3);
        for (int outputs = 1; outputs <= 9; outputs++) {
            float[][] weights = new float[outputs][101];
            for (float[] row : weights) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(8)));
                }
            }
            double[] bias = random.doubles(outputs).toArray();
            double[] x = random.doubles(101, -1, 1).toArray();
            double[] y = new Transform.Dense(weights, bias, false).apply(x.clone());
            for (int o = 0; o < outputs; o++) {
                double sum = bias[o];
                for (int i = 0; i < x.length; i++) {
                    sum += weights[o][i] * x[i];
                }
                assertThat(y[o]).isEqualTo(sum);
            }
        }
    }

    @Test
    void aZeroVectorStaysZero() {
        assertThat(Transform.of(new Transform.Unit(2)).apply(new float[2])).containsExactly(0, 0);
    }

    @Test
    void oneTransformFollowsAnother() {
        Transform doubled = Transform.of(new Transform.Scale(new double[] {0}, new double[] {2}));
        assertThat(doubled.then(doubled).apply(new float[] {3})).containsExactly(12);
    }

    @Test
    void wrongShapesAndNumbersAreRefused() {
        Transform.Unit two = new Transform.Unit(2);
        assertThatThrownBy(() -> Transform.of(two, new Transform.Unit(3))).hasMessageContaining("step 1: takes dim 3 (expected 2");
        assertThatThrownBy(() -> Transform.of(two).apply(new float[3])).hasMessageContaining("dim: 3 (expected 2");
        assertThatThrownBy(() -> new Transform.Scale(new double[] {0}, new double[] {Double.NaN})).hasMessageContaining("scale 0: NaN");
        assertThatThrownBy(() -> Transform.of(new Transform.Scale(new double[] {0}, new double[] {1e30})).apply(new float[] {1e20f}))
                .hasMessageContaining("value 0 becomes");
    }
}
