package dev.perigee.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is measured is the nearest centroid. */
class NearestBenchmarkTest {
    @ParameterizedTest
    @ValueSource(ints = {8, 40})
    void everyRowGetsTheCentroidThatSortingFinds(int dim) {
        NearestBenchmark benchmark = new NearestBenchmark();
        benchmark.centroids = 30;
        benchmark.dim = dim;
        benchmark.backend = "simd";
        benchmark.open();
        int[] nearest = benchmark.nearest();
        for (int i = 0; i < NearestBenchmark.ROWS; i++) {
            assertThat(nearest[i]).isEqualTo((int) Nearest.rows(benchmark.centres, benchmark.rows, i, 1)[0]);
        }
        benchmark.close();
    }
}
