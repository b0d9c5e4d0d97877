package dev.perigee.bench;

import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
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
    private ComputeBackend compute;
    private Searcher searcher;
    private SearchBatch batch;
    private SearchBatch[] singles;
    private TopK batchTop;
    private TopK singleTop;
    private int next;

    @Setup(Level.Trial)
    public void open() {
        arena = Arena.ofShared();
        data = FlatData.of(Distance.L2, RandomRows.of(rows, dim, 1, arena), arena);
        queries = RandomRows.of(BATCH, dim, 2, arena);
        compute = Backends.open(backend, 1);
        searcher = compute.open(List.of(data));
        batch = SearchBatch.of(queries, K, new SearchParams.Flat());
        batchTop = new TopK(batch.k());
        singles = new SearchBatch[BATCH];
        for (int q = 0; q < BATCH; q++) {
            singles[q] = SearchBatch.of(queries.slice(q, q + 1), K, new SearchParams.Flat());
        }
        singleTop = new TopK(singles[0].k());
        next = 0;
    }

    @TearDown(Level.Trial)
    public void close() {
        searcher.close();
        compute.close();
        arena.close();
    }

    /** Time of a query among {@value #BATCH} that are searched together. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public TopK batch() {
        batchTop.clear();
        searcher.search(batch, batchTop);
        return batchTop;
    }

    /** Time of a query alone; they take turns. */
    @Benchmark
    public TopK single() {
        singleTop.clear();
        searcher.search(singles[next], singleTop);
        next = (next + 1) % BATCH;
        return singleTop;
    }
}
