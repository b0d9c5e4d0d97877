package dev.perigee.server;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.backend.Backends;
import dev.perigee.client.Client;
import dev.perigee.collection.Batch;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Collections;
import dev.perigee.distance.Distance;
import dev.perigee.protocol.SearchCodec;
import dev.perigee.vector.Matrix;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What server and client add to a search that costs nothing, on loopback. Run by hand, d = 128, k = 10:
 * {@code mvn -q test-compile dependency:build-classpath}, then {@code java -cp ... dev.perigee.server.NoopLatencyCheck}.
 */
public final class NoopLatencyCheck {
    private static final int DIM = 128;
    private static final int K = 10;

    private NoopLatencyCheck() {
    }

    /** Leases memory from a pool and answers zeros. */
    private static final class NoopEngine implements Engine {
        private final ConcurrentLinkedQueue<Matrix> free = new ConcurrentLinkedQueue<>();

        @Override
        public Lease lease(Collection collection, int rows) {
            Matrix pooled = free.poll();
            Matrix matrix = pooled != null ? pooled : Matrix.allocate(Arena.global(), 1024, DIM);
            return new Lease() {
                @Override
                public Matrix queries() {
                    return matrix.slice(0, rows);
                }

                @Override
                public List<SearchResult> search(List<Batch.Part> parts) {
                    List<SearchResult> results = new ArrayList<>(parts.size());
                    for (Batch.Part part : parts) {
                        int hits = part.rows() * part.request().k();
                        results.add(new SearchResult(part.rows(), part.request().k(), new long[hits], new float[hits]));
                    }
                    return results;
                }

                @Override
                public void close() {
                    free.add(matrix);
                }
            };
        }

        @Override
        public void build(Collection collection, Progress progress) {
            throw new UnsupportedOperationException();
        }
    }

    public static void main(String[] arguments) throws Exception {
        Collections collections = new Collections(Backends.open("auto", 1));
        collections.create(new CollectionSpec("noop", DIM, Distance.L2, IndexSpec.FLAT));
        ServerSettings settings = ServerSettings.standard().withAddress("127.0.0.1", 0);
        try (Server server = Server.start(settings, collections, new NoopEngine());
                Client client = Client.connect("127.0.0.1:" + server.address().getPort()); Arena arena = Arena.ofShared()) {
            Matrix batch = Served.random(arena, 1000, DIM, 1);
            for (int round = 0; round < 4; round++) {
                ping(client);
                rawEcho();
                rawSingle(server.address());
                single(client, batch.get(0));
                batches(client, batch, 1);
                batches(client, batch, 4);
                manySingles(client, batch.get(0));
            }
        }
        System.exit(0);
    }

    private static void ping(Client client) {
        long[] nanos = new long[20_000];
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] = client.ping().toNanos();
        }
        report("client ping (no worker)", nanos);
    }

    /** The floor: two blocking threads that echo 600 bytes. */
    private static void rawEcho() throws Exception {
        try (var listener = java.nio.channels.ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
            Thread echo = Thread.ofPlatform().daemon().start(() -> {
                try (SocketChannel socket = listener.accept()) {
                    socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
                    while (socket.read(buffer) >= 0) {
                        socket.write(buffer.flip());
                        buffer.clear();
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            try (SocketChannel socket = SocketChannel.open(listener.getLocalAddress())) {
                socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
                ByteBuffer out = ByteBuffer.allocateDirect(600);
                ByteBuffer in = ByteBuffer.allocateDirect(600);
                long[] nanos = new long[20_000];
                for (int i = 0; i < nanos.length; i++) {
                    long start = System.nanoTime();
                    socket.write(out.clear());
                    in.clear();
                    while (in.hasRemaining()) {
                        socket.read(in);
                    }
                    nanos[i] = System.nanoTime() - start;
                }
                report("blocking sockets, echo", nanos);
            }
            echo.join();
        }
    }

    /** One blocking socket: the server without our client. */
    private static void rawSingle(InetSocketAddress address) throws IOException {
        try (SocketChannel socket = SocketChannel.open(address)) {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            ByteBuf hello = dev.perigee.protocol.HelloCodec.encode(UnpooledByteBufAllocator.DEFAULT,
                    new dev.perigee.protocol.HelloCodec.Hello(1, 1));
            socket.write(hello.nioBuffer());
            ByteBuffer in = ByteBuffer.allocateDirect(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
            frame(socket, in);
            ByteBuf search = SearchCodec.encode(UnpooledByteBufAllocator.DEFAULT, 7, "noop", new float[DIM],
                    SearchRequest.nearest(K));
            ByteBuffer out = search.nioBuffer();
            long[] nanos = new long[20_000];
            for (int i = 0; i < nanos.length; i++) {
                long start = System.nanoTime();
                socket.write(out.rewind());
                frame(socket, in);
                nanos[i] = System.nanoTime() - start;
            }
            report("server, single query", nanos);
        }
    }

    private static void frame(SocketChannel socket, ByteBuffer in) throws IOException {
        in.clear();
        do {
            if (socket.read(in) < 0) {
                throw new IOException("closed");
            }
        } while (in.position() < 32 || in.position() < in.getInt(0));
    }

    private static void single(Client client, float[] query) {
        SearchRequest request = SearchRequest.nearest(K);
        long[] nanos = new long[20_000];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            client.search("noop", query, request);
            nanos[i] = System.nanoTime() - start;
        }
        report("server and client, single query", nanos);
    }

    private static void batches(Client client, Matrix batch, int atOnce) {
        SearchRequest request = SearchRequest.nearest(K);
        int count = 2000;
        Deque<CompletableFuture<SearchResult>> running = new ArrayDeque<>();
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            if (running.size() == atOnce) {
                running.poll().join();
            }
            running.add(client.searchAsync("noop", batch, request));
        }
        running.forEach(CompletableFuture::join);
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf("batches of %d x %d, %d at once: %,.0f queries/s, %.3f ms each%n", batch.rows(), DIM, atOnce,
                count * batch.rows() / seconds, seconds * 1000 / count);
    }

    private static void manySingles(Client client, float[] query) {
        SearchRequest request = SearchRequest.nearest(K);
        int count = 200_000;
        Deque<CompletableFuture<SearchResult>> running = new ArrayDeque<>();
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            if (running.size() == 256) {
                running.poll().join();
            }
            running.add(client.searchAsync("noop", query, request));
        }
        running.forEach(CompletableFuture::join);
        System.out.printf("single queries, 256 at once: %,.0f queries/s%n", count / ((System.nanoTime() - start) / 1e9));
    }

    private static void report(String name, long[] nanos) {
        Arrays.sort(nanos);
        System.out.printf("%s: p50 %.1f us, p99 %.1f us%n", name,
                nanos[nanos.length / 2] / 1e3, nanos[nanos.length * 99 / 100] / 1e3);
    }
}
