package dev.perigee.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.TopK;
import org.junit.jupiter.api.Test;

/** What is measured is exact search. */
class FlatSearchBenchmarkTest {
    @Test
    void batchAndSingleFindWhatSortingFinds() {
        FlatSearchBenchmark benchmark = new FlatSearchBenchmark();
        benchmark.rows = 500;
        benchmark.dim = 24;
        benchmark.backend = "simd";
        benchmark.open();
        TopK batch = benchmark.batch();
        for (int q = 0; q < FlatSearchBenchmark.BATCH; q++) {
            long[] nearest = Nearest.rows(benchmark.data, benchmark.queries, q, batch.k(q));
            TopK single = benchmark.single();
            for (int i = 0; i < nearest.length; i++) {
                assertThat(batch.position(q, i)).isEqualTo(nearest[i]);
                assertThat(single.position(0, i)).isEqualTo(nearest[i]);
            }
        }
        benchmark.close();
    }
}
