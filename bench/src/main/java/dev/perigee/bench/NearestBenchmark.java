package dev.perigee.bench;

import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
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

/** The step of k-means that costs: the nearest centroid of each row, on one core. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class NearestBenchmark {
    static final int ROWS = 2048;

    @Param("256")
    int centroids;

    @Param({"8", "128", "784"}) // 8 = a part of a row in a product quantiser
    int dim;

    @Param("simd")
    String backend;

    Matrix rows;
    FlatData centres;
    private Arena arena;
    private ComputeBackend compute;
    private int[] into;

    @Setup(Level.Trial)
    public void open() {
        arena = Arena.ofShared();
        rows = RandomRows.of(ROWS, dim, 1, arena);
        centres = FlatData.of(Distance.L2, RandomRows.of(centroids, dim, 2, arena), arena);
        compute = Backends.open(backend, 1);
        into = new int[ROWS];
    }

    @TearDown(Level.Trial)
    public void close() {
        compute.close();
        arena.close();
    }

    /** Time of one row. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int[] nearest() {
        compute.nearest(rows, centres, into);
        return into;
    }
}
