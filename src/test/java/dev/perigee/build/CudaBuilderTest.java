package dev.perigee.build;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Points;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.testing.RequiresCuda;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a GPU builds, or the double of its driver, is what the CPU builds, to the last byte. */
@RequiresCuda
class CudaBuilderTest {
    @BeforeAll
    static void needsAGpuThatCanBeUsed() {
        Assumptions.assumeTrue(Backends.gpus().problem().isEmpty(), Backends.gpus().problem());
    }

    @ParameterizedTest
    @CsvSource({"IVF_FLAT,L2,8,0", "IVF_FLAT,INNER_PRODUCT,8,0", "IVF_PQ,L2,8,6", "IVF_PQ,COSINE,4,6", "IVF_PQ,INNER_PRODUCT,8,1"})
    void filesAreTheSame(IndexKind kind, Distance distance, int bits, int m) throws IOException {
        Matrix rows = Rows.CLUSTERED.make(distance, 700, 24, 1);
        IndexSpec spec = new IndexSpec(kind, 10, m, bits, 42);
        try (ComputeBackend cpu = new SimdBackend(2); ComputeBackend cuda = Backends.open("cuda", 1);
                TestIndex expected = TestIndex.build(spec, distance, rows, cpu);
                TestIndex built = TestIndex.build(spec, distance, rows, cuda)) {
            assertThat(Files.mismatch(built.model().path(), expected.model().path())).isEqualTo(-1);
            assertThat(Files.mismatch(built.lists().path(), expected.lists().path())).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource(Rows.class)
    void meansAndLabelsAreTheSame(Rows kind) {
        Matrix rows = kind.make(Distance.L2, 900, 13, 3);
        Matrix some = Matrix.allocate(Arena.ofAuto(), 40, 13);
        some.copy(rows, 100, 0, 40);
        try (ComputeBackend cpu = new SimdBackend(2); ComputeBackend cuda = Backends.open("cuda", 1);
                Points there = cuda.points(rows, 40); Points here = cpu.points(rows, 40)) {
            Matrix moved = Matrix.allocate(Arena.ofAuto(), 40, 13);
            moved.copy(some, 0, 0, 40);
            for (int round = 0; round < 3; round++) {
                FlatData centroids = FlatData.of(Distance.L2, some, Arena.ofAuto());
                assertThat(there.assign(centroids)).isEqualTo(here.assign(centroids));
                int[] labels = new int[900];
                int[] expected = new int[900];
                there.labels(labels);
                here.labels(expected);
                assertThat(labels).isEqualTo(expected);
                assertThat(there.means(moved)).isEqualTo(here.means(some));
                for (int c = 0; c < 40; c++) {
                    assertThat(moved.get(c)).isEqualTo(some.get(c));
                }
            }
            assertThat(there.assign(FlatData.of(Distance.L2, some, Arena.ofAuto())))
                    .isEqualTo(here.assign(FlatData.of(Distance.L2, some, Arena.ofAuto())));
        }
    }

    @Test
    void fewRowsAndDuplicatesDoNoHarm() {
        for (int n : new int[] {1, 2, 40}) {
            Matrix rows = Matrix.allocate(Arena.ofAuto(), n, 8);
            for (int i = 0; i < n; i++) {
                rows.set(i, new float[] {1, 2, 3, 4, 5, 6, 7, 8});
            }
            try (ComputeBackend cuda = Backends.open("cuda", 1);
                    TestIndex index = TestIndex.build(new IndexSpec(IndexKind.IVF_PQ, 1, 4, 8, 0), Distance.L2, rows, cuda)) {
                assertThat(index.data().count()).isEqualTo(n);
            }
        }
    }
}
