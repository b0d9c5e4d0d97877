package dev.perigee.bench;

import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfPqData;
import dev.perigee.index.ModelFile;
import dev.perigee.index.ProductQuantizer;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
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

/**
 * IVF-PQ without refinement on one core: tables, then look-ups in the codes of the probed lists. Lists have equal sizes and codes
 * are random; tables and scan cost what they cost on trained ones.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class CodeScanBenchmark {
    static final int BATCH = 100;
    static final int K = 10;
    private static final int LISTS = 64;
    private static final int PROBES = 8;
    private static final int PART = 8;

    @Param("128") // a multiple of InvertedLists.BLOCK, so that no slot is empty
    int perList;

    @Param({"128", "784"}) // in parts of 8 values
    int dim;

    @Param({"8", "4"})
    int bits;

    @Param("simd")
    String backend;

    IvfPqData data;
    Matrix queries;
    private Arena arena;
    private OpenSearch search;

    @Setup(Level.Trial)
    public void open() {
        arena = Arena.ofShared();
        data = data();
        queries = RandomRows.of(BATCH, dim, 5, arena);
        search = new OpenSearch(backend, data, queries, K, new SearchParams.IvfPq(PROBES, 0));
    }

    private IvfPqData data() {
        int count = LISTS * perList;
        int m = dim / PART;
        SplittableRandom random = new SplittableRandom(4);
        ProductQuantizer quantizer = new ProductQuantizer(m, bits, RandomRows.of(m << bits, PART, 3, arena));
        MemorySegment codes = arena.allocate((long) count * quantizer.codeStride());
        MemorySegment terms = arena.allocate(count * 4L);
        for (int i = 0; i < count; i++) {
            for (int s = 0; s < m; s++) { // of an odd number of short codes the last byte is half
                long at = (long) i * quantizer.codeStride() + (bits == 8 ? s : s / 2);
                int shift = bits == 8 ? 0 : s % 2 * 4;
                int code = random.nextInt(1 << bits) << shift | codes.get(ValueLayout.JAVA_BYTE, at);
                codes.set(ValueLayout.JAVA_BYTE, at, (byte) code);
            }
        }
        FlatData rows = FlatData.of(Distance.L2, RandomRows.of(count, dim, 1, arena), arena);
        IvfPqData made = new IvfPqData(ModelFile.of(Distance.L2, RandomRows.of(LISTS, dim, 2, arena), quantizer, arena),
                lists(count), codes, terms, rows);
        for (int i = 0; i < count; i++) {
            terms.set(Matrix.FLOAT, i * 4L, term(made, i));
        }
        return made;
    }

    /** |r|^2 + 2 (c - mean).r of a row, with c its centroid and r its decoded residual. */
    private float term(IvfPqData made, int row) {
        FlatData centroids = made.model().centroids();
        double sum = 0;
        for (int t = 0; t < dim; t++) {
            double residual = residual(made, row, t);
            double centroid = (double) centroids.rows().get(row / perList, t) - centroids.mean().get(0, t);
            sum += residual * (residual + 2 * centroid);
        }
        return (float) sum;
    }

    /** Value {@code t} of the residual that the code of a row stands for. */
    static float residual(IvfPqData data, int row, int t) {
        ProductQuantizer quantizer = data.model().quantizer();
        int part = t / quantizer.dsub();
        int at = quantizer.bits() == 8 ? part : part / 2;
        int code = data.codes().get(ValueLayout.JAVA_BYTE, (long) row * quantizer.codeStride() + at) & 0xFF;
        int word = quantizer.bits() == 8 ? code : part % 2 == 0 ? code & 15 : code >> 4;
        return quantizer.codewords().get(part * quantizer.size() + word, t % quantizer.dsub());
    }

    private InvertedLists lists(int count) {
        MemorySegment begins = arena.allocate((LISTS + 1) * 4L);
        MemorySegment sizes = arena.allocate(LISTS * 4L);
        MemorySegment slots = arena.allocate(count * 4L);
        for (int l = 0; l <= LISTS; l++) {
            begins.set(InvertedLists.INT, l * 4L, l * perList);
        }
        for (int l = 0; l < LISTS; l++) {
            sizes.set(InvertedLists.INT, l * 4L, perList);
        }
        for (int i = 0; i < count; i++) {
            slots.set(InvertedLists.INT, i * 4L, i);
        }
        return new InvertedLists(LISTS, begins, sizes, slots);
    }

    @TearDown(Level.Trial)
    public void close() {
        search.close();
        arena.close();
    }

    /** Time of a query among {@value #BATCH} that are searched together: 8 of 64 lists, perList codes each. */
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
