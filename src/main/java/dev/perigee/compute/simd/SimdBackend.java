package dev.perigee.compute.simd;

import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Searcher;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.vector.Matrix;
import java.util.List;

/** The CPU with the Vector API. */
public final class SimdBackend implements ComputeBackend {
    private final Workers workers;
    private final Scratch.Pool pool = new Scratch.Pool();
    private final LookupTables.Cache tables = new LookupTables.Cache();
    private final CodeBlocks.Cache blocks = new CodeBlocks.Cache();
    private final SqProbes.Cache sqProbes = new SqProbes.Cache();

    /** @param threads cores that all its searches together may use, 1 or more */
    public SimdBackend(int threads) {
        this.workers = new Workers(threads);
    }

    /** Bits of a vector: those of this machine, or as the property {@code perigee.lanes} says. */
    public static int vectorBits() {
        return Lanes.FLOAT.vectorBitSize();
    }

    /** What multiplies the codes of IVF-SQ: a tile in C by its instructions, or the one in Java and why. */
    public static String byteProducts() {
        String problem = NativeSqTile.problem();
        return SqTile.of(5).name() + (problem.isEmpty() ? "" : " (no native code: " + problem + ")");
    }

    @Override
    public String name() {
        return "simd";
    }

    @Override
    public String device() {
        return "CPU, %d-bit vectors, %d thread%s".formatted(
                Lanes.FLOAT.vectorBitSize(), workers.threads(), workers.threads() == 1 ? "" : "s");
    }

    @Override
    public int threads() {
        return workers.threads();
    }

    @Override
    public Searcher open(List<IndexData> segments) {
        return new SimdSearcher(this, List.copyOf(segments), workers, pool, tables, sqProbes, blocks);
    }

    @Override
    public void nearest(Matrix rows, FlatData centroids, int[] into) {
        new Argmin(workers, pool).find(rows, centroids, into);
    }

    @Override
    public void multiply(Matrix rows, Matrix weights, Matrix into) {
        ComputeBackend.checkProduct(rows, weights, into);
        new Product(workers, pool).multiply(rows, weights, into);
    }

    @Override
    public void project(Matrix rows, Matrix mean, Matrix axes, Matrix into) {
        ComputeBackend.checkProduct(rows, axes, into);
        new Axes(mean, axes).project(rows, into, workers, pool);
    }

    @Override
    public List<Benchmark> benchmarks() {
        return List.of(new SimdBenchmark(this), new SqTileBenchmark(2_000_000_000L));
    }

    @Override
    public void close() {
        workers.close();
        pool.close();
    }
}
