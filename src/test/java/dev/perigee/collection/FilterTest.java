package dev.perigee.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Recall;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Searches of a collection that may return some ids only. */
class FilterTest {
    private static final int DIM = 16;
    private static final int BUILT = 1200;
    private static final int ADDED = 200;
    private static final int ALL = BUILT + ADDED;
    private static final int LISTS = 10;
    private static ComputeBackend simd;
    private static ComputeBackend scalar;

    @BeforeAll
    static void open() {
        simd = Backends.open("simd", 2);
        scalar = Backends.open("scalar", 1);
    }

    @AfterAll
    static void close() {
        simd.close();
        scalar.close();
    }

    private static long id(int row) {
        return 1_000_000_000_000L - 7L * row;
    }

    private static void add(Collection collection, int from, int to) {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, ALL, DIM, 31).slice(from, to);
        collection.add(UpsertRequest.of(LongStream.range(from, to).map(row -> id((int) row)).toArray(), rows));
    }

    /** Most rows in an index, some added after it was built. */
    private static Collection collection(IndexKind kind, Distance distance, ComputeBackend backend) {
        IndexSpec index = TestIndex.spec(kind, LISTS, 4);
        Collection collection = Collection.create(new CollectionSpec("cars", DIM, distance, index), backend);
        add(collection, 0, BUILT);
        collection.build(Progress.NONE);
        add(collection, BUILT, ALL);
        return collection;
    }

    private static Matrix queries(int count) {
        return Rows.CLUSTERED.make(Distance.L2, count, DIM, 32);
    }

    /** With every candidate refined, so that what is found depends on the probes alone. */
    private static SearchRequest request(IndexKind kind, int k, int probes) {
        SearchRequest request = SearchRequest.nearest(k);
        return switch (kind) {
            case FLAT -> request;
            case IVF_FLAT -> request.withProbes(probes);
            case IVF_PQ, IVF_SQ -> request.withProbes(probes).withRefine(ALL);
        };
    }

    /** Ids of some rows, each with a chance of {@code share}, and of rows that are not there. */
    private static long[] some(double share, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        LongStream there = LongStream.range(0, ALL).filter(row -> random.nextDouble() < share).map(row -> id((int) row));
        return LongStream.concat(there, LongStream.of(5, 6)).toArray();
    }

    private static void assertFiltered(SearchResult found, SearchResult whole, LongPredicate allowed, Distance distance) {
        for (int q = 0; q < found.queries(); q++) {
            int rank = 0;
            for (int i = 0; i < whole.k() && rank < found.k(); i++) {
                if (whole.id(q, i) != -1 && allowed.test(whole.id(q, i))) {
                    assertThat(found.id(q, rank)).as("query %d, rank %d", q, rank).isEqualTo(whole.id(q, i));
                    assertThat(found.score(q, rank++)).isEqualTo(whole.score(q, i));
                }
            }
            for (; rank < found.k(); rank++) {
                assertThat(found.id(q, rank)).as("query %d, rank %d", q, rank).isEqualTo(-1);
                assertThat(found.score(q, rank)).isEqualTo(distance.missingScore());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"FLAT,L2", "FLAT,INNER_PRODUCT", "FLAT,COSINE", "IVF_FLAT,L2", "IVF_FLAT,INNER_PRODUCT", "IVF_FLAT,COSINE",
        "IVF_PQ,L2", "IVF_PQ,INNER_PRODUCT", "IVF_PQ,COSINE", "IVF_SQ,L2", "IVF_SQ,INNER_PRODUCT", "IVF_SQ,COSINE"})
    void onlyAllowedRowsComeBackAndFewAreSearchedExactly(IndexKind kind, Distance distance) {
        Matrix queries = queries(30);
        for (ComputeBackend backend : List.of(scalar, simd)) {
            try (Collection collection = collection(kind, distance, backend)) {
                SearchResult probed = collection.search(queries, request(kind, ALL, 2));
                SearchResult every = collection.search(queries, request(kind, ALL, LISTS));
                for (double share : new double[] {0.5, 0.1, 0.01}) {
                    Filter filter = Filter.of(some(share, 33));
                    assertThat(collection.count(filter)).isEqualTo(filter.size() - 2);
                    SearchResult found = collection.search(queries, request(kind, 10, 2).withFilter(filter));
                    assertFiltered(found, share == 0.01 ? every : probed, filter::allows, distance);
                }
            }
        }
    }

    @Test
    void thePlanGoesByTheShareOfRowsThatPass() {
        Matrix queries = queries(30);
        try (Collection collection = collection(IndexKind.IVF_FLAT, Distance.L2, simd)) {
            SearchResult probed = collection.search(queries, request(IndexKind.IVF_FLAT, ALL, 1));
            SearchResult every = collection.search(queries, request(IndexKind.IVF_FLAT, ALL, LISTS));
            for (int rows : new int[] {0, 1, 27, 28, 29}) { // 28 of 1400 are 2 %
                Filter filter = Filter.of(LongStream.range(0, rows).map(row -> id((int) row * 40)).toArray());
                SearchResult found = collection.search(queries, request(IndexKind.IVF_FLAT, 28, 1).withFilter(filter));
                assertFiltered(found, rows < 28 ? every : probed, filter::allows, Distance.L2);
            }
        }
    }

    @Test
    void aFilterMayBeUsedWhileRowsAreAddedAndBuilt() {
        Filter few = Filter.of(id(3), id(BUILT + 1), 77);
        Filter most = Filter.of(LongStream.range(1, ALL).map(row -> id((int) row)).toArray());
        SearchRequest three = SearchRequest.nearest(3).withFilter(few);
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, ALL, DIM, 31);
        CollectionSpec spec = new CollectionSpec("cars", DIM, Distance.L2, IndexSpec.ivfFlat(LISTS));
        try (Collection collection = Collection.create(spec, simd)) {
            assertThat(collection.search(rows.slice(0, 1), three).ids()).containsOnly(-1);
            add(collection, 0, BUILT);
            assertThat(collection.count(few)).isEqualTo(1);
            assertThat(collection.search(rows.slice(3, 4), three).ids()).containsExactly(id(3), -1, -1);
            add(collection, BUILT, ALL);
            for (int i = 0; i < 2; i++) {
                assertThat(collection.count(few)).isEqualTo(2);
                SearchResult found = collection.search(rows.slice(BUILT + 1, BUILT + 2), three);
                assertThat(found.ids()).containsExactly(id(BUILT + 1), id(3), -1);
                found = collection.search(rows.slice(0, 1), SearchRequest.nearest(1).withFilter(most));
                assertThat(found.id(0, 0)).isNotIn(id(0), -1L);
                collection.build(Progress.NONE);
            }
        }
    }

    @Test
    void moreFiltersThanAreKeptAnswerByTurns() {
        Matrix queries = queries(3);
        List<Filter> filters = new ArrayList<>();
        try (Collection collection = collection(IndexKind.IVF_FLAT, Distance.L2, simd)) {
            SearchResult every = collection.search(queries, request(IndexKind.IVF_FLAT, ALL, LISTS));
            for (int i = 0; i < 9; i++) {
                filters.add(Filter.of(some(0.01, 40 + i)));
            }
            for (int i = 0; i < 18; i++) {
                Filter filter = filters.get(i % 9);
                SearchResult found = collection.search(queries, request(IndexKind.IVF_FLAT, 5, 1).withFilter(filter));
                assertFiltered(found, every, filter::allows, Distance.L2);
            }
        }
    }

    @Test
    void aBatchHasOneFilter() {
        Filter filter = Filter.of(id(3));
        SearchRequest plain = SearchRequest.nearest(1);
        try (Collection collection = collection(IndexKind.FLAT, Distance.L2, simd)) {
            try (Batch batch = collection.batch(2)) {
                List<Batch.Part> mixed = List.of(new Batch.Part(1, plain), new Batch.Part(1, plain.withFilter(filter)));
                assertThatThrownBy(() -> batch.search(mixed)).isInstanceOf(PerigeeException.class)
                        .hasMessageStartingWith("filters: 2 in one batch (expected one");
            }
            try (Batch batch = collection.batch(2)) {
                List<SearchResult> results = batch.search(List.of(new Batch.Part(1, plain.withFilter(filter)),
                        new Batch.Part(1, SearchRequest.nearest(2).withFilter(filter))));
                assertThat(results.get(0).ids()).containsExactly(id(3));
                assertThat(results.get(1).ids()).containsExactly(id(3), -1);
            }
        }
    }

    @Test
    void theTruthIsThatOfTheAllowedRows() {
        Matrix queries = queries(20);
        try (Collection collection = collection(IndexKind.IVF_FLAT, Distance.L2, simd)) {
            for (double share : new double[] {0.3, 0.003}) {
                Filter filter = Filter.of(some(share, 34));
                SearchResult exact = collection.search(queries, request(IndexKind.IVF_FLAT, 10, LISTS).withFilter(filter));
                SearchResult less = collection.search(queries, request(IndexKind.IVF_FLAT, 10, 1).withFilter(filter));
                long unfiltered = collection.search(queries.slice(7, 8), SearchRequest.nearest(1)).id(0, 0);
                try (Truth truth = collection.truth(Optional.of(filter))) {
                    assertThat(truth.rows()).isEqualTo(filter.size() - 2);
                    double[] kth = truth.kthDistances(queries, 10);
                    assertThat(recall(truth, queries, exact, kth)).isEqualTo(1);
                    assertThat(recall(truth, queries, less, kth)).isBetween(share == 0.003 ? 1 : 0.05, 1.0);
                    if (!filter.allows(unfiltered)) {
                        assertThatThrownBy(() -> truth.distances(queries.slice(7, 8), new long[] {unfiltered}, 1))
                                .isInstanceOf(PerigeeException.class).hasMessageContaining("allowed in collection 'cars'");
                    }
                }
            }
        }
    }

    private static double recall(Truth truth, Matrix queries, SearchResult found, double[] kth) {
        return Recall.byDistance(found.ids(), truth.distances(queries, found.ids(), found.k()), kth, found.k(), truth.rows());
    }

    @Test
    void aFilterIsASetOfIds() {
        long[] ids = {9, 3, 3, Long.MAX_VALUE, 0, 9};
        Filter filter = Filter.of(ids);
        ids[0] = 1;
        assertThat(filter.size()).isEqualTo(4);
        assertThat(LongStream.of(0, 3, 9, Long.MAX_VALUE)).allMatch(filter::allows);
        assertThat(LongStream.of(-1, 1, 2, 4, 8, 10)).noneMatch(filter::allows);
        assertThat(Filter.of().size()).isZero();
        assertThatThrownBy(() -> Filter.of(4, -2)).isInstanceOf(PerigeeException.class)
                .hasMessage("filter: id -2 (expected 0 or more)");
    }
}
