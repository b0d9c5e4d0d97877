package dev.perigee.distance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A unit row is the row over the norm of the reference, in double, rounded once. */
class UnitRowsTest {
    @Test
    void dividesByTheNormOfTheReferenceToTheLastBit() {
        SplittableRandom random = new SplittableRandom(1);
        try (Arena arena = Arena.ofConfined()) {
            for (int dim : new int[] {1, 7, 8, 27, 33, 100, 768}) {
                Matrix rows = Matrix.allocate(arena, 20, dim);
                for (int i = 0; i < 20; i++) {
                    for (int t = 0; t < dim; t++) {
                        rows.set(i, t, (float) (random.nextDouble(-1, 1) * Math.pow(2, random.nextInt(-3, 4) * i)));
                    }
                }
                Matrix unit = UnitRows.of(rows, arena);
                for (int i = 0; i < 20; i++) {
                    double norm = Math.sqrt(-Distance.INNER_PRODUCT.between(rows, i, rows, i));
                    for (int t = 0; t < dim; t++) {
                        assertThat(unit.get(i, t)).isEqualTo((float) (rows.get(i, t) / norm));
                    }
                }
                UnitRows.copy(rows, rows);
                assertThat(rows.segment().mismatch(unit.segment())).isEqualTo(-1);
            }
        }
    }

    @Test
    void aZeroRowIsPlainZeros() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix rows = Matrix.allocate(arena, 1, 9);
            rows.set(0, 3, -0f);
            UnitRows.copy(rows, rows);
            assertThat(Float.floatToRawIntBits(rows.get(0, 3))).isZero();
        }
    }
}
