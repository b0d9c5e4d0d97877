package dev.perigee.compute.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.ScalarBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** Terms that vanish one by one when they are added to a large start: the bound has to count each of those roundings. */
class ShortKernelTest {
    private static final int DIM = 32;

    @Test
    void termsThatVanishInTheStart() {
        try (SimdBackend simd = new SimdBackend(1); ScalarBackend reference = new ScalarBackend()) {
            float side = (float) Math.sqrt(1.0005 / DIM);
            for (int step = 1; step < 16; step++) {
                for (double term = 0.3; term < 1.3; term += 0.05) {
                    float[][] centroids = new float[22][DIM];
                    float[] row = new float[DIM];
                    for (int t = 0; t < DIM; t++) {
                        centroids[0][t] = side;
                        centroids[1][t] = -side * (1 + step * 0x1p-23f);
                        row[t] = -(float) (term * 0x1p-25 / side);
                        for (int i = 2; i < 22; i++) { // so that the mean is near zero
                            centroids[i][t] = (i % 2 == 0 ? 1 : -1) * (t % 2 == 0 ? 1 : -1) * side * 1.01f;
                        }
                    }
                    FlatData data = FlatData.of(Distance.L2, Matrix.copyOf(Arena.ofAuto(), centroids), Arena.ofAuto());
                    Matrix rows = Matrix.copyOf(Arena.ofAuto(), row);
                    int[] expected = new int[1];
                    int[] actual = new int[1];
                    reference.nearest(rows, data, expected);
                    simd.nearest(rows, data, actual);
                    assertThat(actual).as("step %d, term %f", step, term).isEqualTo(expected);
                }
            }
        }
    }
}
