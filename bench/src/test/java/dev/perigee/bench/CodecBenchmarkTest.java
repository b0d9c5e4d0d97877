package dev.perigee.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.protocol.SearchCodec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is measured brings over what was sent. */
class CodecBenchmarkTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 13})
    void whatArrivesIsWhatWasSent(int queries) {
        CodecBenchmark benchmark = new CodecBenchmark();
        benchmark.queries = queries;
        benchmark.dim = 20;
        benchmark.fill();
        SearchCodec.Search search = benchmark.search();
        assertThat(search.collection()).isEqualTo(CodecBenchmark.COLLECTION);
        assertThat(search.request()).isEqualTo(CodecBenchmark.REQUEST);
        assertThat(search.rows()).isEqualTo(queries);
        for (int i = 0; i < queries; i++) {
            assertThat(benchmark.received.get(i)).isEqualTo(benchmark.sent.get(i));
        }
        assertThat(benchmark.result().ids()).isEqualTo(benchmark.result.ids());
        assertThat(benchmark.result().scores()).isEqualTo(benchmark.result.scores());
        benchmark.free();
    }
}
