package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.client.Client;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Collections;
import dev.perigee.compute.Benchmark.Row;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.server.Server;
import dev.perigee.server.ServerSettings;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RpcBenchmarkTest {
    private static final RpcBenchmark.Sizes TINY = new RpcBenchmark.Sizes(200, 8, 4, 2, 20, 3, 1, 4, 2);

    private final ComputeBackend backend = Backends.open("auto", 1);
    private final List<String> notes = new ArrayList<>();

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void givesAllItsRowsInOrder() {
        RpcBenchmark benchmark = new RpcBenchmark(TINY, backend, notes::add);
        List<Row> rows = benchmark.run(benchmark.rows());
        assertThat(rows).extracting(Row::name).containsExactly("single_added_p50_us", "batch_1000_of_in_process",
                "noop_single_p50_us", "noop_batch_1000_qps").isEqualTo(benchmark.rows());
        assertThat(rows).extracting(Row::unit).containsExactly("us", "ratio", "us", "queries/s");
        assertThat(rows).extracting(Row::goal).containsExactly(100.0, 0.85, Double.NaN, Double.NaN);
        assertThat(rows).extracting(Row::atMost).containsExactly(true, false, true, false);
        assertThat(rows).extracting(Row::value).allMatch(Double::isFinite);
        assertThat(rows.subList(1, 4)).extracting(Row::value).allMatch(value -> value > 0);
        assertThat(notes).hasSize(4);
    }

    @Test
    void measuresOnlyWhatIsWanted() {
        List<Row> rows = new RpcBenchmark(TINY, backend, notes::add).run(List.of("noop_single_p50_us"));
        assertThat(rows).extracting(Row::name).containsExactly("noop_single_p50_us");
        assertThat(notes).hasSize(1);
    }

    @Test
    void refusesAServerThatAnswersOtherwise() {
        CollectionSpec spec = new CollectionSpec("cars", 2, Distance.L2, IndexSpec.FLAT);
        ServerSettings settings = ServerSettings.standard().withAddress("127.0.0.1", 0).withWorkers(1);
        try (Arena arena = Arena.ofShared(); Collections collections = new Collections(backend);
                Collection other = Collection.create(spec, backend); Server server = Server.start(settings, collections);
                Client client = Client.connect("127.0.0.1:" + server.address().getPort())) {
            Matrix rows = Matrix.copyOf(arena, new float[] {0, 0}, new float[] {3, 4}, new float[] {9, 9});
            Collection served = collections.create(spec);
            served.add(UpsertRequest.of(rows));
            other.add(UpsertRequest.of(rows.slice(0, 2)));
            SearchRequest nearest = SearchRequest.nearest(1);
            new BothWays(other, client, rows.slice(0, 2), nearest).requireSameAnswers();
            assertThatThrownBy(() -> new BothWays(other, client, rows, nearest).requireSameAnswers())
                    .isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
                    .hasMessageContaining("batch of 3 queries").hasMessageContaining("'cars'");
        }
    }
}
