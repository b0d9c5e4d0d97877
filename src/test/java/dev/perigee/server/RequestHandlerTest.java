package dev.perigee.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.api.SearchRequest;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.HelloCodec;
import dev.perigee.protocol.Limits;
import dev.perigee.protocol.NameCodec;
import dev.perigee.protocol.Opcode;
import dev.perigee.protocol.SearchCodec;
import dev.perigee.testing.NoLeaks;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the server answers to clients that do not behave. */
@ExtendWith(NoLeaks.class)
@Timeout(30)
class RequestHandlerTest {
    private static final Limits TIGHT = new Limits(1 << 16, 8, 100, 64, 1200, 10);

    private static ByteBuf search(long id, int rows, int k) {
        try (Arena arena = Arena.ofConfined()) {
            return SearchCodec.encode(RawClient.ALLOCATOR, id, "cars", Served.random(arena, rows, Served.DIM, id), 0, rows,
                    SearchRequest.nearest(k));
        }
    }

    private static ByteBuf ping(long id) {
        return Frame.empty(RawClient.ALLOCATOR, Opcode.PING, id);
    }

    @Test
    void brokenFramingIsToldAndClosesOneConnectionOnly() throws Exception {
        try (Served served = new Served(); RawClient other = new RawClient(served.server.address()).hello()) {
            broken(served, raw -> raw.hello().send(new byte[1000]), "CRC32C");
            broken(served, raw -> raw.send(ping(1)), "hello: PING came first");
            broken(served, raw -> raw.hello().send(HelloCodec.encode(RawClient.ALLOCATOR, new HelloCodec.Hello(1, 1))), "HELLO");
            broken(served, raw -> raw.send(HelloCodec.encode(RawClient.ALLOCATOR, new HelloCodec.Hello(2, 5))),
                    "versions 2 to 5");
            broken(served, raw -> raw.hello().send(ping(0)), "PING with id 0");
            broken(served, raw -> raw.hello().send(Frame.empty(RawClient.ALLOCATOR, Opcode.PONG, 1)), "type 66");
            broken(served, raw -> raw.send(search(1, 60, 1)), "frame: 48"); // long, before the hello
            broken(served, raw -> {
                ByteBuf hello = HelloCodec.encode(RawClient.ALLOCATOR, new HelloCodec.Hello(1, 1));
                raw.send(hello.setIntLE(Frame.HEADER, 77));
            }, "magic 0000004d");
            served.engine.shut();
            broken(served, raw -> {
                raw.hello().send(search(5, 1, 1));
                raw.send(search(5, 1, 1));
            }, "id 5 is unanswered");
            served.engine.open();
            other.send(ping(3));
            assertThat(other.nextInWords()).isEqualTo("PONG 3");
            ServerTest.released(served);
        }
    }

    private interface Deed {
        void to(RawClient raw) throws Exception;
    }

    private static void broken(Served served, Deed deed, String reason) throws Exception {
        try (RawClient raw = new RawClient(served.server.address())) {
            deed.to(raw);
            assertThat(raw.nextInWords()).startsWith("ERROR 0 ").contains(reason);
            assertThat(raw.nextInWords()).isEqualTo("end");
        }
    }

    @Test
    void whatIsWrongInABodyKeepsTheConnection() throws Exception {
        try (Served served = new Served(); RawClient raw = new RawClient(served.server.address()).hello()) {
            ByteBuf unknown = SearchCodec.encode(RawClient.ALLOCATOR, 4, "cars", new float[Served.DIM],
                    SearchRequest.nearest(1).withProbes(3));
            raw.send(unknown.setShortLE(60, 17));
            assertThat(raw.nextInWords()).startsWith("ERROR 4 UNSUPPORTED: search option: tag 17");
            raw.send(search(5, 2, 3).setIntLE(32, 3));
            assertThat(raw.nextInWords()).startsWith("ERROR 5 INVALID_ARGUMENT");
            raw.send(NameCodec.encode(RawClient.ALLOCATOR, Opcode.INFO, 6, "nobody"));
            assertThat(raw.nextInWords()).startsWith("ERROR 6 NOT_FOUND");
            raw.send(NameCodec.encode(RawClient.ALLOCATOR, Opcode.INFO, 7, "cars").setShortLE(32, 2));
            assertThat(raw.nextInWords()).startsWith("ERROR 7 INVALID_ARGUMENT: INFO: 2 bytes left over");
            raw.send(search(8, 2, 3));
            assertThat(raw.nextInWords()).isEqualTo("RESULT 8");
        }
    }

    @Test
    void moreThanTheLimitsIsRefusedBeforeAnyWork() throws Exception {
        try (Served served = new Served(Served.settings().withLimits(TIGHT));
                RawClient raw = new RawClient(served.server.address()).hello()) {
            raw.send(search(1, 9, 1));
            assertThat(raw.nextInWords()).startsWith("ERROR 1 LIMIT_EXCEEDED: queries: 9 (expected 1 to 8)");
            raw.send(search(2, 1, 101));
            assertThat(raw.nextInWords()).startsWith("ERROR 2 LIMIT_EXCEEDED: k: 101");
            raw.send(search(3, 8, 13));
            assertThat(raw.nextInWords()).startsWith("ERROR 3 LIMIT_EXCEEDED: answer: 1248 bytes (expected at most 1200");
            assertThat(served.engine.batches).isEmpty();
            assertThat(served.server.waitingBytes()).isZero();
            raw.send(search(4, 8, 12));
            assertThat(raw.nextInWords()).isEqualTo("RESULT 4");
        }
    }

    @Test
    void creditsAreCountedInQueriesAndComeBackWithAnswers() throws Exception {
        try (Served served = new Served(Served.settings().withLimits(TIGHT));
                RawClient raw = new RawClient(served.server.address()).hello()) {
            served.engine.shut();
            raw.send(search(1, 8, 1));
            raw.send(search(2, 3, 1));
            assertThat(raw.nextInWords()).startsWith("ERROR 2 LIMIT_EXCEEDED: credits: 8 queries in flight and 3 more");
            raw.send(search(3, 2, 1));
            raw.send(search(4, 1, 1));
            assertThat(raw.nextInWords()).startsWith("ERROR 4 LIMIT_EXCEEDED");
            served.engine.open();
            assertThat(List.of(raw.nextInWords(), raw.nextInWords())).containsExactlyInAnyOrder("RESULT 1", "RESULT 3");
            raw.send(search(5, 8, 1));
            assertThat(raw.nextInWords()).isEqualTo("RESULT 5");
        }
    }

    @Test
    void moreBytesThanMayWaitAreOverload() throws Exception {
        Limits limits = new Limits(1 << 16, 1 << 16, 1000, 64, 60_000, 1 << 17);
        ServerSettings settings = Served.settings().withLimits(limits).withWaitingBytes(2 << 16);
        try (Served served = new Served(settings); RawClient raw = new RawClient(served.server.address()).hello()) {
            served.engine.shut();
            raw.send(search(1, 500, 10));
            raw.send(search(2, 500, 10));
            assertThat(raw.nextInWords()).startsWith("ERROR 2 OVERLOADED: waiting: ");
            served.engine.open();
            assertThat(raw.nextInWords()).isEqualTo("RESULT 1");
            ServerTest.released(served);
            raw.send(search(3, 500, 10));
            assertThat(raw.nextInWords()).isEqualTo("RESULT 3");
        }
    }

    @Test
    void cancelIsAnsweredOnceAndLateCancelsAreIgnored() throws Exception {
        try (Served served = new Served(Served.settings().withWorkers(1));
                RawClient raw = new RawClient(served.server.address()).hello()) {
            served.engine.shut();
            raw.send(search(1, 1, 1));
            served.engine.awaitArrival();
            raw.send(search(2, 1, 1));
            raw.send(search(3, 700, 1));
            for (long id : new long[] {3, 2, 2, 99}) {
                raw.send(Frame.empty(RawClient.ALLOCATOR, Opcode.CANCEL, id));
            }
            assertThat(raw.nextInWords()).startsWith("ERROR 3 CANCELLED");
            assertThat(raw.nextInWords()).startsWith("ERROR 2 CANCELLED");
            raw.send(Frame.empty(RawClient.ALLOCATOR, Opcode.CANCEL, 1)); // runs already: cancelled when it comes back
            raw.send(ping(4));
            assertThat(raw.nextInWords()).isEqualTo("PONG 4");
            served.engine.open();
            assertThat(raw.nextInWords()).startsWith("ERROR 1 CANCELLED");
            raw.send(ping(5));
            assertThat(raw.nextInWords()).isEqualTo("PONG 5");
            assertThat(served.engine.batches).hasSize(1);
            ServerTest.released(served);
        }
    }

    @Test
    void whoLeavesIsNotSearchedFor() throws Exception {
        try (Served served = new Served(Served.settings().withWorkers(1))) {
            try (RawClient raw = new RawClient(served.server.address()).hello()) {
                served.engine.shut();
                raw.send(search(1, 1, 1));
                served.engine.awaitArrival();
                raw.send(search(2, 700, 1));
                raw.send(search(3, 1, 1));
                raw.send(ping(4));
                assertThat(raw.nextInWords()).isEqualTo("PONG 4");
            }
            try (RawClient half = new RawClient(served.server.address()).hello()) {
                ByteBuf frame = search(9, 500, 1);
                byte[] bytes = new byte[20_000];
                frame.readBytes(bytes).release();
                half.send(bytes);
            }
            served.engine.open();
            ServerTest.released(served);
            assertThat(served.engine.batches).hasSize(1);
        }
    }

    @Test
    void drainAnswersAcceptedAndRefusesTheRest() throws Exception {
        try (Served served = new Served(Served.settings().withWorkers(1));
                RawClient raw = new RawClient(served.server.address()).hello();
                RawClient idle = new RawClient(served.server.address()).hello()) {
            served.engine.shut();
            raw.send(search(1, 700, 1));
            served.engine.awaitArrival();
            raw.send(search(2, 1, 1));
            raw.send(ping(3));
            assertThat(raw.nextInWords()).isEqualTo("PONG 3");
            Thread closing = Thread.ofPlatform().start(served::closeServer);
            assertThat(raw.nextInWords()).isEqualTo("GOAWAY 0");
            assertThat(List.of(idle.nextInWords(), idle.nextInWords())).containsExactly("GOAWAY 0", "end");
            raw.send(search(4, 1, 1));
            assertThat(raw.nextInWords()).startsWith("ERROR 4 UNAVAILABLE");
            served.engine.open();
            List<String> rest = new ArrayList<>(List.of(raw.nextInWords(), raw.nextInWords()));
            assertThat(rest).containsExactlyInAnyOrder("RESULT 1", "RESULT 2");
            assertThat(raw.nextInWords()).isEqualTo("end");
            closing.join();
        }
    }

    @Test
    void drainGivesUpAfterItsTime() throws Exception {
        try (Served served = new Served(Served.settings().withDrain(java.time.Duration.ofMillis(100)));
                RawClient raw = new RawClient(served.server.address()).hello()) {
            served.engine.shut();
            raw.send(NameCodec.encode(RawClient.ALLOCATOR, Opcode.BUILD, 1, "cars"));
            served.engine.awaitArrival();
            long start = System.nanoTime();
            served.closeServer(); // the build goes on until its connection is closed
            assertThat(System.nanoTime() - start).isBetween(100_000_000L, 5_000_000_000L);
        }
    }
}
