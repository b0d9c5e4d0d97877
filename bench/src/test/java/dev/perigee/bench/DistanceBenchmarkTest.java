package dev.perigee.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.distance.Distance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is measured is the distance. */
class DistanceBenchmarkTest {
    @ParameterizedTest
    @EnumSource(Distance.class)
    void theSumIsThatOfTheFormula(Distance distance) {
        DistanceBenchmark benchmark = new DistanceBenchmark();
        benchmark.dim = 128;
        benchmark.distance = distance;
        benchmark.fill();
        double squares = 0;
        double products = 0;
        for (int i = 0; i < DistanceBenchmark.ROWS; i++) {
            for (int t = 0; t < benchmark.dim; t++) {
                double a = benchmark.query.get(0, t);
                double b = benchmark.rows.get(i, t);
                squares += (a - b) * (a - b);
                products += a * b;
            }
        }
        double expected = distance == Distance.L2 ? squares : -products;
        assertThat(benchmark.scalar()).isCloseTo(expected, within(1e-9));
        benchmark.free();
    }
}
