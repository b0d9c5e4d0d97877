package dev.perigee.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
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
import dev.perigee.protocol.Limits;
import dev.perigee.protocol.Opcode;
import dev.perigee.testing.NoLeaks;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the client does when connections are lost, and with requests that are too large for one frame. */
@ExtendWith(NoLeaks.class)
@Timeout(30)
class ReconnectTest {
    private static final CollectionSpec SPEC = new CollectionSpec("boats", 4, Distance.L2, IndexSpec.FLAT);

    @Test
    void readsAreSentAgainAndWritesAreNot() throws Exception {
        try (Served served = new Served(); Relay relay = new Relay(0, served.server.address().getPort());
                Client client = Client.connect(relay.address()); Arena arena = Arena.ofShared()) {
            relay.keepsAnswers = true;
            var search = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(2));
            var info = client.infoAsync("cars");
            var list = client.listAsync();
            var ping = client.pingAsync();
            List<CompletableFuture<?>> writes = List.of(client.createAsync(SPEC), client.dropAsync("nobody"),
                    client.buildAsync("cars", Progress.NONE),
                    client.addAsync("cars", UpsertRequest.of(Served.random(arena, 2, Served.DIM, 3))));
            ServerTest.await(() -> relay.passed.size() == 9);
            ServerTest.await(() -> served.collections.list().size() == 2 && served.collections.get("cars").info().rows() == 202);
            relay.keepsAnswers = false;
            relay.cut();
            assertThat(search.get(10, TimeUnit.SECONDS).queries()).isEqualTo(1);
            assertThat(info.join().spec().name()).isEqualTo("cars");
            assertThat(list.join()).extracting(CollectionInfo::rows).contains(202L);
            assertThat(ping.join()).isPositive();
            for (CompletableFuture<?> write : writes) {
                ServerTest.fails(write::join, ErrorCode.UNAVAILABLE, "not known whether it was done");
            }
            for (Opcode read : List.of(Opcode.SEARCH, Opcode.INFO, Opcode.LIST, Opcode.PING, Opcode.HELLO)) {
                assertThat(Collections.frequency(relay.passed, read)).as(read.name()).isEqualTo(2);
            }
            for (Opcode write : List.of(Opcode.CREATE, Opcode.ADD, Opcode.BUILD, Opcode.DROP)) {
                assertThat(Collections.frequency(relay.passed, write)).as(write.name()).isEqualTo(1);
            }
            ServerTest.fails(() -> client.create(SPEC), ErrorCode.ALREADY_EXISTS, "boats"); // and new writes go on
        }
    }

    @Test
    void givesUpAfterSomeAttemptsAndTriesAgainWhenAsked() throws Exception {
        ClientSettings settings = ClientSettings.DEFAULT.withReconnectAttempts(3);
        try (Served served = new Served()) {
            int port;
            Client client;
            try (Relay relay = new Relay(0, served.server.address().getPort())) {
                port = relay.port();
                client = Client.connect(relay.address(), settings);
            }
            ServerTest.fails(client::list, ErrorCode.UNAVAILABLE, "127.0.0.1:" + port);
            ServerTest.fails(() -> client.create(SPEC), ErrorCode.UNAVAILABLE, "not sent");
            try (Relay relay = new Relay(port, served.server.address().getPort())) {
                assertThat(client.list()).hasSize(1);
                client.create(SPEC);
                assertThat(client.list()).hasSize(2);
            }
            client.close();
            client.close();
            ServerTest.fails(client::list, ErrorCode.UNAVAILABLE, "closed");
        }
        ServerTest.fails(() -> Client.connect("127.0.0.1:1"), ErrorCode.UNAVAILABLE, "127.0.0.1:1");
        ServerTest.fails(() -> Client.connect("nowhere"), ErrorCode.INVALID_ARGUMENT, "host:port");
    }

    @Test
    void aDeadlineHoldsWhileThereIsNoConnection() throws Exception {
        try (Served served = new Served()) {
            Client client;
            try (Relay relay = new Relay(0, served.server.address().getPort())) {
                client = Client.connect(relay.address(), ClientSettings.DEFAULT.withDeadline(Duration.ofMillis(150)));
            }
            long start = System.nanoTime();
            ServerTest.fails(client::list, ErrorCode.DEADLINE_EXCEEDED, "LIST");
            assertThat(System.nanoTime() - start).isBetween(140_000_000L, 2_000_000_000L);
            client.close();
        }
    }

    @Test
    void aServerMayBeReplacedWithoutOneFailedRead() throws Exception {
        Served first = new Served();
        int port = first.server.address().getPort();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger answered = new AtomicInteger();
        Client client = Client.connect(first.address());
        CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> {
            List<CompletableFuture<SearchResult>> running = new ArrayList<>();
            while (!stop.get()) {
                for (int i = 0; i < 20; i++) {
                    running.add(client.searchAsync("cars", Served.query(i), SearchRequest.nearest(3)));
                }
                running.forEach(CompletableFuture::join);
                answered.addAndGet(running.size());
                running.clear();
            }
        });
        ServerTest.await(() -> answered.get() > 50);
        first.close();
        try (Served second = new Served(Served.settings().withAddress("127.0.0.1", port))) {
            int before = answered.get();
            ServerTest.await(() -> answered.get() > before + 100);
            stop.set(true);
            reader.get(10, TimeUnit.SECONDS);
            client.close();
        }
    }

    @Test
    void largeSearchesAndAddsAreSplitAndJoined() throws Exception {
        Limits tight = new Limits(1 << 16, 50, 2000, 5000, 30_000, 60);
        try (Served served = new Served(Served.settings().withLimits(tight)); Arena arena = Arena.ofShared();
                Relay relay = new Relay(0, served.server.address().getPort()); Client client = Client.connect(relay.address())) {
            assertThat(client.limits()).isEqualTo(tight);
            Matrix queries = Served.random(arena, 333, Served.DIM, 5);
            for (int k : new int[] {3, 100}) { // split by queries, then by the answer's bytes: 25 queries of 100 x 12
                SearchRequest request = SearchRequest.nearest(k);
                ServerTest.same(client.search("cars", queries, request), served.collections.get("cars").search(queries, request));
            }
            assertThat(Collections.frequency(relay.passed, Opcode.SEARCH)).isEqualTo(7 + 14);

            client.create(new CollectionSpec("wide", 5000, Distance.L2, IndexSpec.FLAT)); // 3 rows to a frame
            Matrix rows = Served.random(arena, 10, 5000, 6);
            long[] ids = java.util.stream.LongStream.range(100, 110).toArray();
            assertThat(client.add("wide", UpsertRequest.of(ids, rows))).isEqualTo(10);
            assertThat(Collections.frequency(relay.passed, Opcode.ADD)).isEqualTo(4);
            SearchResult found = client.search("wide", rows, SearchRequest.nearest(1));
            assertThat(found.ids()).isEqualTo(ids);
            rows.set(9, 0, Float.NaN);
            ServerTest.fails(() -> client.search("wide", rows, SearchRequest.nearest(1)), ErrorCode.INVALID_ARGUMENT,
                    "query 0: holds a NaN or an infinity (expected finite values) (counted from query 9)");

            ServerTest.fails(() -> client.search("cars", queries, SearchRequest.nearest(2001)), ErrorCode.LIMIT_EXCEEDED,
                    "k: 2001");
            client.create(new CollectionSpec("c", 1, Distance.L2, IndexSpec.FLAT));
            ServerTest.fails(() -> client.create(new CollectionSpec("d", 5001, Distance.L2, IndexSpec.FLAT)),
                    ErrorCode.LIMIT_EXCEEDED, "dim: 5001");
        }
    }

    @Test
    void searchesBeyondTheCreditsWaitInTheClient() {
        Limits tight = new Limits(1 << 16, 8, 100, 64, 1200, 10);
        try (Served served = new Served(Served.settings().withLimits(tight)); Client client = served.client();
                Arena arena = Arena.ofShared()) {
            Matrix queries = Served.random(arena, 8, Served.DIM, 5);
            List<CompletableFuture<SearchResult>> futures = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                futures.add(client.searchAsync("cars", queries.slice(0, 1 + i % 8), SearchRequest.nearest(4)));
            }
            futures.forEach(CompletableFuture::join); // a refusal by the server would throw
            // cancelled ones give their credits back
            served.engine.shut();
            List<CompletableFuture<SearchResult>> cancelled = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                cancelled.add(client.searchAsync("cars", queries, SearchRequest.nearest(4)));
            }
            cancelled.forEach(future -> future.cancel(true));
            served.engine.open();
            assertThat(client.search("cars", queries, SearchRequest.nearest(4)).queries()).isEqualTo(8);
        }
    }

    @Test
    void closingFailsWhatIsPendingAndBlockingItsThreadIsRefused() {
        try (Served served = new Served()) {
            Client client = served.client();
            served.engine.shut();
            var waits = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(1)).thenApply(r -> client.ping());
            served.engine.open(); // only now is there an answer, so the client's thread runs what depends on it
            assertThatThrownBy(waits::join).hasMessageContaining("would wait for itself");
            served.engine.shut();
            var pending = client.searchAsync("cars", Served.query(1), SearchRequest.nearest(1));
            client.close();
            ServerTest.fails(pending::join, ErrorCode.UNAVAILABLE, "closed");
        }
    }
}
