package dev.perigee.bench;

import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.protocol.Frame;
import dev.perigee.protocol.Limits;
import dev.perigee.protocol.Opcode;
import dev.perigee.protocol.RawBlocks;
import dev.perigee.protocol.ResultCodec;
import dev.perigee.protocol.SearchCodec;
import dev.perigee.vector.Matrix;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** What a message costs in the codecs of both ends, between memory and memory: no socket, and no cutting of bytes into frames. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class CodecBenchmark {
    static final String COLLECTION = "cars";
    static final SearchRequest REQUEST = SearchRequest.nearest(10).withProbes(32);
    private static final ByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;
    private static final long ID = 7;

    @Param({"1", "1000"})
    int queries;

    @Param("128")
    int dim;

    Matrix sent;
    Matrix received;
    SearchResult result;
    private Arena arena;

    @Setup(Level.Trial)
    public void fill() {
        arena = Arena.ofShared();
        sent = RandomRows.of(queries, dim, 1, arena);
        received = Matrix.allocate(arena, queries, dim);
        SplittableRandom random = new SplittableRandom(2);
        long[] ids = random.longs((long) queries * REQUEST.k(), 0, Long.MAX_VALUE).toArray();
        float[] scores = new float[ids.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) random.nextDouble();
        }
        result = new SearchResult(queries, REQUEST.k(), ids, scores);
    }

    @TearDown(Level.Trial)
    public void free() {
        arena.close();
    }

    /** A SEARCH from the caller's queries to its frame, checked and copied to the searcher's memory. */
    @Benchmark
    public void search(Blackhole hole) {
        hole.consume(search());
        hole.consume(received);
    }

    SearchCodec.Search search() {
        ByteBuf bytes = SearchCodec.encode(ALLOCATOR, ID, COLLECTION, sent, 0, queries, REQUEST);
        Frame frame = new Frame(Opcode.SEARCH, ID, 0, bytes);
        try {
            SearchCodec.Search search = SearchCodec.decode(frame, Limits.DEFAULT);
            RawBlocks.read(bytes, search.queriesAt(), 0, queries, received, 0);
            return search;
        } finally {
            frame.release();
        }
    }

    /** A RESULT from the server's answers to its frame and to arrays. */
    @Benchmark
    public SearchResult result() {
        Frame frame = new Frame(Opcode.RESULT, ID, 0, ResultCodec.encode(ALLOCATOR, ID, result));
        try {
            return ResultCodec.decode(frame);
        } finally {
            frame.release();
        }
    }
}
