package dev.perigee.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.compute.TopK;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is measured is the distance of a query to what the codes of rows stand for: centroid + residual. */
class CodeScanBenchmarkTest {
    @ParameterizedTest
    @ValueSource(ints = {8, 4})
    void distancesAreThoseOfTheDecodedCodes(int bits) {
        CodeScanBenchmark benchmark = new CodeScanBenchmark();
        benchmark.perList = 32;
        benchmark.dim = 24;
        benchmark.bits = bits;
        benchmark.backend = "scalar"; // the reference for the formula, then the kernel for the same answer
        benchmark.open();
        TopK reference = benchmark.batch();
        for (int q = 0; q < CodeScanBenchmark.BATCH; q += 9) {
            for (int i = 0; i < CodeScanBenchmark.K; i++) {
                double decoded = decoded(benchmark, q, (int) reference.position(q, i));
                assertThat(reference.distance(q, i)).isCloseTo(decoded, within(1e-3));
            }
        }
        benchmark.close();
        benchmark.backend = "simd";
        benchmark.open();
        TopK batch = benchmark.batch();
        for (int q = 0; q < CodeScanBenchmark.BATCH; q++) {
            TopK single = benchmark.single();
            for (int i = 0; i < CodeScanBenchmark.K; i++) {
                assertThat(batch.position(q, i)).isEqualTo(reference.position(q, i));
                assertThat(single.position(0, i)).isEqualTo(reference.position(q, i));
            }
        }
        benchmark.close();
    }

    private static double decoded(CodeScanBenchmark benchmark, int query, int row) {
        double sum = 0;
        for (int t = 0; t < benchmark.dim; t++) {
            double value = benchmark.data.model().centroids().rows().get(row / benchmark.perList, t)
                    + CodeScanBenchmark.residual(benchmark.data, row, t);
            double difference = benchmark.queries.get(query, t) - value;
            sum += difference * difference;
        }
        return sum;
    }
}
