package dev.perigee.bench;

import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Exact search: the product of queries and rows with the selection of the nearest, on one core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class FlatSearchBenchmark {
    static final int BATCH = 200;
    private static final int K = 10;

    @Param("20000")
    int rows;

    @Param({"128", "784"})
    int dim;

    @Param("simd")
    String backend;

    FlatData data;
    Matrix queries;
    private Arena arena;
    private OpenSearch search;

    @Setup(Level.Trial)
    public void open() {
        arena = Arena.ofShared();
        data = FlatData.of(Distance.L2, RandomRows.of(rows, dim, 1, arena), arena);
        queries = RandomRows.of(BATCH, dim, 2, arena);
        search = new OpenSearch(backend, data, queries, K, new SearchParams.Flat());
    }

    @TearDown(Level.Trial)
    public void close() {
        search.close();
        arena.close();
    }

    /** Time of a query among {@value #BATCH} that are searched together. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public TopK batch() {
        return search.batch();
    }

    /** Time of a query alone; they take turns. */
    @Benchmark
    public TopK single() {
        return search.single();
    }
}
