package dev.perigee.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("lanes")
class IvfBuilderTest {
    private static long checksum(TestIndex index) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(Files.readAllBytes(index.model().path()));
        crc.update(Files.readAllBytes(index.lists().path()));
        return crc.getValue();
    }

    /** The checksums were made by the scalar backend; every width of vectors, each in a JVM of its own, has to meet them. */
    @ParameterizedTest
    @CsvSource({"IVF_FLAT,L2,8", "IVF_FLAT,INNER_PRODUCT,8", "IVF_PQ,L2,8", "IVF_PQ,COSINE,4",
        "IVF_SQ,L2,5", "IVF_SQ,INNER_PRODUCT,6", "IVF_SQ,COSINE,5"})
    void oneSeedGivesTheSameBytes(IndexKind kind, Distance distance, int bits) throws IOException {
        Matrix rows = Rows.CLUSTERED.make(distance, 900, 24, 1);
        IndexSpec spec = new IndexSpec(kind, 10, kind == IndexKind.IVF_PQ ? 6 : kind == IndexKind.IVF_SQ ? 16 : 0, bits, 42);
        long expected;
        try (ComputeBackend reference = new ScalarBackend(); TestIndex index = TestIndex.build(spec, distance, rows, reference)) {
            expected = checksum(index);
        }
        for (int threads : new int[] {1, 2, 3}) {
            try (ComputeBackend backend = new SimdBackend(threads);
                    TestIndex index = TestIndex.build(spec, distance, rows, backend)) {
                assertThat(checksum(index)).as("%d threads", threads).isEqualTo(expected);
            }
        }
        IndexSpec other = new IndexSpec(kind, 10, spec.codeWidth(), bits, 43);
        try (ComputeBackend backend = new SimdBackend(1); TestIndex index = TestIndex.build(other, distance, rows, backend)) {
            assertThat(checksum(index)).as("another seed").isNotEqualTo(expected);
        }
    }

    @Test
    void emptyAndOversizedListsAreSplit() {
        Matrix rows = Matrix.allocate(Arena.ofAuto(), 1000, 4);
        for (int i = 0; i < 1000; i++) { // nearly all in one clump
            rows.set(i, new float[] {1 + i % 10 * 0.01f, 1 + i % 7 * 0.01f, i < 5 ? 100 + i : 1, i % 3 * 0.01f});
        }
        try (ComputeBackend backend = new SimdBackend(1)) {
            Matrix centroids = new KMeans(backend, 10, 3).centroids(rows, 16, Arena.ofAuto(), i -> { });
            int[] lists = new int[1000];
            backend.nearest(rows, FlatData.of(Distance.L2, centroids, Arena.ofAuto()), lists);
            int[] sizes = new int[16];
            for (int list : lists) {
                sizes[list]++;
            }
            assertThat(java.util.Arrays.stream(sizes).max().getAsInt()).isLessThan(400);
        }
    }

    @Test
    void duplicatesAndFewRowsDoNoHarm() {
        for (int n : new int[] {1, 2, 40}) {
            Matrix rows = Matrix.allocate(Arena.ofAuto(), n, 8);
            for (int i = 0; i < n; i++) {
                rows.set(i, new float[] {1, 2, 3, 4, 5, 6, 7, 8});
            }
            try (ComputeBackend backend = new SimdBackend(1);
                    TestIndex index = TestIndex.build(new IndexSpec(IndexKind.IVF_PQ, 1, 4, 8, 0), Distance.L2, rows, backend)) {
                assertThat(index.data().count()).isEqualTo(n);
            }
        }
    }

    @Test
    void aCancelledBuildLeavesNothing(@TempDir Path folder) throws IOException {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 3000, 24, 1);
        IndexSpec spec = new IndexSpec(IndexKind.IVF_PQ, 10, 6, 8, 42);
        FlatData flat = FlatData.of(Distance.L2, rows, Arena.ofAuto());
        for (String last : new String[] {"k-means", "assign rows", "train codebooks", "encode"}) {
            try (ComputeBackend backend = new SimdBackend(1)) {
                IvfBuilder builder = new IvfBuilder(BuildPlan.of(spec, Distance.L2, 3000, 24), flat, backend,
                        new Stages((stage, done, total) -> !stage.equals(last)));
                assertThatThrownBy(() -> builder.write(folder.resolve("model"), folder.resolve("lists")))
                        .isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED))
                        .hasMessageContaining(last);
            }
            try (var files = Files.list(folder)) {
                assertThat(files.filter(f -> !f.endsWith("model"))).as("after %s", last).isEmpty();
            }
        }
    }

    @Test
    void plansRefuseWhatCannotBe() {
        assertThatThrownBy(() -> BuildPlan.of(IndexSpec.ivfFlat(11), Distance.L2, 10, 4)).hasMessageContaining("lists: 11");
        assertThatThrownBy(() -> BuildPlan.of(IndexSpec.ivfPq(2, 3), Distance.L2, 10, 4)).hasMessageContaining("pq-m: 3");
        assertThat(BuildPlan.of(IndexSpec.ivfPq(0, 0), Distance.L2, 60_000, 784).codeWidth()).isEqualTo(98);
        assertThat(BuildPlan.of(IndexSpec.ivfPq(0, 0), Distance.L2, 60_000, 13).codeWidth()).isEqualTo(13);
    }
}
