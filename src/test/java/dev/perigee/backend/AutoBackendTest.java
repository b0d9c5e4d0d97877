package dev.perigee.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.Searcher;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class AutoBackendTest {
    /** Opens indexes of up to so many rows. */
    private static class Picky implements ComputeBackend {
        private final ScalarBackend scalar = new ScalarBackend();
        private final ErrorCode code;
        private boolean closed;

        Picky(ErrorCode code) {
            this.code = code;
        }

        @Override
        public String name() {
            return "picky";
        }

        @Override
        public String device() {
            return "a test";
        }

        @Override
        public Searcher open(List<IndexData> segments) {
            if (segments.getFirst().count() > 10) {
                throw new PerigeeException(code, "rows: too many");
            }
            return scalar.open(segments);
        }

        @Override
        public void nearest(Matrix rows, FlatData centroids, int[] into) {
            scalar.nearest(rows, centroids, into);
        }

        @Override
        public void multiply(Matrix rows, Matrix weights, Matrix into) {
            scalar.multiply(rows, weights, into);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static List<IndexData> rows(int count) {
        return List.of(FlatData.of(Distance.L2, Rows.GAUSSIAN.make(Distance.L2, count, 4, 1), Arena.ofAuto()));
    }

    @Test
    void choosesForEachIndexWhenItIsOpened() {
        Picky first = new Picky(ErrorCode.UNSUPPORTED);
        ScalarBackend second = new ScalarBackend();
        try (ComputeBackend auto = new AutoBackend(first, second)) {
            assertThat(auto.open(rows(5)).backend()).isSameAs(first.scalar);
            assertThat(auto.open(rows(50)).backend()).isSameAs(second);
            assertThat(auto.name()).isEqualTo("picky");
        }
        assertThat(first.closed).isTrue();
    }

    @Test
    void smallProductsStayOnTheCpu() {
        Matrix small = Rows.GAUSSIAN.make(Distance.L2, 10, 4, 1);
        Matrix into = Matrix.allocate(Arena.ofAuto(), 10, 10);
        try (ComputeBackend auto = new AutoBackend(new Picky(ErrorCode.UNSUPPORTED) {
            @Override
            public void multiply(Matrix rows, Matrix weights, Matrix to) {
                throw new AssertionError("not worth a trip");
            }
        }, new ScalarBackend())) {
            auto.multiply(small, small, into);
        }
        assertThat(into.get(3, 3)).isPositive();
    }

    @Test
    void whatFailedForAnotherReasonIsNotTriedElsewhere() {
        try (ComputeBackend auto = new AutoBackend(new Picky(ErrorCode.OUT_OF_DEVICE_MEMORY), new ScalarBackend())) {
            assertThatThrownBy(() -> auto.open(rows(50))).hasMessage("rows: too many");
        }
    }
}
