package dev.perigee.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Truth;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.TopK;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.TestData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** 10,000 rows and 100 queries of 128 dims with published neighbours; runs at every width of vectors. */
@Tag("lanes")
class SiftSmallTest {
    private static Matrix read(String name) {
        return Vectors.read(TestData.file("siftsmall/" + name), Arena.ofAuto());
    }

    @Test
    void flatEqualsThePublishedNeighboursByDistance() {
        Matrix rows = read("siftsmall_base.fvecs.gz");
        Matrix queries = read("siftsmall_query.fvecs");
        int[][] truth = Vectors.readIvecs(TestData.file("siftsmall/siftsmall_groundtruth.ivecs"));
        try (ComputeBackend backend = Backends.open("auto", 2);
                Collection flat = Collection.create(new CollectionSpec("sift", 128, Distance.L2, IndexSpec.FLAT), backend)) {
            flat.add(UpsertRequest.of(rows));
            SearchResult found = flat.search(queries, SearchRequest.nearest(100));
            try (Truth exact = flat.truth()) {
                for (int q = 0; q < 100; q++) {
                    long[] published = java.util.Arrays.stream(truth[q]).asLongStream().toArray();
                    double[] distances = exact.distances(queries.slice(q, q + 1), published, 100);
                    for (int i = 0; i < 100; i++) {
                        assertThat(found.score(q, i)).as("query %d, place %d", q, i).isEqualTo((float) distances[i]);
                    }
                }
            }
        }
    }

    @Test
    void flatEqualsTheScalarReference() {
        Matrix rows = read("siftsmall_base.fvecs.gz");
        Matrix queries = read("siftsmall_query.fvecs");
        List<IndexData> data = List.of(FlatData.of(Distance.L2, rows, Arena.ofAuto()));
        SearchParams params = new SearchParams.Flat();
        try (ComputeBackend scalar = new ScalarBackend(); ComputeBackend one = Backends.open("auto", 1);
                ComputeBackend two = Backends.open("auto", 2)) {
            TopK expected = Answers.search(scalar, data, queries, 10, params, List.of());
            Answers.assertSame(Answers.search(one, data, queries, 10, params, List.of()), expected, "one thread");
            Answers.assertSame(Answers.search(two, data, queries, 10, params, List.of()), expected, "two threads");
            for (int from = 0; from < 100; from += 9) {
                Matrix part = queries.slice(from, Math.min(100, from + 9));
                List<String> lines = Answers.lines(Answers.search(two, data, part, 10, params, List.of()));
                for (int i = 0; i < lines.size(); i++) {
                    String whole = Answers.lines(expected).get(from + i);
                    assertThat(lines.get(i).substring(lines.get(i).indexOf(':'))).isEqualTo(whole.substring(whole.indexOf(':')));
                }
            }
        }
    }
}
