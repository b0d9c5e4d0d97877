package dev.perigee.bench;

import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Random;
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

/** The scalar reference: time of one distance between a query and rows that lie in the first-level cache. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class DistanceBenchmark {
    static final int ROWS = 8;

    @Param({"128", "784"})
    int dim;

    @Param({"L2", "INNER_PRODUCT"}) // cosine is the inner product of unit rows
    Distance distance;

    Matrix query;
    Matrix rows;
    private Arena arena;

    @Setup(Level.Trial)
    public void fill() {
        arena = Arena.ofConfined();
        Random random = new Random(42);
        query = Matrix.allocate(arena, 1, dim);
        rows = Matrix.allocate(arena, ROWS, dim);
        for (int t = 0; t < dim; t++) {
            query.set(0, t, (float) random.nextGaussian());
            for (int i = 0; i < ROWS; i++) {
                rows.set(i, t, (float) random.nextGaussian());
            }
        }
    }

    @TearDown(Level.Trial)
    public void free() {
        arena.close();
    }

    /** Sum of the distances, so that none can be left out. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public double scalar() {
        double sum = 0;
        for (int i = 0; i < ROWS; i++) {
            sum += distance.between(query, 0, rows, i);
        }
        return sum;
    }
}
