package dev.perigee.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.Filter;
import dev.perigee.api.IndexKind;
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
import dev.perigee.compute.Searcher;
import dev.perigee.distance.Distance;
import dev.perigee.server.Server;
import dev.perigee.server.ServerSettings;
import dev.perigee.testing.RequiresCuda;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    @ParameterizedTest
    @CsvSource({"IVF_FLAT,COSINE", "IVF_PQ,L2"})
    void manyClientsAtOnceGetTheAnswersOfOneOnTheCpu(IndexKind kind, Distance distance) {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, ROWS, DIM, 1);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 48, DIM, 2);
        IndexSpec spec = new IndexSpec(kind, 6, kind == IndexKind.IVF_PQ ? 6 : 0, 8, 0);
        try (ComputeBackend cpu = Backends.open("simd", 1);
                Collection expected = Collection.create(new CollectionSpec("cars", DIM, distance, spec), cpu);
                ComputeBackend cuda = Backends.open("cuda", 1); Collections collections = new Collections(cuda)) {
            Collection cars = collections.create(new CollectionSpec("cars", DIM, distance, spec));
            for (Collection each : List.of(expected, cars)) {
                each.add(UpsertRequest.of(rows));
                each.build(Progress.NONE);
            }
            ServerSettings settings = ServerSettings.standard().withAddress("127.0.0.1", 0);
            try (Server server = Server.start(settings, collections)) {
                IntStream.range(0, 8).parallel().forEach(c -> {
                    try (Client client = Client.connect("127.0.0.1:" + server.address().getPort())) {
                        for (int q = c; q < 48; q += 8) { // k, probes and refinement of its own for each
                            SearchRequest request = SearchRequest.nearest(1 + q % 9).withProbes(1 + q % 4);
                            SearchRequest own = kind == IndexKind.IVF_PQ ? request.withRefine(q % 3 * 10) : request;
                            Matrix one = queries.slice(q, q + 1);
                            assertSame(client.search("cars", one, own), expected.search(one, own));
                        }
                    }
                });
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"IVF_FLAT,L2", "IVF_PQ,L2", "IVF_PQ,COSINE", "IVF_FLAT,INNER_PRODUCT", "IVF_PQ,INNER_PRODUCT"})
    void oneFileServesBothWithTheSameAnswers(IndexKind kind, Distance distance, @TempDir Path folder) {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, ROWS, DIM, 1);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 30, DIM, 2);
        IndexSpec spec = new IndexSpec(kind, 6, kind == IndexKind.IVF_PQ ? 6 : 0, 8, 0);
        SearchRequest request = SearchRequest.nearest(5).withProbes(3);
        SearchRequest filtered = request.withFilter(Filter.of(LongStream.range(0, ROWS / 4).map(i -> 4 * i).toArray()));
        Path saved = folder.resolve("index");
        try (ComputeBackend auto = Backends.open("auto", 1); ComputeBackend cpu = Backends.open("simd", 1)) {
            try (Collection made = Collection.create(new CollectionSpec("c", DIM, distance, spec), cpu)) {
                made.add(UpsertRequest.of(rows));
                made.build(Progress.NONE);
                made.save(saved);
                try (Collection opened = Collection.open(saved, auto)) {
                    assertThat(opened.info().backend()).isEqualTo("cuda");
                    assertSame(opened.search(queries, request), made.search(queries, request));
                    assertSame(opened.search(queries, filtered), made.search(queries, filtered));
                }
            }
            try (Collection opened = Collection.open(saved, cpu);
                    Collection made = Collection.create(new CollectionSpec("c", DIM, distance, spec), auto)) {
                made.add(UpsertRequest.of(rows));
                made.build(Progress.NONE);
                made.add(UpsertRequest.of(rows.slice(0, 50))); // a flat tail beside the lists
                opened.add(UpsertRequest.of(rows.slice(0, 50)));
                assertSame(made.search(queries, request), opened.search(queries, request));
            }
        }
    }

    @Test
    void codesWithTooManyPartsAreSearchedOnTheCpu() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 300, 512, 1);
        IndexSpec spec = new IndexSpec(IndexKind.IVF_PQ, 2, 512, 8, 0);
        try (ComputeBackend auto = Backends.open("auto", 1); ComputeBackend cuda = Backends.open("cuda", 1);
                ComputeBackend cpu = Backends.open("simd", 1); TestIndex index = TestIndex.build(spec, Distance.L2, rows, cpu)) {
            try (Searcher chosen = auto.open(List.of(index.data()))) {
                assertThat(chosen.backend().name()).isEqualTo("simd");
            }
            assertThatThrownBy(() -> cuda.open(List.of(index.data())))
                    .isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED))
                    .hasMessageContaining("index: ivf_pq with 512 parts of 8 bits: look-up tables of 526,336 bytes (expected at most");
        }
    }
}
