package dev.perigee.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.client.Client;
import dev.perigee.client.ClientSettings;
import dev.perigee.distance.Distance;
import dev.perigee.testing.NoLeaks;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A real client and a real server on loopback. */
@ExtendWith(NoLeaks.class)
@Timeout(30)
class ServerTest {
    @Test
    void createsAddsBuildsSearchesListsAndDrops() {
        try (Served served = new Served(); Client client = served.client(); Arena arena = Arena.ofShared()) {
            CollectionSpec spec = new CollectionSpec("boats", 33, Distance.COSINE, IndexSpec.FLAT);
            client.create(spec);
            fails(() -> client.create(spec), ErrorCode.ALREADY_EXISTS, "boats");
            Matrix rows = Served.random(arena, 300, 33, 2);
            long[] ids = java.util.stream.LongStream.range(0, 300).map(i -> 1_000_000_000_000L + i * 7).toArray();
            assertThat(client.add("boats", UpsertRequest.of(ids, rows))).isEqualTo(300);
            List<String> stages = new ArrayList<>();
            client.build("boats", (stage, done, total) -> stages.add(stage));
            assertThat(stages).isNotEmpty();

            SearchRequest request = SearchRequest.nearest(7);
            Matrix queries = Served.random(arena, 41, 33, 3);
            same(client.search("boats", queries, request), served.collections.get("boats").search(queries, request));
            SearchResult one = client.search("boats", rows.get(5), request);
            assertThat(one.id(0, 0)).isEqualTo(ids[5]);

            CollectionInfo info = client.info("boats");
            assertThat(info).isEqualTo(served.collections.get("boats").info());
            assertThat(client.list()).extracting(i -> i.spec().name()).containsExactlyInAnyOrder("boats", "cars");
            client.drop("boats");
            fails(() -> client.info("boats"), ErrorCode.NOT_FOUND, "boats");
            fails(() -> client.search("boats", queries, request), ErrorCode.NOT_FOUND, "boats");
            assertThat(client.ping()).isPositive();
        }
    }

    @Test
    void answersAThousandPipelinedRequestsEachItsOwn() {
        try (Served served = new Served(); Client client = served.client(); Arena arena = Arena.ofShared()) {
            List<CompletableFuture<SearchResult>> futures = new ArrayList<>();
            List<Matrix> queries = new ArrayList<>();
            List<SearchRequest> requests = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                // some need slices and come back after those behind them
                int rows = i % 100 == 7 ? 300 : 1 + i % 3;
                SearchRequest request = SearchRequest.nearest(1 + i % 11);
                queries.add(Served.random(arena, rows, Served.DIM, 100 + i));
                requests.add(i % 2 == 0 ? request : request.withProbes(1 + i % 5).withRefine(0));
                futures.add(client.searchAsync("cars", queries.get(i), requests.get(i)));
            }
            for (int i = 0; i < 1000; i++) {
                same(futures.get(i).join(), served.collections.get("cars").search(queries.get(i), requests.get(i)));
            }
            assertThat(served.engine.batches).anyMatch(parts -> parts.size() > 1);
            released(served);
        }
    }

    @Test
    void joinsWhatWaitsAndSlicesWhatIsLarge() throws Exception {
        ServerSettings oneWorker = Served.settings().withWorkers(1);
        try (Served served = new Served(oneWorker); Client client = served.client(); Arena arena = Arena.ofShared()) {
            served.engine.shut();
            var first = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(1));
            served.engine.awaitArrival();
            Matrix many = Served.random(arena, 1200, Served.DIM, 9);
            var large = client.searchAsync("cars", many, SearchRequest.nearest(3));
            List<CompletableFuture<SearchResult>> small = new ArrayList<>();
            for (int k = 1; k <= 5; k++) {
                small.add(client.searchAsync("cars", many.slice(k, k + 1), SearchRequest.nearest(k)));
            }
            client.ping(); // all of them are in the server
            served.engine.open();
            SearchResult whole = large.join();
            first.join();
            same(whole, served.collections.get("cars").search(many, SearchRequest.nearest(3)));
            for (int k = 1; k <= 5; k++) {
                same(small.get(k - 1).join(), served.collections.get("cars").search(
                        many.slice(k, k + 1), SearchRequest.nearest(k)));
            }
            assertThat(served.engine.batches.subList(0, 5)).isEqualTo(
                    List.of(List.of(1), List.of(512), List.of(1, 1, 1, 1, 1), List.of(512), List.of(176)));
        }
    }

    @Test
    void aLoneQuickQueryIsSearchedWhereItArrives() throws Exception {
        try (Served served = new Served(); Client client = served.client(); Arena arena = Arena.ofShared()) {
            Matrix query = Served.random(arena, 1, Served.DIM, 5);
            SearchResult expected = served.collections.get("cars").search(query, SearchRequest.nearest(3));
            for (int i = 0; i < 2000 && served.engine.threads.stream().allMatch(name -> name.startsWith("perigee-search")); i++) {
                same(client.search("cars", query, SearchRequest.nearest(3)), expected);
            }
            assertThat(served.engine.threads.getFirst()).as("nobody knows yet that it is quick").startsWith("perigee-search");
            assertThat(served.engine.threads.getLast()).doesNotStartWith("perigee-search");
            int before = served.engine.threads.size();
            List<CompletableFuture<SearchResult>> together = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                together.add(client.searchAsync("cars", query, SearchRequest.nearest(3)));
            }
            for (var each : together) {
                same(each.join(), expected);
            }
            assertThat(served.engine.threads.subList(before, served.engine.threads.size()))
                    .as("queries that are not alone").anyMatch(name -> name.startsWith("perigee-search"));
        }
    }

    @Test
    void refusesOneBadRequestOfABatchAndKeepsTheConnection() throws Exception {
        try (Served served = new Served(Served.settings().withWorkers(1)); Client client = served.client();
                Arena arena = Arena.ofShared()) {
            served.engine.shut();
            var first = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(1));
            served.engine.awaitArrival();
            Matrix bad = Served.random(arena, 3, Served.DIM, 5);
            bad.set(2, 4, Float.NaN);
            var before = client.searchAsync("cars", Served.query(2), SearchRequest.nearest(2));
            var refused = client.searchAsync("cars", bad, SearchRequest.nearest(2));
            var after = client.searchAsync("cars", Served.query(3), SearchRequest.nearest(2));
            client.ping();
            served.engine.open();
            first.join();
            fails(refused::join, ErrorCode.INVALID_ARGUMENT, "query 2:");
            Matrix good = Matrix.copyOf(arena, Served.query(2), Served.query(3));
            same(before.join(), served.collections.get("cars").search(good.slice(0, 1), SearchRequest.nearest(2)));
            same(after.join(), served.collections.get("cars").search(good.slice(1, 2), SearchRequest.nearest(2)));

            fails(() -> client.search("cars", new float[7], SearchRequest.nearest(1)), ErrorCode.INVALID_ARGUMENT, "dim: 7");
            fails(() -> client.search("nobody", new float[7], SearchRequest.nearest(1)), ErrorCode.NOT_FOUND, "nobody");
            assertThat(client.search("cars", Served.query(1), SearchRequest.nearest(1)).id(0, 0)).isNotNegative();
            released(served);
        }
    }

    @Test
    void aRequestThatFailsItsBatchFailsAlone() throws Exception {
        try (Served served = new Served(Served.settings().withWorkers(1)); Client client = served.client()) {
            served.engine.shut();
            var first = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(1));
            served.engine.awaitArrival();
            var before = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(2));
            var refused = client.searchAsync("cars", Served.query(2), SearchRequest.nearest(GatedEngine.REFUSED_K));
            var defect = client.searchAsync("cars", Served.query(3), SearchRequest.nearest(GatedEngine.DEFECT_K));
            var after = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(2));
            client.ping();
            served.engine.open();
            fails(refused::join, ErrorCode.UNSUPPORTED, "k: refused");
            fails(defect::join, ErrorCode.INTERNAL, "see the server's log: IllegalStateException");
            assertThat(defect).failsWithin(1, TimeUnit.SECONDS).withThrowableThat().withMessageNotContaining("secret");
            same(before.join(), after.join());
            assertThat(before.join().id(0, 0)).isEqualTo(first.join().id(0, 0));
            released(served);
        }
    }

    @Test
    void anExpiredRequestNeverReachesTheSearcher() throws Exception {
        try (Served served = new Served(Served.settings().withWorkers(1)); Client client = served.client()) {
            served.engine.shut();
            var first = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(1));
            served.engine.awaitArrival();
            fails(() -> client.withDeadline(Duration.ofMillis(30)).search("cars", Served.query(2), SearchRequest.nearest(2)),
                    ErrorCode.DEADLINE_EXCEEDED, "deadline");
            Thread.sleep(100); // the client's deadline ran first, the server's may be a little later
            served.engine.open();
            first.join();
            client.search("cars", Served.query(1), SearchRequest.nearest(1));
            assertThat(served.engine.batches).hasSize(2);
            released(served);
        }
    }

    @Test
    void cancelDropsAWaitingSearch() throws Exception {
        try (Served served = new Served(Served.settings().withWorkers(1)); Client client = served.client()) {
            served.engine.shut();
            var first = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(1));
            served.engine.awaitArrival();
            var second = client.searchAsync("cars", Served.query(2), SearchRequest.nearest(2));
            client.ping();
            second.cancel(true);
            client.ping();
            served.engine.open();
            first.join();
            client.search("cars", Served.query(3), SearchRequest.nearest(3));
            assertThat(served.engine.batches).hasSize(2);
            released(served);
        }
    }

    @Test
    void buildsOneAtATime() throws Exception {
        try (Served served = new Served(); Client client = served.client()) {
            served.engine.shut();
            var building = client.buildAsync("cars", Progress.NONE);
            served.engine.awaitArrival();
            fails(() -> client.build("cars", Progress.NONE), ErrorCode.FAILED_PRECONDITION, "being built");
            served.engine.open();
            building.join();
            client.build("cars", Progress.NONE);
        }
    }

    @Test
    void tellsProgressAndCancelsBuilds() throws Exception {
        try (Served served = new Served(); Client client = served.client()) {
            served.engine.shut();
            fails(() -> client.build("cars", (stage, done, total) -> false), ErrorCode.CANCELLED, "cancelled");
            served.engine.awaitArrival();
            var cancelled = client.buildAsync("cars", Progress.NONE);
            served.engine.awaitArrival();
            cancelled.cancel(true);
            client.ping();
            await(() -> !served.server.isBuilding("cars"));
            List<Long> steps = new ArrayList<>();
            long start = System.nanoTime();
            fails(() -> client.build("cars", (stage, done, total) -> {
                steps.add(done);
                return steps.size() < 3;
            }), ErrorCode.CANCELLED, "cancelled");
            assertThat(steps).hasSize(3);
            assertThat(System.nanoTime() - start).isGreaterThan(400_000_000);
            try (Client gone = served.client()) {
                gone.buildAsync("cars", Progress.NONE);
                gone.ping();
                await(() -> served.server.isBuilding("cars"));
            }
            await(() -> !served.server.isBuilding("cars")); // the gate is still shut: nobody waits, so it was given up
            served.engine.open();
            client.build("cars", Progress.NONE);
        }
    }

    @Test
    void closingFinishesWhatWasAccepted() throws Exception {
        Served served = new Served();
        Client client = served.client(ClientSettings.DEFAULT.withReconnectAttempts(1));
        served.engine.shut();
        List<CompletableFuture<SearchResult>> accepted = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            accepted.add(client.searchAsync("cars", Served.query(i), SearchRequest.nearest(2)));
        }
        client.ping();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(served::closeServer);
        await(() -> {
            try {
                Client.connect(served.address()).close();
                return false;
            } catch (PerigeeException e) {
                return true;
            }
        });
        assertThat(closed).isNotDone();
        served.engine.open();
        for (CompletableFuture<SearchResult> future : accepted) {
            assertThat(future.get(5, TimeUnit.SECONDS).queries()).isEqualTo(1);
        }
        closed.get(5, TimeUnit.SECONDS);
        fails(() -> client.drop("cars"), ErrorCode.UNAVAILABLE, "DROP");
        fails(client::ping, ErrorCode.UNAVAILABLE, "");
        client.close();
        served.close();
    }

    @Test
    void saysThatItsPortIsInUse() {
        try (Served served = new Served()) {
            ServerSettings same = Served.settings().withAddress("127.0.0.1", served.server.address().getPort());
            fails(() -> Server.start(same, served.collections), ErrorCode.IO, "listen: " + served.address() + " is in use");
        }
    }

    static void same(SearchResult got, SearchResult expected) {
        assertThat(got.queries()).isEqualTo(expected.queries());
        assertThat(got.k()).isEqualTo(expected.k());
        assertThat(got.ids()).isEqualTo(expected.ids());
        assertThat(got.scores()).isEqualTo(expected.scores());
    }

    static void fails(ThrowingCallable call, ErrorCode code, String message) {
        assertThatThrownBy(call).satisfies(e -> {
            Throwable cause = e instanceof CompletionException ? e.getCause() : e;
            assertThat(cause).isInstanceOf(PerigeeException.class).hasMessageContaining(message);
            assertThat(((PerigeeException) cause).code()).isEqualTo(code);
        });
    }

    /** Nothing is held for requests that were answered; the last bytes are given back just after they are sent. */
    static void released(Served served) {
        await(() -> served.server.waitingBytes() == 0);
    }

    static void await(java.util.function.BooleanSupplier condition) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("10 s have passed").isLessThan(end);
            Thread.onSpinWait();
        }
    }
}
