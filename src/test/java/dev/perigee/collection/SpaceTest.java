package dev.perigee.collection;

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
import dev.perigee.api.SpaceInfo;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.build.Projection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.TransformFile;
import dev.perigee.storage.Manifest;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpaceTest {
    private static final int DIM = 24;
    private static final int OWN_DIM = 10;
    private static ComputeBackend backend;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        backend = Backends.open("auto", 2);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    /** {@code V(x - b)} of dim 24 to 10. */
    private static TransformFile.Content learned(long seed) {
        Random random = new Random(seed);
        float[][] weights = new float[OWN_DIM][DIM];
        for (float[] row : weights) {
            for (int i = 0; i < DIM; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        Transform transform = Transform.of(Transform.Scale.centre(random.doubles(DIM).toArray()), Transform.Dense.linear(weights));
        return new TransformFile.Content(transform, Map.of("method", "test"));
    }

    private static Matrix rows(int n, long seed) {
        return Rows.CLUSTERED.make(Distance.L2, n, DIM, seed);
    }

    private static SpaceSpec space(long seed, Distance distance, IndexSpec index) {
        return new SpaceSpec(Optional.of(learned(seed)), distance, index);
    }

    private static Collection given(IndexSpec index, Path near) {
        return Collection.create(new CollectionSpec("cars", DIM, Distance.L2, index), backend, near);
    }

    private static void assertSame(SearchResult found, SearchResult expected) {
        assertThat(found.ids()).isEqualTo(expected.ids());
        assertThat(found.scores()).isEqualTo(expected.scores());
    }

    private static void assertFindsItself(Collection collection, Matrix rows, long firstId, int version) {
        SearchResult result = collection.search(rows, SearchRequest.nearest(1));
        assertThat(result.spaceVersion()).isEqualTo(version);
        assertThat(result.ids()).isEqualTo(IntStream.range(0, rows.rows()).mapToLong(i -> firstId + i).toArray());
    }

    @ParameterizedTest
    @CsvSource({"L2,FLAT", "L2,IVF_FLAT", "COSINE,FLAT", "COSINE,IVF_PQ", "INNER_PRODUCT,IVF_FLAT", "L2,IVF_SQ"})
    void searchesAsRowsAndQueriesThatWereMappedByHand(Distance distance, IndexKind kind) {
        IndexSpec index = TestIndex.spec(kind, 16, 5);
        TransformFile.Content learned = learned(1);
        Matrix rows = rows(2500, 1);
        Matrix queries = rows(60, 2);
        SearchRequest request = SearchRequest.nearest(10);
        Path saved = folder.resolve("saved");
        try (Arena arena = Arena.ofShared(); Projection projection = new Projection(learned.transform(), backend);
                Collection byHand = Collection.create(new CollectionSpec("mapped", OWN_DIM, distance, index), backend);
                Collection collection = Collection.create(new CollectionSpec("cars", DIM, distance, index), Optional.of(learned),
                        backend, saved)) {
            Matrix mappedRows = Matrix.allocate(arena, rows.rows(), OWN_DIM);
            projection.project(rows, mappedRows);
            Matrix mappedQueries = Matrix.allocate(arena, queries.rows(), OWN_DIM);
            learned.transform().apply(queries, mappedQueries);
            byHand.add(UpsertRequest.of(mappedRows));
            collection.add(UpsertRequest.of(rows));
            assertSame(collection.search(queries, request), byHand.search(mappedQueries, request));
            byHand.build(Progress.NONE);
            collection.build(Progress.NONE);
            SearchResult expected = byHand.search(mappedQueries, request);
            assertSame(collection.search(queries, request), expected);
            SearchRequest few = request.withFilter(Filter.of(3, 700, 2400));
            assertSame(collection.search(queries, few), byHand.search(mappedQueries, few));
            try (Truth truth = collection.truth(); Truth mapped = byHand.truth()) {
                assertThat(truth.kthDistances(queries, 10)).isEqualTo(mapped.kthDistances(mappedQueries, 10));
                assertThat(truth.distances(queries, expected.ids(), 10)).isEqualTo(mapped.distances(mappedQueries, expected.ids(), 10));
                assertThat(truth.givenRows(new long[] {9}, arena).get(0)).isEqualTo(rows.get(9));
                assertThat(truth.spaceRows(new long[] {9}, arena).dim()).isEqualTo(OWN_DIM);
            }
            assertThat(collection.info().space()).isEqualTo(new SpaceInfo(1, OWN_DIM, "test", distance));
            assertThat(collection.spec().dim()).isEqualTo(DIM);
            collection.save(saved);
            try (Collection opened = Collection.open(saved, backend)) {
                assertSame(opened.search(queries, request), expected);
                opened.add(UpsertRequest.of(queries));
                assertThat(opened.info().rows()).isEqualTo(2560);
            }
        }
    }

    @Test
    void rowsInMemoryAreSavedToTheLastBit() {
        Matrix rows = rows(300, 3);
        Path saved = folder.resolve("saved");
        try (Collection collection = Collection.create(new CollectionSpec("cars", DIM, Distance.COSINE, IndexSpec.FLAT),
                Optional.of(learned(1)), backend, saved)) {
            for (int from = 0; from < 300; from += 7) { // products of a few rows at a time may differ from those of many
                collection.add(UpsertRequest.of(rows.slice(from, Math.min(300, from + 7))));
            }
            collection.save(saved);
            SearchResult expected = collection.search(rows, SearchRequest.nearest(5));
            try (Collection opened = Collection.open(saved, backend)) {
                assertSame(opened.search(rows, SearchRequest.nearest(5)), expected);
                opened.build(Progress.NONE);
                assertSame(opened.search(rows, SearchRequest.nearest(5)), expected);
            }
        }
    }

    @Test
    void aSpaceIsBuiltJudgedPromotedAndTakenBack() {
        Matrix rows = rows(1200, 4);
        Matrix queries = rows(40, 5);
        SearchRequest request = SearchRequest.nearest(10);
        try (Collection collection = given(IndexSpec.ivfFlat(8), folder.resolve("saved"))) {
            collection.add(UpsertRequest.of(rows.slice(0, 1000)));
            collection.build(Progress.NONE);
            SearchResult before = collection.search(queries, request);
            refused(collection::rollback, ErrorCode.FAILED_PRECONDITION, "version 1 is the only one");
            SearchResult judged;
            try (Candidate candidate = collection.prepare(space(1, Distance.L2, IndexSpec.ivfFlat(4)), Progress.NONE)) {
                judged = candidate.search(queries, request);
                assertThat(judged.spaceVersion()).isEqualTo(2);
                assertThat(judged.ids()).isNotEqualTo(before.ids());
                assertSame(collection.search(queries, request), before);
                try (Truth truth = candidate.truth()) {
                    assertThat(truth.rows()).isEqualTo(1000);
                }
                collection.add(UpsertRequest.of(rows.slice(1000, 1100)));
                collection.promote(candidate);
                refused(() -> collection.promote(candidate), ErrorCode.FAILED_PRECONDITION, "space: version 2 (expected more than 2");
            }
            assertFindsItself(collection, rows.slice(0, 1100), 0, 2);
            SearchRequest old = request.withFilter(Filter.of(IntStream.range(0, 1000).asLongStream().toArray()));
            assertSame(collection.search(queries, old), judged);
            assertThat(collection.info().spaces()).extracting(SpaceInfo::version).containsExactly(2, 1);
            collection.add(UpsertRequest.of(rows.slice(1100, 1200)));
            collection.build(Progress.NONE);
            assertFindsItself(collection, rows, 0, 2);
            collection.rollback();
            assertFindsItself(collection, rows, 0, 1);
            assertSame(collection.search(queries, old), before);
            assertThat(collection.spec().index()).isEqualTo(IndexSpec.ivfFlat(8));
            collection.rollback();
            assertFindsItself(collection, rows, 0, 2);
            try (Candidate third = collection.prepare(new SpaceSpec(Optional.empty(), Distance.COSINE, IndexSpec.FLAT), Progress.NONE)) {
                collection.promote(third);
            }
            assertFindsItself(collection, rows, 0, 3);
            assertThat(collection.spec().distance()).isEqualTo(Distance.COSINE);
        }
    }

    @Test
    void everySearchIsOfOneSpaceWhileTheyChange() throws Exception {
        Matrix rows = rows(600, 6);
        SearchRequest request = SearchRequest.nearest(5);
        try (Collection collection = given(IndexSpec.FLAT, folder.resolve("saved"))) {
            collection.add(UpsertRequest.of(rows));
            Map<Integer, SearchResult> expected = new LinkedHashMap<>(Map.of(1, collection.search(rows, request)));
            try (Candidate candidate = collection.prepare(space(1, Distance.L2, IndexSpec.FLAT), Progress.NONE)) {
                expected.put(2, candidate.search(rows, request));
                collection.promote(candidate);
            }
            List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
            Thread searching = Thread.ofPlatform().start(() -> {
                try {
                    while (!Thread.interrupted()) {
                        SearchResult found = collection.search(rows, request);
                        assertSame(found, expected.get(found.spaceVersion()));
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            });
            for (int i = 0; i < 50; i++) {
                collection.rollback();
            }
            searching.interrupt();
            searching.join();
            assertThat(failures).isEmpty();
        }
    }

    @Test
    void whatIsGivenUpOrRefusedLeavesNothing() throws IOException {
        Path saved = folder.resolve("saved");
        try (Collection collection = given(IndexSpec.FLAT, saved)) {
            collection.add(UpsertRequest.of(rows(500, 7)));
            for (String stage : List.of("merge rows", "map rows", "write lists")) {
                refused(() -> collection.prepare(space(1, Distance.L2, IndexSpec.ivfFlat(4)), (name, done, total) -> !name.equals(stage)),
                        ErrorCode.CANCELLED, "cancelled during " + stage);
            }
            collection.prepare(space(1, Distance.L2, IndexSpec.ivfFlat(4)), Progress.NONE).close();
            assertThat(files(folder)).isEmpty();
            refused(() -> collection.prepare(space(1, Distance.L2, IndexSpec.ivfPq(4, 3)), Progress.NONE),
                    ErrorCode.INVALID_ARGUMENT, "pq-m: 3 (expected a divisor of dim 10)");
            SpaceSpec other = new SpaceSpec(Optional.of(new TransformFile.Content(Transform.of(new Transform.Unit(7)), Map.of())),
                    Distance.L2, IndexSpec.FLAT);
            refused(() -> collection.prepare(other, Progress.NONE), ErrorCode.INVALID_ARGUMENT, "takes dim 7 (expected 24");
            assertThat(collection.info().space().version()).isEqualTo(1);
            assertFindsItself(collection, rows(500, 7), 0, 1);
        }
    }

    @Test
    void aFolderGetsAnotherManifestAndKeepsOnlyWhatItNames() throws IOException {
        Matrix rows = rows(700, 8);
        Path saved = folder.resolve("saved");
        try (Collection collection = given(IndexSpec.ivfFlat(6), saved)) {
            collection.add(UpsertRequest.of(rows));
            collection.build(Progress.NONE);
            collection.save(saved);
        }
        Object identity = Files.readAttributes(saved, java.nio.file.attribute.BasicFileAttributes.class).fileKey();
        Files.writeString(saved.resolve("lists-77.pgb"), "left by one that was killed");
        try (Collection reader = Collection.open(saved, backend); Collection collection = Collection.open(saved, backend)) {
            for (int version = 2; version <= 4; version++) {
                try (Candidate candidate = collection.prepare(space(version, Distance.L2, IndexSpec.ivfFlat(6)), Progress.NONE)) {
                    collection.promote(candidate);
                }
                collection.save(saved);
                assertThat(files(saved)).as("rows once, two spaces").hasSize(version == 2 ? 1 + 1 + 3 + 4 : 1 + 1 + 4 + 4);
            }
            assertFindsItself(reader, rows, 0, 1); // what it has mapped stays
        }
        assertThat(Files.readAttributes(saved, java.nio.file.attribute.BasicFileAttributes.class).fileKey())
                .as("the same folder").isEqualTo(identity);
        assertThat(Manifest.read(saved).text("space")).isEqualTo("4");
        try (Collection collection = Collection.open(saved, backend)) {
            assertThat(collection.info().spaces()).extracting(SpaceInfo::version).containsExactly(4, 3);
            assertFindsItself(collection, rows, 0, 4);
            collection.add(UpsertRequest.of(rows(30, 9)));
            collection.rollback();
            assertFindsItself(collection, rows(30, 9), 700, 3);
            collection.save(saved);
        }
        try (Collection collection = Collection.open(saved, backend)) {
            assertFindsItself(collection, rows, 0, 3);
            assertFindsItself(collection, rows(30, 9), 700, 3);
            collection.rollback();
            assertFindsItself(collection, rows(30, 9), 700, 4);
        }
        assertThat(files(folder)).allMatch(file -> file.startsWith(saved));
    }

    @Test
    void whatFailsLeavesTheSpaceInService() {
        Path saved = folder.resolve("saved");
        Matrix rows = rows(80, 12);
        boolean[] fail = new boolean[1];
        try (Collection collection = Collection.create(new CollectionSpec("cars", DIM, Distance.L2, IndexSpec.FLAT), failing(fail), saved)) {
            collection.add(UpsertRequest.of(rows.slice(0, 60)));
            collection.save(saved);
            try (Candidate candidate = collection.prepare(space(1, Distance.L2, IndexSpec.FLAT), Progress.NONE)) {
                collection.add(UpsertRequest.of(rows.slice(60, 80)));
                fail[0] = true;
                assertThatThrownBy(() -> collection.promote(candidate)).hasMessage("no memory on the device");
                fail[0] = false;
                assertFindsItself(collection, rows, 0, 1);
                assertThat(collection.info().spaces()).hasSize(1);
                collection.promote(candidate);
            }
            assertFindsItself(collection, rows, 0, 2);
            collection.save(saved);
        }
        try (Collection collection = Collection.open(saved, backend)) {
            assertFindsItself(collection, rows, 0, 2);
        }
    }

    /** The backend, but for {@code open} while it is told to fail. */
    private static ComputeBackend failing(boolean[] fail) {
        return (ComputeBackend) java.lang.reflect.Proxy.newProxyInstance(SpaceTest.class.getClassLoader(), new Class<?>[] {ComputeBackend.class},
                (proxy, method, arguments) -> {
                    if (fail[0] && method.getName().equals("open")) {
                        throw new IllegalStateException("no memory on the device");
                    }
                    return method.invoke(backend, arguments);
                });
    }

    @Test
    void aFolderOfBeforeThereWereSpacesIsOpened() {
        Path saved = folder.resolve("saved");
        Matrix rows = rows(50, 10);
        try (Collection collection = given(IndexSpec.FLAT, saved)) {
            collection.add(UpsertRequest.of(rows));
            collection.save(saved);
        }
        Map<String, String> manifest = new LinkedHashMap<>(Manifest.read(saved).asMap());
        assertThat(manifest.remove("space")).isEqualTo("1");
        manifest.remove("format");
        Manifest.write(saved, manifest);
        try (Collection collection = Collection.open(saved, backend)) {
            assertFindsItself(collection, rows, 0, 1);
            assertThat(collection.info().spaces()).containsExactly(new SpaceInfo(1, DIM, SpaceInfo.GIVEN, Distance.L2));
        }
    }

    @Test
    void aBulkLoadGoesIntoTheSpaceThatIsInServiceWhenItEnds() {
        Matrix rows = rows(90, 11);
        try (Collection collection = given(IndexSpec.FLAT, folder.resolve("saved"))) {
            collection.add(UpsertRequest.of(rows.slice(0, 40)));
            try (BulkLoad load = collection.bulkLoad()) {
                load.add(UpsertRequest.of(rows.slice(40, 90)));
                try (Candidate candidate = collection.prepare(space(1, Distance.L2, IndexSpec.FLAT), Progress.NONE)) {
                    collection.promote(candidate);
                }
                load.commit();
            }
            assertFindsItself(collection, rows, 0, 2);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private static void refused(Runnable what, ErrorCode code, String message) {
        assertThatThrownBy(what::run).isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }
}
