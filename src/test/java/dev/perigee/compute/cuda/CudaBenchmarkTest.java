package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.testing.RequiresCuda;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

class CudaBenchmarkTest {
    private static final GpuSizes TINY = new GpuSizes(300, 40, 40, 20, 2, 0, 1 << 14, 3, 1);

    @Test
    void hopesForOneRowOfEachName() {
        List<Benchmark.Row> rows = CudaBenchmark.expected();
        assertThat(rows).extracting(Benchmark.Row::name).containsExactly("ceiling_copy_gbps", "ceiling_mma_fp16_tflops",
                "ceiling_mma_tf32_tflops", "ceiling_shared_gbps", "E1", "E2_q1024", "E2_q32", "E2_q1", "E3", "E4_k100",
                "E4_k4096", "E5", "S1", "C1", "C2", "P1", "P2", "P3", "P4_q1000", "P4_q32", "P5", "P6", "L1", "L2",
                "F1_50", "F1_10", "F1_1", "F2", "M1", "Q1", "D1", "B1_fatbin", "B1_first_answer");
        assertThat(rows).allSatisfy(row -> assertThat(row.value()).isNaN());
        Benchmark.Row first = rows.get(4);
        assertThat(first.goal()).isEqualTo(8);
        assertThat(first.atMost()).isTrue();
        assertThat(first.context().limit()).isEqualTo(3.24);
        assertThat(first.context().stretch()).isEqualTo(5);
        assertThat(first.context().anchor()).contains("FAISS");
    }

    @Test
    @RequiresCuda
    void measuresAndChecksEveryRow() {
        assumeTrue(KernelModule.problem().isEmpty(), KernelModule.problem());
        try (CudaBackend backend = CudaBackend.open(CudaDriver.probe().chosen())) {
            CudaBenchmark benchmark = new CudaBenchmark(backend, TINY);
            assertThat(benchmark.run(List.of("S1"))).extracting(Benchmark.Row::name).containsExactly("S1");
            List<Benchmark.Row> rows = benchmark.run(benchmark.rows());
            assertThat(rows).extracting(Benchmark.Row::name).isEqualTo(benchmark.rows());
            for (Benchmark.Row row : rows) {
                assertThat(row.value()).as(row.name()).isPositive();
                if (row.name().startsWith("E")) {
                    assertThat(row.context().recall()).as(row.name()).isEqualTo(1);
                }
                if (row.name().matches("[LP][1-5].*") && row.unit().equals("ms")) {
                    assertThat(row.context().recall()).as(row.name()).isBetween(0.3, 1.0);
                }
                if (row.unit().equals("ms") && !row.name().matches("[LB]1.*")) {
                    assertThat(row.context().limit()).as(row.name()).isPositive();
                    assertThat(row.context().more()).as(row.name()).containsKey("of_limit");
                }
            }
            assertThat(rows.get(4).context().more()).containsKeys("device_ms", "rescore_exact_ms", "limit_with_second_pass_ms");
        }
    }

    private final Arena arena = Arena.ofAuto();
    private final Matrix rows = SeededRows.GAUSSIAN.make(arena, Distance.L2, 100, 8, 1);
    private final FlatData data = FlatData.of(Distance.L2, rows, arena);

    @Test
    void anAnswerThatIsWrongIsRefused() {
        ReferenceAnswers reference = ReferenceAnswers.of(List.of(data), rows, new int[] {0, 7}, 5, List.of());
        assertThat(reference.compare("right", nearest(5, 0), 8)).isEqualTo(1);
        ReferenceAnswers.requireOrder("right", nearest(5, 0), 8, data, rows, 1);
        assertThatThrownBy(() -> reference.compare("one missed", nearest(5, 1), 8)).hasMessageContaining("query 0, place 0");
        TopK shifted = new TopK(new int[] {5});
        TopK few = new TopK(new int[] {5});
        for (int i = 0; i < 5; i++) {
            shifted.offer(0, nearest(5, 0).distance(0, i) + 1e-9, nearest(5, 0).position(0, i));
        }
        few.offer(0, 0, 0);
        assertThatThrownBy(() -> reference.compare("distances", shifted, 1)).hasMessageContaining("query 0, place 0");
        assertThatThrownBy(() -> ReferenceAnswers.requireOrder("distances", shifted, 1, data, rows, 1))
                .hasStackTraceContaining("distance");
        assertThatThrownBy(() -> ReferenceAnswers.requireOrder("few", few, 1, data, rows, 1))
                .hasStackTraceContaining("1 neighbours (expected 5)");
        assertThatThrownBy(() -> ReferenceAnswers.requirePrefix("longer", nearest(3, 1), nearest(5, 0), 1))
                .hasMessageContaining("for fewer");
    }

    /** Of the first eight rows, without the {@code missed} nearest. */
    private TopK nearest(int k, int missed) {
        int[] ks = new int[8];
        java.util.Arrays.fill(ks, k);
        TopK top = new TopK(ks);
        for (int q = 0; q < 8; q++) {
            TopK all = new TopK(new int[] {100});
            for (int i = 0; i < 100; i++) {
                all.offer(0, Distance.L2.between(rows, q, rows, i), i);
            }
            for (int i = missed; i < missed + k; i++) {
                top.offer(q, all.distance(0, i), all.position(0, i));
            }
        }
        return top;
    }

    @Test
    void aSelectionThatIsWrongIsRefused() {
        MemorySegment values = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 3, 1, 2, 1);
        SelectRow.check(values, arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 1),
                arena.allocateFrom(ValueLayout.JAVA_INT, 1, 3), 0, 4, 2);
        refused(values, new float[] {1, 1}, 3, 1);
        refused(values, new float[] {1, 2}, 1, 2);
        refused(values, new float[] {1, 1}, 1, 1);
        refused(values, new float[] {1, 5}, 1, 0);
    }

    private void refused(MemorySegment values, float[] selected, int... columns) {
        assertThatThrownBy(() -> SelectRow.check(values, arena.allocateFrom(ValueLayout.JAVA_FLOAT, selected),
                arena.allocateFrom(ValueLayout.JAVA_INT, columns), 0, 4, 2)).hasMessageContaining("select_k: row 0, 2 of 4");
    }
}
