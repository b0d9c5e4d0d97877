package dev.perigee.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class MatrixTest {
    @Test
    void findsWhatIsNotFiniteWhereverItStands() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix matrix = Matrix.allocate(arena, 3, 37);
            for (int j = 0; j < matrix.dim(); j++) {
                for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY,
                    Float.intBitsToFloat(0xFFFF_FFFF), Float.intBitsToFloat(0x7F80_0001)}) {
                    matrix.set(1, j, bad);
                    assertThat(matrix.isFinite(1)).isFalse();
                    assertThat(matrix.firstNotFinite()).isEqualTo(1);
                    matrix.set(1, j, 0);
                }
            }
            assertThat(matrix.firstNotFinite()).isEqualTo(-1);
        }
    }

    @Test
    void everyNumberIsFinite() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix matrix = Matrix.copyOf(arena, new float[] {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, -Float.MIN_VALUE, -0f},
                    new float[] {Float.MIN_NORMAL, -1, 1, 3e38f, -3e38f});
            assertThat(matrix.firstNotFinite()).isEqualTo(-1);
        }
    }

    @Test
    void selectedRowsComeInTheOrderOfTheirNumbers() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix rows = Matrix.copyOf(arena, new float[] {1, 2}, new float[] {3, 4}, new float[] {5, 6});
            Matrix some = rows.select(arena, 2, 0, 2);
            assertThat(some.rows()).isEqualTo(3);
            assertThat(some.get(0)).containsExactly(5, 6);
            assertThat(some.get(1)).containsExactly(1, 2);
            assertThat(some.get(2)).containsExactly(5, 6);
            assertThat(rows.select(arena).rows()).isZero();
        }
    }
}
