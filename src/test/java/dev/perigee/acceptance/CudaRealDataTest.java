package dev.perigee.acceptance;

import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.backend.Backends;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.RequiresCuda;
import dev.perigee.testing.TestData;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Inverted lists of real rows on a GPU, or on the double of its driver: the same neighbours as on the CPU, so the same recall. */
@RequiresCuda
class CudaRealDataTest {
    private static final int PROJECTED = 256;

    @BeforeAll
    static void needsAGpuThatCanBeUsed() {
        Assumptions.assumeTrue(Backends.gpus().problem().isEmpty(), Backends.gpus().problem());
    }

    private static void assertSame(IndexSpec spec, Distance distance, Matrix rows, Matrix queries, SearchParams params) {
        if (distance == Distance.COSINE) {
            UnitRows.copy(rows, rows);
            UnitRows.copy(queries, queries);
        }
        try (ComputeBackend cpu = Backends.open("simd", 2); ComputeBackend cuda = Backends.open("cuda", 1);
                TestIndex index = TestIndex.build(spec, distance, rows, cpu)) {
            List<IndexData> data = List.of(index.data());
            Answers.assertSame(Answers.search(cuda, data, queries, 10, params, List.of()),
                    Answers.search(cpu, data, queries, 10, params, List.of()), spec + ", " + distance);
        }
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void siftSmall(Distance distance) {
        Matrix rows = Vectors.read(TestData.file("siftsmall/siftsmall_base.fvecs.gz"), Arena.ofAuto());
        Matrix queries = Vectors.read(TestData.file("siftsmall/siftsmall_query.fvecs"), Arena.ofAuto());
        assertSame(new IndexSpec(IndexKind.IVF_PQ, 64, 32, 8, 1), distance, rows, queries, new SearchParams.IvfPq(4, 50));
        assertSame(IndexSpec.ivfFlat(64), distance, rows, queries, new SearchParams.IvfFlat(4));
    }

    private static Matrix images(String name, int count) {
        Matrix all = Vectors.read(TestData.file("fashion-mnist/" + name), Arena.ofAuto());
        Matrix some = Matrix.allocate(Arena.ofAuto(), count, all.dim());
        some.copy(all, 0, 0, count);
        return some;
    }

    /** Of 784 dims look-up tables scan; of 256, onto which the rows are projected by chance, tensor cores do. */
    @ParameterizedTest
    @CsvSource({"784,L2", "784,COSINE", "784,INNER_PRODUCT", "256,L2", "256,COSINE", "256,INNER_PRODUCT"})
    void fashionMnist(int dim, Distance distance) {
        Matrix rows = images("train-images-idx3-ubyte.gz", 3000);
        Matrix queries = images("t10k-images-idx3-ubyte.gz", 100);
        if (dim == PROJECTED) {
            Matrix plane = Matrix.allocate(Arena.ofAuto(), dim, rows.dim());
            SplittableRandom random = new SplittableRandom(3);
            for (int i = 0; i < dim; i++) {
                for (int t = 0; t < rows.dim(); t++) {
                    plane.set(i, t, (float) random.nextGaussian());
                }
            }
            rows = projected(rows, plane);
            queries = projected(queries, plane);
        }
        assertSame(new IndexSpec(IndexKind.IVF_PQ, 16, dim == PROJECTED ? 64 : 98, 8, 1), distance, rows, queries,
                new SearchParams.IvfPq(3, 100));
    }

    private static Matrix projected(Matrix rows, Matrix plane) {
        Matrix into = Matrix.allocate(Arena.ofAuto(), rows.rows(), plane.rows());
        try (ComputeBackend cpu = Backends.open("simd", 2)) {
            cpu.multiply(rows, plane, into);
        }
        return into;
    }
}
