package dev.perigee.compute.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ListSearchContract;
import dev.perigee.distance.Distance;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lanes")
class SimdBackendTest extends ListSearchContract {
    @Override
    protected ComputeBackend backend(int threads) {
        return new SimdBackend(threads);
    }

    @Test
    void theLanesAreThoseAskedFor() {
        int asked = Integer.getInteger("perigee.lanes", Lanes.COUNT);
        assertThat(Lanes.COUNT).isEqualTo(asked);
    }

    @Test
    void doublesHaveTheBitsOfTheReference() {
        for (int dim : new int[] {1, 2, 7, 8, 9, 15, 16, 17, 25, 63, 100, 784, 1537}) {
            for (Distance distance : Distance.values()) {
                Matrix a = Rows.WIDE_NORMS.make(distance, 9, dim, 1);
                Matrix b = Rows.SHIFTED.make(distance, 9, dim, 2);
                for (int i = 0; i < 9; i++) {
                    assertThat(ExactKernel.between(distance, a, i, b, i)).isEqualTo(distance.between(a, i, b, i));
                }
            }
        }
    }
}
