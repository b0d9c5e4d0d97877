package dev.perigee.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.collection.BulkLoad;
import dev.perigee.collection.Collection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.TopK;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.evaluate.Recall;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.TestData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** 60,000 rows and 10,000 queries of 784 dims, against the neighbours that ship with the data and the scalar reference. */
class FashionMnistTest {
    private static ComputeBackend backend;
    private static Matrix rows;
    private static Matrix queries;

    @BeforeAll
    static void read() {
        rows = Vectors.read(TestData.file("fashion-mnist/train-images-idx3-ubyte.gz"), Arena.ofAuto());
        queries = Vectors.read(TestData.file("fashion-mnist/t10k-images-idx3-ubyte.gz"), Arena.ofAuto());
        backend = Backends.open("auto", 0);
    }

    @AfterAll
    static void close() {
        if (backend != null) {
            backend.close();
        }
        rows = null;
        queries = null;
    }

    private static Collection collection(Distance distance, IndexSpec index) {
        Collection collection = Collection.create(new CollectionSpec("fashion", 784, distance, index), backend);
        try (BulkLoad load = collection.bulkLoad()) {
            load.add(UpsertRequest.of(rows));
            load.commit();
        }
        collection.build(Progress.NONE);
        return collection;
    }

    private static String name(Distance distance) {
        return distance == Distance.COSINE ? "cos" : distance.label();
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void flatEqualsTheShippedTruthByValue(Distance distance) {
        try (Collection flat = collection(distance, IndexSpec.FLAT)) {
            SearchResult found = flat.search(queries, SearchRequest.nearest(100));
            if (distance == Distance.COSINE) {
                Matrix truth = Vectors.read(TestData.file("fashion-mnist/gt_cos_sim.fvecs.gz"), Arena.ofAuto());
                for (int q = 0; q < 10_000; q++) {
                    for (int i = 0; i < 100; i++) {
                        assertThat(found.score(q, i)).as("query %d, place %d", q, i).isCloseTo(truth.get(q, i), within(2e-6f));
                    }
                }
            } else {
                String file = distance == Distance.L2 ? "gt_l2_sqdist.ivecs.gz" : "gt_ip_dot.ivecs.gz";
                int[][] truth = Vectors.readIvecs(TestData.file("fashion-mnist/" + file));
                for (int q = 0; q < 10_000; q++) {
                    for (int i = 0; i < 100; i++) {
                        assertThat(found.score(q, i)).as("query %d, place %d", q, i).isEqualTo((float) truth[q][i]);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"L2,200", "INNER_PRODUCT,40", "COSINE,40"})
    void flatEqualsTheScalarReference(Distance distance, int count) {
        Matrix space = rows;
        Matrix some = Matrix.allocate(Arena.ofAuto(), count, 784);
        some.copy(queries, 5000, 0, count);
        if (distance == Distance.COSINE) {
            space = Matrix.allocate(Arena.ofAuto(), rows.rows(), 784);
            UnitRows.copy(rows, space);
            UnitRows.copy(some, some);
        }
        List<IndexData> data = List.of(FlatData.of(distance, space, Arena.ofAuto()));
        SearchParams exact = new SearchParams.Flat();
        try (ComputeBackend scalar = new ScalarBackend()) {
            TopK expected = Answers.search(scalar, data, some, 10, exact, List.of());
            Answers.assertSame(Answers.search(backend, data, some, 10, exact, List.of()), expected, "batch");
            for (int q = 0; q < 10; q++) {
                List<String> alone = Answers.lines(Answers.search(backend, data, some.slice(q, q + 1), 10, exact, List.of()));
                assertThat(alone.getFirst().substring(8)).isEqualTo(Answers.lines(expected).get(q).substring(8));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"L2,IVF_FLAT,.98", "INNER_PRODUCT,IVF_FLAT,.98", "COSINE,IVF_FLAT,.98",
        "L2,IVF_PQ,.97", "INNER_PRODUCT,IVF_PQ,.97", "COSINE,IVF_PQ,.97"})
    void listsFindNearlyAll(Distance distance, IndexKind kind, double floor) {
        int[][] truth = Vectors.readIvecs(TestData.file("fashion-mnist/gt_" + name(distance) + "_ids.ivecs.gz"));
        IndexSpec spec = kind == IndexKind.IVF_FLAT ? IndexSpec.ivfFlat(256) : IndexSpec.ivfPq(256, 98);
        try (Collection ivf = collection(distance, spec)) {
            SearchRequest request = SearchRequest.nearest(10).withProbes(32);
            SearchResult found = ivf.search(queries, kind == IndexKind.IVF_PQ ? request.withRefine(100) : request);
            double recall = Recall.byIds(found.ids(), truth, 10);
            System.out.printf("Fashion-MNIST %s %s: recall@10 %.4f%n", distance.label(), kind.label(), recall);
            assertThat(recall).isGreaterThanOrEqualTo(floor);
            SearchResult again = ivf.search(queries.slice(0, 1), kind == IndexKind.IVF_PQ ? request.withRefine(100) : request);
            for (int i = 0; i < 10; i++) {
                assertThat(again.id(0, i)).isEqualTo(found.id(0, i));
                assertThat(again.score(0, i)).isEqualTo(found.score(0, i));
            }
        }
    }
}
