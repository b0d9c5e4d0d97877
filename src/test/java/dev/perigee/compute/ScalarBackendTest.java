package dev.perigee.compute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.distance.Distance;
import dev.perigee.testing.Products;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** The reference is what others are compared with; this compares it with values worked out by hand and with a bound. */
class ScalarBackendTest {
    private final ComputeBackend backend = new ScalarBackend();

    @Test
    void productIsRowsTimesWeightsTransposed() {
        Arena arena = Arena.ofAuto();
        Matrix into = Matrix.allocate(arena, 3, 2);
        backend.multiply(Matrix.copyOf(arena, new float[] {1, 2}, new float[] {3, 4}, new float[] {-5, 0.5f}),
                Matrix.copyOf(arena, new float[] {10, 100}, new float[] {1, -1}), into);
        assertThat(into.get(0)).containsExactly(210, -1);
        assertThat(into.get(1)).containsExactly(430, -1);
        assertThat(into.get(2)).containsExactly(0, -5.5f);
    }

    @Test
    void productIsRoundedOnce() {
        for (Rows kind : Rows.values()) {
            Matrix rows = kind.make(Distance.L2, 17, 61, 1);
            Matrix weights = kind.make(Distance.L2, 9, 61, 2);
            Matrix into = Matrix.allocate(Arena.ofAuto(), 17, 9);
            backend.multiply(rows, weights, into);
            Products.assertWithinBound(rows, weights, into, kind.name());
        }
    }
}
