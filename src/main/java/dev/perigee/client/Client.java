package dev.perigee.client;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.protocol.AddCodec;
import dev.perigee.protocol.AddedCodec;
import dev.perigee.protocol.CollectionsCodec;
import dev.perigee.protocol.CreateCodec;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.Limits;
import dev.perigee.protocol.NameCodec;
import dev.perigee.protocol.Opcode;
import dev.perigee.protocol.ResultCodec;
import dev.perigee.protocol.SearchCodec;
import dev.perigee.vector.Matrix;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Speaks to one server over one connection, on which any number of calls are under way. Safe for use by several threads.
 *
 * <p>Each call comes twice: {@code xAsync} returns a future, {@code x} waits for it. Futures fail with
 * {@link PerigeeException}; cancelling one cancels the work on the server. They are completed by the client's own thread:
 * a dependent action may neither block nor call a method that waits.
 *
 * <p>When the connection is lost, reads (search, info, list, ping) are sent again once it is back, within their deadline
 * and the settings' attempts. Writes (create, add, build, drop) fail with UNAVAILABLE and are never repeated.
 */
public final class Client implements AutoCloseable {
    /** Rows of an add travel in frames of about this size, or of the server's limit. */
    private static final int ADD_FRAME_BYTES = 8 << 20;
    private static final ByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

    private final EventLoopGroup loops;
    private final Link link;
    private final AtomicLong nextId;
    private final Duration deadline;

    private Client(EventLoopGroup loops, Link link, AtomicLong nextId, Duration deadline) {
        this.loops = loops;
        this.link = link;
        this.nextId = nextId;
        this.deadline = deadline;
    }

    /** Connects with the default settings. @param address such as {@code 127.0.0.1:7070} or {@code [::1]:7070} */
    public static Client connect(String address) {
        return connect(address, ClientSettings.DEFAULT);
    }

    /** Connects; only this first time without repetition. @throws PerigeeException UNAVAILABLE if it cannot be reached */
    public static Client connect(String address, ClientSettings settings) {
        int colon = address.lastIndexOf(':');
        check(colon > 0 && address.substring(colon + 1).matches("[0-9]{1,5}"), "address: '%s' (expected host:port)", address);
        String host = address.substring(0, colon).replaceAll("^\\[(.*)]$", "$1");
        int port = Integer.parseInt(address.substring(colon + 1));
        check(port >= 1 && port <= 65_535, "port: %d (expected 1 to 65535)", port);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("perigee-client", true),
                NioIoHandler.newFactory());
        var loop = loops.next();
        Link link = new Link(settings, new Connector(host, port, settings, loop), loop);
        Client client = new Client(loops, link, new AtomicLong(), settings.deadline());
        try {
            client.await(link.open());
        } catch (Throwable e) {
            client.close();
            throw e;
        }
        return client;
    }

    /** This client with another deadline for its calls (zero = none). It shares the connection: closing one closes both. */
    public Client withDeadline(Duration deadline) {
        check(!deadline.isNegative(), "deadline: %s (expected 0 or more)", deadline);
        return new Client(loops, link, nextId, deadline);
    }

    /** What the server takes; larger searches and adds are split, what cannot be split is refused here. */
    public Limits limits() {
        return link.limits();
    }

    /** Finds the nearest rows of each query. Waits. */
    public SearchResult search(String collection, Matrix queries, SearchRequest request) {
        return await(searchAsync(collection, queries, request));
    }

    /**
     * Finds the nearest rows of each query.
     *
     * @param queries [queries, dim]; must stay as they are until the future is done
     */
    public CompletableFuture<SearchResult> searchAsync(String collection, Matrix queries, SearchRequest request) {
        Limits limits = limits();
        limits.checkSearch(1, queries.dim(), request.k());
        check(queries.rows() >= 1, "queries: %d (expected 1 or more)", queries.rows());
        long byFrame = (limits.maxFrameBytes() - SearchCodec.overhead(collection)) / (queries.dim() * 4L);
        long byResult = limits.maxResultBytes() / ((long) request.k() * Limits.BYTES_PER_HIT);
        int most = (int) Math.min(limits.maxQueries(), Math.min(byFrame, byResult));
        Deadline by = Deadline.in(deadline);
        SplitSearch.Part part = (from, rows) -> {
            long id = nextId.incrementAndGet();
            ByteBuf frame = SearchCodec.encode(ALLOCATOR, id, collection, queries, from, rows, request);
            return submit(id, Opcode.SEARCH, rows, frame, by,
                    answer(Opcode.RESULT, answer -> checkShape(ResultCodec.decode(answer), rows, request.k())));
        };
        return queries.rows() <= most ? part.search(0, queries.rows())
                : new SplitSearch(queries.rows(), request.k(), most, part).start();
    }

    /** Finds the rows nearest to one query. Waits. */
    public SearchResult search(String collection, float[] query, SearchRequest request) {
        return await(searchAsync(collection, query, request));
    }

    /** Finds the rows nearest to one query [dim], which is copied before this returns. */
    public CompletableFuture<SearchResult> searchAsync(String collection, float[] query, SearchRequest request) {
        limits().checkSearch(1, query.length, request.k());
        long id = nextId.incrementAndGet();
        return submit(id, Opcode.SEARCH, 1, SearchCodec.encode(ALLOCATOR, id, collection, query, request), Deadline.in(deadline),
                answer(Opcode.RESULT, frame -> checkShape(ResultCodec.decode(frame), 1, request.k())));
    }

    public void create(CollectionSpec spec) {
        await(createAsync(spec));
    }

    public CompletableFuture<Void> createAsync(CollectionSpec spec) {
        long id = nextId.incrementAndGet();
        return submit(id, Opcode.CREATE, 0, CreateCodec.encode(ALLOCATOR, id, spec), Deadline.in(deadline), done());
    }

    /** Adds rows. Waits. @return how many rows are then in the collection */
    public long add(String collection, UpsertRequest request) {
        return await(addAsync(collection, request));
    }

    /**
     * Adds rows, in as many frames as they need, one after another. If one fails, the rows before it are in the collection;
     * the message says how many.
     *
     * @param request its rows and ids must stay as they are until the future is done
     * @return done with how many rows are then in the collection
     */
    public CompletableFuture<Long> addAsync(String collection, UpsertRequest request) {
        Limits limits = limits();
        Matrix rows = request.rows();
        limits.checkDim(rows.dim());
        check(rows.rows() >= 1, "rows: %d (expected 1 or more)", rows.rows());
        int room = Math.min(limits.maxFrameBytes(), ADD_FRAME_BYTES) - AddCodec.overhead(collection);
        int partRows = Math.max(1, room / (rows.dim() * Float.BYTES + Long.BYTES));
        Deadline by = Deadline.in(deadline);
        return new SplitAdd(rows.rows(), partRows, (from, count) -> {
            long id = nextId.incrementAndGet();
            return submit(id, Opcode.ADD, 0, AddCodec.encode(ALLOCATOR, id, collection, request, from, count), by,
                    answer(Opcode.ADDED, AddedCodec::decode));
        }).start();
    }

    /** Builds the collection's index. Waits; has no deadline. */
    public void build(String collection, Progress progress) {
        await(buildAsync(collection, progress));
    }

    /**
     * Builds the collection's index.
     *
     * @param progress called by the client's thread, so it must be quick; if it returns false the build is given up and the
     *                 future fails with CANCELLED
     */
    public CompletableFuture<Void> buildAsync(String collection, Progress progress) {
        long id = nextId.incrementAndGet();
        return link.submit(new Call<>(id, Opcode.BUILD, 0, NameCodec.encode(ALLOCATOR, Opcode.BUILD, id, collection),
                Deadline.NONE, progress, done()));
    }

    public CollectionInfo info(String collection) {
        return await(infoAsync(collection));
    }

    public CompletableFuture<CollectionInfo> infoAsync(String collection) {
        long id = nextId.incrementAndGet();
        return submit(id, Opcode.INFO, 0, NameCodec.encode(ALLOCATOR, Opcode.INFO, id, collection), Deadline.in(deadline),
                answer(Opcode.COLLECTIONS, frame -> CollectionsCodec.decode(frame).getFirst()));
    }

    public List<CollectionInfo> list() {
        return await(listAsync());
    }

    public CompletableFuture<List<CollectionInfo>> listAsync() {
        long id = nextId.incrementAndGet();
        return submit(id, Opcode.LIST, 0, Frame.empty(ALLOCATOR, Opcode.LIST, id), Deadline.in(deadline),
                answer(Opcode.COLLECTIONS, CollectionsCodec::decode));
    }

    public void drop(String collection) {
        await(dropAsync(collection));
    }

    public CompletableFuture<Void> dropAsync(String collection) {
        long id = nextId.incrementAndGet();
        return submit(id, Opcode.DROP, 0, NameCodec.encode(ALLOCATOR, Opcode.DROP, id, collection), Deadline.in(deadline),
                done());
    }

    /** Waits for the server's echo. @return how long it took */
    public Duration ping() {
        return await(pingAsync());
    }

    public CompletableFuture<Duration> pingAsync() {
        long id = nextId.incrementAndGet();
        long start = System.nanoTime();
        return submit(id, Opcode.PING, 0, Frame.empty(ALLOCATOR, Opcode.PING, id), Deadline.in(deadline),
                answer(Opcode.PONG, frame -> Duration.ofNanos(System.nanoTime() - start)));
    }

    private <T> CompletableFuture<T> submit(long id, Opcode opcode, int queries, ByteBuf frame, Deadline by,
            Function<Frame, T> decode) {
        return link.submit(new Call<>(id, opcode, queries, frame, by, Progress.NONE, decode));
    }

    private static Function<Frame, Void> done() {
        return answer(Opcode.DONE, frame -> null);
    }

    private static <T> Function<Frame, T> answer(Opcode expected, Function<Frame, T> decode) {
        return frame -> {
            check(frame.opcode() == expected, "answer: %s (expected %s)", frame.opcode(), expected);
            return decode.apply(frame);
        };
    }

    private static SearchResult checkShape(SearchResult result, int rows, int k) {
        check(result.queries() == rows && result.k() == k,
                "answer: %d x %d (expected %d x %d)", result.queries(), result.k(), rows, k);
        return result;
    }

    /** Waits for a future and throws its failure as it is. */
    private <T> T await(CompletableFuture<T> future) {
        if (link.isLoopThread()) {
            future.cancel(false);
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION,
                    "client: the thread that completes futures would wait for itself; use the methods that return futures");
        }
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PerigeeException failure) {
                // with the trace of who waited, which the client's thread does not know
                throw new PerigeeException(failure.code(), failure.getMessage(), failure);
            }
            throw new PerigeeException(ErrorCode.INTERNAL, "client: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            future.cancel(false);
            Thread.currentThread().interrupt();
            throw new PerigeeException(ErrorCode.CANCELLED, "client: interrupted while it waited", e);
        }
    }

    /** Closes the connection; what is not answered fails with UNAVAILABLE. May be called twice. */
    @Override
    public void close() {
        link.close();
        var ended = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        if (!link.isLoopThread()) {
            ended.awaitUninterruptibly();
        }
    }
}
