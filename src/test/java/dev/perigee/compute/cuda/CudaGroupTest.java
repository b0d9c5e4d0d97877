package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.TopK;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.RequiresCuda;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several devices: two, or the one that there is taken twice. */
@RequiresCuda
class CudaGroupTest {
    @BeforeAll
    static void needsKernels() {
        Assumptions.assumeTrue(KernelModule.problem().isEmpty(), KernelModule.problem());
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void listsThatAreSplitGiveTheAnswersOfOne(Distance distance) {
        Matrix rows = Rows.CLUSTERED.make(distance, 900, 16, 1);
        Matrix queries = Rows.CLUSTERED.make(distance, 20, 16, 2);
        BitSet third = new BitSet();
        for (int i = 0; i < 900; i += 3) {
            third.set(i);
        }
        CudaDriver driver = CudaDriver.probe();
        List<CudaDriver.Device> devices = driver.devices().size() > 1 ? driver.devices().subList(0, 2)
                : List.of(driver.chosen(), driver.chosen());
        IndexData scalars = new SeededLists(Arena.ofAuto(), distance, rows, 9).scalars(16, 6);
        FlatData added = FlatData.of(distance, rows.slice(0, 50), Arena.ofAuto());
        try (ComputeBackend simd = new SimdBackend(2); ComputeBackend scalar = new ScalarBackend();
                ComputeBackend group = CudaGroup.of(devices);
                TestIndex whole = TestIndex.build(IndexSpec.ivfFlat(9), distance, rows, simd);
                TestIndex coded = TestIndex.build(new IndexSpec(IndexKind.IVF_PQ, 9, 4, 8, 7), distance, rows, simd)) {
            assertThat(group).isInstanceOf(CudaGroup.class);
            List<IndexData> parts = ListParts.split(coded.data(), 2);
            int all = ((IvfPqData) coded.data()).lists().slots();
            assertThat(parts).allSatisfy(part -> assertThat(((IvfPqData) part).lists().slots()).isBetween(all / 5, all * 4 / 5));
            for (List<RowMask> masks : List.of(List.<RowMask>of(), Collections.unmodifiableList(Arrays.asList(null, RowMask.of(third, 900))))) {
                for (IndexData lists : List.of(whole.data(), coded.data(), scalars)) {
                    for (int probes : new int[] {1, 5, 100}) {
                        for (int refine : new int[] {0, 25}) {
                            for (int k : probes == 5 && refine == 0 ? new int[] {10, 300} : new int[] {10}) {
                                SearchParams params = switch (lists) {
                                    case IvfPqData codes -> new SearchParams.IvfPq(probes, refine);
                                    case IvfSqData codes -> new SearchParams.IvfSq(probes, refine);
                                    default -> new SearchParams.IvfFlat(probes);
                                };
                                List<IndexData> data = List.of(added, lists);
                                TopK expected = Answers.search(lists == scalars ? scalar : simd, data, queries, k, params, masks);
                                Answers.assertSame(Answers.search(group, data, queries, k, params, masks), expected,
                                        params + ", k " + k);
                            }
                        }
                    }
                }
            }
        }
    }
}
