package dev.perigee.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.client.Client;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Collections;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.server.Server;
import dev.perigee.server.ServerSettings;
import dev.perigee.testing.RequiresCuda;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From the socket to the kernel and back, on a GPU or on the test double of its driver. */
@RequiresCuda
class CudaEndToEndTest {
    private static final int ROWS = 600;
    private static final int DIM = 24;

    @BeforeAll
    static void needsAGpuThatCanBeUsed() {
        Assumptions.assumeTrue(Backends.gpus().problem().isEmpty(), Backends.gpus().problem());
    }

    private static void assertSame(SearchResult actual, SearchResult expected) {
        assertThat(actual.ids()).isEqualTo(expected.ids());
        assertThat(actual.scores()).isEqualTo(expected.scores());
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void aServerOnTheGpuAnswersAsOneOnTheCpu(Distance distance) {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, ROWS, DIM, 1);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 30, DIM, 2);
        SearchRequest request = SearchRequest.nearest(10);
        try (ComputeBackend cpu = Backends.open("simd", 1);
                Collection expected = Collection.create(new CollectionSpec("cars", DIM, distance, IndexSpec.FLAT), cpu);
                ComputeBackend auto = Backends.open("auto", 1); Collections collections = new Collections(auto)) {
            expected.add(UpsertRequest.of(rows));
            Collection cars = collections.create(new CollectionSpec("cars", DIM, distance, IndexSpec.FLAT));
            cars.add(UpsertRequest.of(rows.slice(0, ROWS / 2)));
            cars.add(UpsertRequest.of(rows.slice(ROWS / 2, ROWS)));
            ServerSettings settings = ServerSettings.standard().withAddress("127.0.0.1", 0);
            try (Server server = Server.start(settings, collections);
                    Client client = Client.connect("127.0.0.1:" + server.address().getPort())) {
                assertThat(client.info("cars").backend()).isEqualTo("cuda");
                assertSame(client.search("cars", queries, request), expected.search(queries, request));
                for (int q = 0; q < 5; q++) {
                    assertSame(client.search("cars", queries.slice(q, q + 1), request),
                            expected.search(queries.slice(q, q + 1), request));
                }
                cars.build(Progress.NONE);
                assertSame(client.search("cars", queries, request), expected.search(queries, request));
            }
        }
    }

    @Test
    void anIndexWithoutKernelsIsSearchedOnTheCpuAndOneFileServesBoth(@TempDir Path folder) {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, ROWS, DIM, 1);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 10, DIM, 2);
        SearchRequest request = SearchRequest.nearest(5);
        try (ComputeBackend auto = Backends.open("auto", 1); ComputeBackend cpu = Backends.open("simd", 1)) {
            for (IndexSpec spec : new IndexSpec[] {IndexSpec.FLAT, IndexSpec.ivfFlat(4)}) {
                Path saved = folder.resolve(spec.kind().label());
                try (Collection made = Collection.create(new CollectionSpec("c", DIM, Distance.L2, spec), auto)) {
                    made.add(UpsertRequest.of(rows));
                    made.build(Progress.NONE);
                    made.save(saved);
                    assertThat(made.info().backend()).isEqualTo(spec.kind().label().equals("flat") ? "cuda" : "simd");
                    try (Collection opened = Collection.open(saved, cpu)) {
                        assertSame(made.search(queries, request), opened.search(queries, request));
                    }
                }
            }
        }
    }
}
