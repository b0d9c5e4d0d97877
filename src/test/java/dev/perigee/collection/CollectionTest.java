package dev.perigee.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CollectionTest {
    private static final int DIM = 24;
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

    private static CollectionSpec spec(Distance distance, IndexSpec index) {
        return new CollectionSpec("cars", DIM, distance, index);
    }

    private static Matrix rows(int n, long seed) {
        return Rows.CLUSTERED.make(Distance.L2, n, DIM, seed);
    }

    /** Every row is its own nearest neighbour under L2 and cosine, wherever in the collection it lies. */
    private static void assertFindsItself(Collection collection, Matrix rows, long firstId) {
        SearchResult result = collection.search(rows, SearchRequest.nearest(1));
        for (int i = 0; i < rows.rows(); i++) {
            assertThat(result.id(i, 0)).as("row %d", i).isEqualTo(firstId + i);
        }
    }

    @ParameterizedTest
    @EnumSource(IndexKind.class)
    void theWholeLifeOfACollection(IndexKind kind) {
        Matrix first = rows(2000, 1);
        Matrix second = rows(300, 2);
        IndexSpec index = TestIndex.spec(kind, 16, 6);
        Path saved = folder.resolve("saved");
        SearchResult before;
        try (Collection collection = Collection.create(spec(Distance.L2, index), backend)) {
            assertThat(collection.search(first.slice(0, 3), SearchRequest.nearest(2)).ids()).containsOnly(-1);
            assertThat(collection.add(UpsertRequest.of(first))).isEqualTo(2000);
            assertFindsItself(collection, first, 0);
            collection.build(Progress.NONE);
            assertThat(collection.info().indexed()).isEqualTo(kind == IndexKind.FLAT ? 0 : 2000);
            assertFindsItself(collection, first, 0);
            assertThat(collection.add(UpsertRequest.of(second))).isEqualTo(2300);
            assertFindsItself(collection, second, 2000);
            collection.save(saved);
            before = collection.search(second, SearchRequest.nearest(10));
        }
        try (Collection collection = Collection.open(saved, backend)) {
            assertThat(collection.spec().index()).isEqualTo(index);
            assertThat(collection.info().rows()).isEqualTo(2300);
            SearchResult after = collection.search(second, SearchRequest.nearest(10));
            assertThat(after.ids()).isEqualTo(before.ids());
            assertThat(after.scores()).isEqualTo(before.scores());
            Matrix third = rows(50, 3);
            collection.add(UpsertRequest.of(third));
            assertFindsItself(collection, third, 2300);
            collection.build(Progress.NONE);
            assertFindsItself(collection, first, 0);
            assertFindsItself(collection, third, 2300);
            collection.save(saved); // over itself
        }
        try (Collection collection = Collection.open(saved, backend)) {
            assertThat(collection.info().rows()).isEqualTo(2350);
            assertFindsItself(collection, second, 2000);
        }
    }

    @Test
    void cosineComparesUnitRowsAndKeepsTheGivenOnes() {
        Matrix rows = Rows.WIDE_NORMS.make(Distance.L2, 500, DIM, 4);
        Path saved = folder.resolve("saved");
        try (Collection collection = Collection.create(spec(Distance.COSINE, IndexSpec.ivfFlat(8)), backend)) {
            collection.add(UpsertRequest.of(rows));
            SearchResult grown = collection.search(rows, SearchRequest.nearest(5));
            assertThat(grown.score(7, 0)).isBetween(0.999999f, 1.000001f);
            collection.build(Progress.NONE);
            SearchResult built = collection.search(rows, SearchRequest.nearest(5).withProbes(8));
            assertThat(built.ids()).isEqualTo(grown.ids());
            assertThat(built.scores()).isEqualTo(grown.scores());
            collection.save(saved);
        }
        try (Collection collection = Collection.open(saved, backend)) {
            assertFindsItself(collection, rows, 0);
        }
    }

    @Test
    void manyQueriesAreSearchedInSlices() {
        Matrix rows = rows(300, 16);
        Matrix queries = rows(500, 17);
        try (Collection collection = Collection.create(spec(Distance.L2, IndexSpec.FLAT), backend)) {
            collection.add(UpsertRequest.of(rows));
            SearchResult whole = collection.search(queries, SearchRequest.nearest(16_000)); // slices of 131
            SearchResult one = collection.search(queries.slice(400, 401), SearchRequest.nearest(16_000));
            assertThat(Arrays.copyOfRange(whole.ids(), 400 * 16_000, 401 * 16_000)).isEqualTo(one.ids());
            assertThat(Arrays.copyOfRange(whole.scores(), 400 * 16_000, 401 * 16_000)).isEqualTo(one.scores());
        }
    }

    @Test
    void warmingUpChangesNothingAndEnds() {
        try (Collection collection = Collection.create(spec(Distance.COSINE, IndexSpec.ivfFlat(4)), backend)) {
            collection.warmUp(Duration.ofMillis(5));
            collection.add(UpsertRequest.of(rows(50, 18)));
            collection.build(Progress.NONE);
            collection.warmUp(Duration.ofMillis(30));
            assertThat(collection.info().rows()).isEqualTo(50);
        }
    }

    @Test
    void idsAreTheCallers() {
        Matrix rows = rows(5000, 5); // more than one chunk
        long[] ids = LongStream.range(0, 5000).map(i -> i * 1_000_000_007L).toArray();
        Path saved = folder.resolve("saved");
        try (Collection collection = Collection.create(spec(Distance.L2, IndexSpec.FLAT), backend)) {
            for (int from = 0; from < 5000; from += 1700) {
                int to = Math.min(5000, from + 1700);
                collection.add(UpsertRequest.of(Arrays.copyOfRange(ids, from, to), rows.slice(from, to)));
            }
            Matrix more = rows(3, 6);
            collection.add(UpsertRequest.of(more));
            assertThat(collection.search(more, SearchRequest.nearest(1)).ids())
                    .containsExactly(ids[4999] + 1, ids[4999] + 2, ids[4999] + 3);
            collection.save(saved);
        }
        try (Collection collection = Collection.open(saved, backend)) {
            SearchResult result = collection.search(rows, SearchRequest.nearest(1));
            assertThat(result.ids()).isEqualTo(ids);
            refused(() -> collection.add(UpsertRequest.of(new long[] {ids[17]}, rows(1, 7))),
                    "id of row 0: %d is there already".formatted(ids[17]));
        }
    }

    @Test
    void aRefusedAddChangesNothing() {
        try (Collection collection = Collection.create(spec(Distance.L2, IndexSpec.FLAT), backend)) {
            collection.add(UpsertRequest.of(new long[] {5, 6, 7}, rows(3, 8)));
            refused(() -> collection.add(UpsertRequest.of(new long[] {8, 9, 8}, rows(3, 9))), "8 (given twice)");
            refused(() -> collection.add(UpsertRequest.of(new long[] {8, -1}, rows(2, 9))), "-1 (expected 0 or more)");
            Matrix bad = rows(4, 9);
            bad.set(2, 3, Float.NaN);
            refused(() -> collection.add(UpsertRequest.of(bad)), "row 2: not finite");
            refused(() -> collection.add(UpsertRequest.of(Rows.GAUSSIAN.make(Distance.L2, 2, 5, 1))), "dim: 5 (expected 24");
            assertThat(collection.info().rows()).isEqualTo(3);
            assertThat(collection.add(UpsertRequest.of(new long[] {8, 9}, rows(2, 9)))).isEqualTo(5);
        }
    }

    @Test
    void whatAnIndexCannotHonourIsRefused() {
        Matrix queries = rows(2, 10);
        try (Collection flat = Collection.create(spec(Distance.L2, IndexSpec.FLAT), backend);
                Collection ivf = Collection.create(spec(Distance.L2, IndexSpec.ivfFlat(4)), backend)) {
            refused(() -> flat.search(queries, SearchRequest.nearest(3).withProbes(4)), "probes: 4 (expected none");
            refused(() -> ivf.search(queries, SearchRequest.nearest(3).withRefine(4)), "refine: 4 (expected none");
            queries.set(1, 0, Float.POSITIVE_INFINITY);
            refused(() -> flat.search(queries, SearchRequest.nearest(3)), "query 1: not finite");
            refused(() -> ivf.build(Progress.NONE), "rows: 0");
        }
    }

    @Test
    void searchesGoOnWhileRowsAreAddedAndBuilt() throws Exception {
        Matrix first = rows(3000, 11);
        try (Collection collection = Collection.create(spec(Distance.L2, IndexSpec.ivfFlat(20)), backend)) {
            collection.add(UpsertRequest.of(first));
            List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
            Thread searching = Thread.ofPlatform().start(() -> {
                try {
                    while (!Thread.interrupted()) {
                        assertFindsItself(collection, first.slice(100, 140), 100);
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            });
            Thread adding = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 100; i++) {
                    collection.add(UpsertRequest.of(rows(20, 100 + i)));
                }
            });
            for (int i = 0; i < 4; i++) {
                collection.build(Progress.NONE);
            }
            adding.join();
            collection.build(Progress.NONE);
            searching.interrupt();
            searching.join();
            assertThat(failures).isEmpty();
            assertThat(collection.info().rows()).isEqualTo(5000);
            assertThat(collection.info().indexed()).isEqualTo(5000);
        }
    }

    @Test
    void aCancelledBuildOrLoadLeavesAllAsItWas() throws IOException {
        Path saved = folder.resolve("saved");
        try (Collection collection = Collection.create(spec(Distance.L2, IndexSpec.ivfFlat(20)), backend, saved)) {
            collection.add(UpsertRequest.of(rows(1000, 12)));
            assertThatThrownBy(() -> collection.build((stage, done, total) -> !stage.equals("assign rows")))
                    .isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
            try (BulkLoad load = collection.bulkLoad()) {
                load.add(UpsertRequest.of(new long[] {5000}, rows(1, 13)));
            }
            assertThat(collection.info().indexed()).isZero();
            assertThat(collection.info().rows()).isEqualTo(1000);
            try (BulkLoad load = collection.bulkLoad()) {
                load.add(UpsertRequest.of(new long[] {5000}, rows(1, 13)));
                load.commit();
            }
            assertThat(collection.search(rows(1, 13), SearchRequest.nearest(1)).id(0, 0)).isEqualTo(5000);
        }
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    private List<Path> workingFiles() throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void onlyFilesInUseAreKept() throws IOException {
        try (Collection collection = Collection.create(spec(Distance.L2, IndexSpec.ivfFlat(8)), backend, folder.resolve("saved"))) {
            for (int round = 0; round < 4; round++) {
                collection.add(UpsertRequest.of(rows(200, 20 + round)));
                collection.build(Progress.NONE);
                assertThat(workingFiles()).as("rows, space, model, lists of build %d", round).hasSize(4);
                assertThatThrownBy(() -> collection.build((stage, done, total) -> !stage.equals("write lists")));
                assertThat(workingFiles()).as("after a cancelled build").hasSize(4);
            }
            assertFindsItself(collection, rows(200, 21), 200);
        }
        assertThat(workingFiles()).isEmpty();
    }

    @Test
    void aCollectionSavedOverAnotherIsNotMixedWithIt() {
        Path saved = folder.resolve("saved");
        try (Collection first = Collection.create(spec(Distance.L2, IndexSpec.FLAT), backend)) {
            first.add(UpsertRequest.of(rows(10, 31)));
            first.save(saved);
        }
        try (Collection opened = Collection.open(saved, backend);
                Collection other = Collection.create(spec(Distance.L2, IndexSpec.FLAT), backend)) {
            other.add(UpsertRequest.of(rows(20, 32)));
            other.save(saved);
            refused(() -> opened.save(folder.resolve("copy")), "was replaced since it was opened");
            assertFindsItself(opened, rows(10, 31), 0); // what it has mapped stays
        }
        assertThat(folder.resolve("copy")).doesNotExist();
    }

    @Test
    void closingCancelsABuildAndWaitsForIt() throws Exception {
        Collection collection = Collection.create(spec(Distance.L2, IndexSpec.ivfFlat(8)), backend, folder.resolve("saved"));
        collection.add(UpsertRequest.of(rows(500, 30)));
        CountDownLatch started = new CountDownLatch(1);
        ErrorCode[] code = new ErrorCode[1];
        Thread building = Thread.ofPlatform().start(() -> {
            try {
                while (true) {
                    collection.build((stage, done, total) -> {
                        started.countDown();
                        return true;
                    });
                }
            } catch (PerigeeException e) {
                code[0] = e.code();
            }
        });
        started.await();
        collection.close();
        building.join();
        assertThat(code[0]).isIn(ErrorCode.CANCELLED, ErrorCode.FAILED_PRECONDITION);
        assertThat(workingFiles()).isEmpty();
    }

    @Test
    void everyFlippedByteIsNoticed() throws IOException {
        Path saved = folder.resolve("saved");
        try (Collection collection = Collection.create(spec(Distance.COSINE, new IndexSpec(IndexKind.IVF_PQ, 2, 4, 8, 1)), backend)) {
            collection.add(UpsertRequest.of(rows(40, 14)));
            collection.build(Progress.NONE);
            collection.save(saved);
        }
        try (var files = Files.list(saved)) {
            for (Path file : files.toList()) {
                byte[] bytes = Files.readAllBytes(file);
                for (int i = 0; i < bytes.length; i += Math.max(1, bytes.length / 61)) {
                    bytes[i] ^= 16;
                    Files.write(file, bytes);
                    assertThatThrownBy(() -> Collection.open(saved, backend).close()).as("%s, byte %d", file, i)
                            .isInstanceOf(PerigeeException.class);
                    bytes[i] ^= 16;
                }
                Files.write(file, bytes);
            }
        }
        Collection.open(saved, backend).close();
        assertThatThrownBy(() -> Collection.open(folder, backend)).hasMessageContaining("not a Perigee collection");
    }

    @Test
    void closingWhileSearchingIsSafe() throws Exception {
        Matrix rows = rows(20_000, 15);
        Collection collection = Collection.create(spec(Distance.L2, IndexSpec.FLAT), backend);
        collection.add(UpsertRequest.of(rows));
        Batch batch = collection.batch(10);
        collection.close();
        batch.queries().copy(rows, 0, 0, 10);
        assertThat(batch.search(List.of(new Batch.Part(10, SearchRequest.nearest(1)))).getFirst().id(9, 0)).isEqualTo(9);
        batch.close();
        refused(() -> collection.batch(1), "closed");
    }

    private static void refused(Runnable what, String message) {
        assertThatThrownBy(what::run).isInstanceOf(PerigeeException.class).hasMessageContaining(message);
    }
}
