package dev.perigee.compute.faiss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.IndexSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ListSearchContract;
import dev.perigee.compute.TopK;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.RequiresFaiss;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

@RequiresFaiss
class FaissBackendTest extends ListSearchContract {
    @Override
    protected ComputeBackend backend(int threads) {
        return new FaissBackend(new SimdBackend(threads), threads);
    }

    @Override
    protected boolean searchesSq() {
        return false;
    }

    /** A batch of FAISS takes |q|^2 + |x|^2 - 2 q.x in float32, so its error goes with the lengths and not with the distance. */
    @Override
    protected void assertAnswer(TopK actual, TopK expected, double scale, String what) {
        Answers.assertNear(actual, expected, scale * 0x1p-18 + Float.MIN_NORMAL, what);
    }

    @Test
    void opensClosesAndKeepsNothing() throws IOException {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 600, 24, 1);
        Matrix query = rows.slice(5, 6);
        try (ComputeBackend backend = backend(1); TestIndex lists = TestIndex.build(IndexSpec.ivfFlat(8), Distance.L2, rows, backend);
                TestIndex codes = TestIndex.build(IndexSpec.ivfPq(8, 6), Distance.L2, rows, backend)) {
            FlatData flat = FlatData.of(Distance.L2, rows, Arena.ofAuto());
            long before = 0;
            for (int cycle = 0; cycle < 10_000; cycle++) {
                if (cycle == 1000) {
                    before = residentBytes();
                }
                IndexData data = cycle % 3 == 0 ? flat : cycle % 3 == 1 ? lists.data() : codes.data();
                SearchParams params = cycle % 3 == 2 ? new SearchParams.IvfPq(3, 30) : new SearchParams.IvfFlat(3);
                TopK found = Answers.search(backend, List.of(data), query, 3, params, List.of());
                assertThat(found.position(0, 0)).isEqualTo(5);
            }
            assertThat(residentBytes() - before).as("bytes more than after 1,000 cycles").isLessThan(32L << 20);
        }
    }

    private static long residentBytes() throws IOException {
        System.gc();
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).findFirst().orElseThrow();
    }

    @Test
    void rowsThatFloatCannotSumAreRefusedInLists() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 300, 8, 2);
        for (int i = 0; i < rows.rows(); i++) {
            rows.set(i, 0, rows.get(i, 0) * 1e25f);
        }
        try (ComputeBackend backend = backend(1); TestIndex index = TestIndex.build(IndexSpec.ivfFlat(4), Distance.L2, rows, backend)) {
            assertThatThrownBy(() -> backend.open(List.of(index.data()))).isInstanceOf(PerigeeException.class)
                    .hasMessageContaining("FAISS sums in float32").extracting(e -> ((PerigeeException) e).code())
                    .isEqualTo(ErrorCode.UNSUPPORTED);
        }
    }
}
