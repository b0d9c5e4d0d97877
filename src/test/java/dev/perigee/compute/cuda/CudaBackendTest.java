package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ListSearchContract;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.RequiresCuda;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** On a GPU, or on the test double of its driver. */
@RequiresCuda
class CudaBackendTest extends ListSearchContract {
    private static final SearchParams EXACT = new SearchParams.Flat();

    @BeforeAll
    static void needsKernels() {
        Assumptions.assumeTrue(KernelModule.problem().isEmpty(), KernelModule.problem());
    }

    private static CudaBackend cuda() {
        return CudaBackend.open(CudaDriver.probe().chosen());
    }

    @Override
    protected ComputeBackend backend(int threads) {
        return cuda();
    }

    private static void assertExact(CudaBackend cuda, List<IndexData> data, Matrix queries, int k, List<RowMask> masks,
            String what) {
        try (ComputeBackend reference = new ScalarBackend()) {
            Answers.assertSame(Answers.search(cuda, data, queries, k, EXACT, masks),
                    Answers.search(reference, data, queries, k, EXACT, masks), what);
        }
    }

    private static List<IndexData> flat(Distance distance, Matrix rows) {
        return List.of(FlatData.of(distance, rows, Arena.ofAuto()));
    }

    @ParameterizedTest
    @CsvSource({"65,20", "128,45", "129,128", "70,129", "257,200"})
    void largeBatchesTakeOtherShapesOfTheProduct(int count, int dim) {
        try (CudaBackend cuda = cuda()) {
            for (Distance distance : Distance.values()) {
                assertExact(cuda, flat(distance, Rows.CLUSTERED.make(distance, 300, dim, 1)),
                        Rows.CLUSTERED.make(distance, count, dim, 2), 10, List.of(), distance.label());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Rows.class)
    void manyNeighboursAreCollectedByASecondProduct(Rows kind) {
        try (CudaBackend cuda = cuda()) {
            for (Distance distance : Distance.values()) {
                List<IndexData> data = flat(distance, kind.make(distance, 900, 33, 3));
                assertExact(cuda, data, kind.make(distance, 5, 33, 4), 200, List.of(), distance.label());
                assertExact(cuda, data, kind.make(distance, 3, 33, 4), 1000, List.of(), "more than there are, " + distance);
            }
        }
    }

    @Test
    void rowsThatFp16CannotHoldAreScannedAsTheyAre() {
        for (Distance distance : List.of(Distance.L2, Distance.INNER_PRODUCT)) {
            Matrix rows = Rows.GAUSSIAN.make(distance, 700, 20, 1);
            for (int i = 0; i < 32; i++) {
                for (int t = 0; t < 20; t++) {
                    rows.set(i, t, rows.get(i, t) * 1e15f);
                }
            }
            FlatData data = FlatData.of(distance, rows, Arena.ofAuto());
            Matrix queries = Rows.GAUSSIAN.make(distance, 70, 20, 2);
            try (CudaBackend cuda = cuda()) {
                try (Slots.Lease lease = cuda.slots().take()) {
                    DeviceSegment segment = new DeviceSegment(data, DeviceSegment.MOST_ROWS, false);
                    segment.eachTile(lease.slot(), tile -> assertThat(tile.scan()).isEqualTo(Scan.DIRECT));
                    segment.close();
                }
                assertExact(cuda, List.of(data), queries, 10, List.of(), distance.label());
                assertExact(cuda, List.of(data), queries.slice(0, 3), 300, List.of(), "many neighbours, " + distance);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void tilesAreOneAnswer(Distance distance) {
        BitSet third = new BitSet();
        for (int i = 0; i < 1000; i += 3) {
            third.set(i);
        }
        try (CudaBackend cuda = CudaBackend.open(CudaDriver.probe().chosen(), 256, false)) {
            for (Rows kind : List.of(Rows.CLUSTERED, Rows.DUPLICATED, Rows.WIDE_NORMS)) {
                List<IndexData> data = flat(distance, kind.make(distance, 1000, 20, 5));
                Matrix queries = kind.make(distance, 20, 20, 6);
                assertExact(cuda, data, queries, 10, List.of(), "tiles of " + kind);
                assertExact(cuda, data, queries, 300, List.of(), "many neighbours in tiles of " + kind);
                assertExact(cuda, data, queries, 10, List.of(RowMask.of(third, 1000)), "masked tiles of " + kind);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Rows.class)
    void generalProductsGiveTheSameAnswers(Rows kind) {
        BitSet half = new BitSet();
        half.set(100, 500);
        try (CudaBackend cuda = CudaBackend.open(CudaDriver.probe().chosen(), 384, true)) {
            for (Distance distance : Distance.values()) {
                List<IndexData> data = flat(distance, kind.make(distance, 700, 33, 5));
                Matrix queries = kind.make(distance, 9, 33, 6);
                assertExact(cuda, data, queries, 10, List.of(), "products of " + distance);
                assertExact(cuda, data, queries, 200, List.of(RowMask.of(half, 700)), "masked products of " + distance);
            }
        }
    }

    @Test
    void whatDoesNotFitPassesThroughInTiles() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 3000, 40, 7);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 9, 40, 8);
        List<IndexData> data = flat(Distance.L2, rows);
        try (CudaBackend cuda = cuda()) {
            List<DeviceBuffer> taken = fillBut(cuda.cudaDevice(), 34L << 20);
            try {
                long bytes = DeviceRows.bytes((FlatData) data.getFirst(), 3000);
                assertThat(bytes).isLessThan(2L << 20);
                taken.add(cuda.cudaDevice().allocate(cuda.cudaDevice().memory().free() - (8L << 20), Purpose.OTHER));
                assertExact(cuda, data, queries, 10, List.of(), "passing");
            } finally {
                taken.forEach(DeviceBuffer::close);
            }
        }
    }

    /** Takes device memory until about so much is left. */
    private static List<DeviceBuffer> fillBut(CudaDevice device, long left) {
        List<DeviceBuffer> taken = new ArrayList<>();
        long free = device.memory().free();
        Assumptions.assumeTrue(free < 1L << 30, "a device of more than 1 GB: not filled");
        if (free > left) {
            taken.add(device.allocate(free - left, Purpose.OTHER));
        }
        return taken;
    }

    @Test
    void withoutMemoryTheRequestFailsAndTheDeviceStaysUsable() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 2000, 32, 9);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 30, 32, 10);
        List<IndexData> data = flat(Distance.L2, rows);
        try (CudaBackend cuda = cuda()) {
            List<DeviceBuffer> taken = fillBut(cuda.cudaDevice(), 100_000);
            assertThatThrownBy(() -> Answers.search(cuda, data, queries, 10, EXACT, List.of()))
                    .isInstanceOfSatisfying(PerigeeException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.OUT_OF_DEVICE_MEMORY));
            taken.forEach(DeviceBuffer::close);
            assertExact(cuda, data, queries, 10, List.of(), "afterwards");
        }
    }

    @Test
    void segmentsAreOnTheDeviceOnceAndOnlyWhileSomebodyHoldsThem() {
        List<IndexData> data = flat(Distance.L2, Rows.CLUSTERED.make(Distance.L2, 500, 16, 11));
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 2, 16, 12);
        TopK into = new TopK(new int[] {3, 3});
        try (CudaBackend cuda = cuda()) {
            Searcher first = cuda.open(data);
            assertThat(cuda.cudaDevice().allocated(Purpose.ROWS)).isZero();
            first.search(SearchBatch.of(queries, 3, EXACT), into);
            long once = cuda.cudaDevice().allocated(Purpose.ROWS);
            assertThat(once).isPositive();
            try (Searcher second = cuda.open(data)) {
                first.close();
                first.close();
                second.search(SearchBatch.of(queries, 3, EXACT), into);
                assertThat(cuda.cudaDevice().allocated(Purpose.ROWS)).isEqualTo(once);
            }
            assertThat(cuda.cudaDevice().allocated(Purpose.ROWS)).isZero();
            assertThat(cuda.cudaDevice().allocated(Purpose.SHADOW)).isZero();
        }
    }

    @Test
    void queryMemoryIsLeasedAgainAndOutlivesTheBackend() {
        CudaBackend cuda = cuda();
        Searcher searcher = cuda.open(flat(Distance.L2, Rows.CLUSTERED.make(Distance.L2, 50, 16, 11)));
        long address;
        try (Searcher.Queries lease = searcher.queries(3)) {
            address = lease.matrix().segment().address();
            lease.matrix().set(2, 5, 1f);
        }
        Searcher.Queries again = searcher.queries(4);
        assertThat(again.matrix().segment().address()).isEqualTo(address);
        assertThat(again.matrix().get(2, 5)).isZero();
        searcher.close();
        cuda.close();
        again.close();
        again.close();
    }

    @ParameterizedTest
    @CsvSource({"L2,8,5", "L2,8,10", "L2,4,5", "L2,8,1", "L2,8,4", "COSINE,8,10", "COSINE,4,7", "INNER_PRODUCT,8,5",
            "INNER_PRODUCT,4,20"})
    void codesGiveTheAnswersOfTheCpu(Distance distance, int bits, int m) {
        int dim = m == 4 ? 32 : m == 7 ? 21 : 20;
        Matrix rows = Rows.CLUSTERED.make(distance, 900, dim, 31);
        Matrix queries = Rows.CLUSTERED.make(distance, 150, dim, 32);
        IndexSpec spec = new IndexSpec(IndexKind.IVF_PQ, 16, m, bits, 7);
        BitSet some = new BitSet();
        for (int i = 0; i < 900; i += 3) {
            some.set(i);
        }
        try (ComputeBackend simd = new SimdBackend(2); CudaBackend cuda = cuda();
                TestIndex index = TestIndex.build(spec, distance, rows, simd)) {
            List<IndexData> data = List.of(index.data());
            for (List<RowMask> masks : List.of(List.<RowMask>of(), List.of(RowMask.of(some, 900)))) {
                for (int refine : new int[] {0, 30}) {
                    for (int probes : new int[] {1, 5}) {
                        SearchParams params = new SearchParams.IvfPq(probes, refine);
                        for (int count : new int[] {150, 40, 3}) { // tensor cores wide and narrow, and tables
                            Matrix asked = queries.slice(0, count);
                            Answers.assertSame(Answers.search(cuda, data, asked, 10, params, masks),
                                    Answers.search(simd, data, asked, 10, params, masks),
                                    "%d probes, refine %d, %d queries".formatted(probes, refine, count));
                        }
                    }
                }
                Answers.assertSame(Answers.search(cuda, data, queries.slice(0, 9), 400, new SearchParams.IvfPq(2, 0), masks),
                        Answers.search(simd, data, queries.slice(0, 9), 400, new SearchParams.IvfPq(2, 0), masks), "more than there are");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Rows.class)
    void listsOfEveryKindOfRowsGiveTheAnswersOfTheCpu(Rows kind) {
        for (Distance distance : Distance.values()) {
            Matrix rows = kind.make(distance, 700, 16, 33);
            Matrix queries = kind.make(distance, 70, 16, 34);
            try (ComputeBackend simd = new SimdBackend(2); CudaBackend cuda = cuda();
                    TestIndex whole = TestIndex.build(IndexSpec.ivfFlat(9), distance, rows, simd);
                    TestIndex coded = TestIndex.build(new IndexSpec(IndexKind.IVF_PQ, 9, 4, 8, 7), distance, rows, simd)) {
                for (int probes : new int[] {2, 9}) {
                    SearchParams flat = new SearchParams.IvfFlat(probes);
                    Answers.assertSame(Answers.search(cuda, List.of(whole.data()), queries, 10, flat, List.of()),
                            Answers.search(simd, List.of(whole.data()), queries, 10, flat, List.of()), kind + " rows, " + distance);
                    SearchParams codes = new SearchParams.IvfPq(probes, 20);
                    Answers.assertSame(Answers.search(cuda, List.of(coded.data()), queries, 10, codes, List.of()),
                            Answers.search(simd, List.of(coded.data()), queries, 10, codes, List.of()), kind + " codes, " + distance);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void tilesOfListsAreOneAnswer(Distance distance) {
        Matrix rows = Rows.CLUSTERED.make(distance, 900, 16, 35);
        Matrix queries = Rows.CLUSTERED.make(distance, 20, 16, 36);
        BitSet third = new BitSet();
        for (int i = 0; i < 900; i += 3) {
            third.set(i);
        }
        try (ComputeBackend simd = new SimdBackend(2); CudaBackend tiled = CudaBackend.open(CudaDriver.probe().chosen(), 256, false);
                CudaBackend host = CudaBackend.refiningFromHost(CudaDriver.probe().chosen());
                TestIndex whole = TestIndex.build(IndexSpec.ivfFlat(9), distance, rows, simd);
                TestIndex coded = TestIndex.build(new IndexSpec(IndexKind.IVF_PQ, 9, 4, 8, 7), distance, rows, simd)) {
            for (List<RowMask> masks : List.of(List.<RowMask>of(), List.of(RowMask.of(third, 900)))) {
                SearchParams flat = new SearchParams.IvfFlat(5);
                Answers.assertSame(Answers.search(tiled, List.of(whole.data()), queries, 10, flat, masks),
                        Answers.search(simd, List.of(whole.data()), queries, 10, flat, masks), "tiles of rows");
                for (int refine : new int[] {0, 25}) {
                    SearchParams codes = new SearchParams.IvfPq(5, refine);
                    TopK expected = Answers.search(simd, List.of(coded.data()), queries, 10, codes, masks);
                    Answers.assertSame(Answers.search(tiled, List.of(coded.data()), queries, 10, codes, masks), expected, "tiles of codes");
                    Answers.assertSame(Answers.search(host, List.of(coded.data()), queries, 10, codes, masks), expected, "rows on the host");
                }
            }
            assertThat(host.cudaDevice().allocated(Purpose.ROWS)).isZero();
        }
    }

    /** Axes, centroids and codes by chance: the definition says what is found in them. */
    private static IvfSqData scalars(Distance distance, Matrix rows, int lists, int dims, int bits) {
        return new SeededLists(Arena.ofAuto(), distance, rows, lists).scalars(dims, bits);
    }

    @ParameterizedTest
    @CsvSource({"1,1,8", "5,33,24", "70,129,136", "3,40,1"})
    void projectionsHaveTheBitsOfTheReference(int count, int dim, int axes) {
        Matrix rows = Rows.WIDE_NORMS.make(Distance.L2, count, dim, 41);
        Matrix mean = Rows.GAUSSIAN.make(Distance.L2, 1, dim, 42);
        Matrix along = Rows.GAUSSIAN.make(Distance.COSINE, axes, dim, 43);
        Matrix actual = Matrix.allocate(Arena.ofAuto(), count, axes);
        Matrix expected = Matrix.allocate(Arena.ofAuto(), count, axes);
        try (CudaBackend cuda = cuda(); ComputeBackend reference = new ScalarBackend()) {
            cuda.project(rows, mean, along, actual);
            reference.project(rows, mean, along, expected);
        }
        assertThat(actual.segment().mismatch(expected.segment())).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void tilesOfScalarCodesAreOneAnswer(Distance distance) {
        Matrix rows = Rows.CLUSTERED.make(distance, 900, 21, 35);
        Matrix queries = Rows.CLUSTERED.make(distance, 20, 21, 36);
        BitSet third = new BitSet();
        for (int i = 0; i < 900; i += 3) {
            third.set(i);
        }
        List<IndexData> data = List.of(scalars(distance, rows, 16, 24, 6));
        try (ComputeBackend reference = new ScalarBackend();
                CudaBackend tiled = CudaBackend.open(CudaDriver.probe().chosen(), 256, false);
                CudaBackend host = CudaBackend.refiningFromHost(CudaDriver.probe().chosen())) {
            for (List<RowMask> masks : List.of(List.<RowMask>of(), List.of(RowMask.of(third, 900)))) {
                for (SearchParams params : List.of(new SearchParams.IvfSq(5, 12), new SearchParams.IvfSq(100, 400))) {
                    TopK expected = Answers.search(reference, data, queries, 10, params, masks);
                    Answers.assertSame(Answers.search(tiled, data, queries, 10, params, masks), expected, params + " in tiles");
                    Answers.assertSame(Answers.search(host, data, queries, 10, params, masks), expected, "rows on the host");
                }
                SearchParams few = new SearchParams.IvfSq(2, 20);
                Answers.assertSame(Answers.search(tiled, data, queries, 400, few, masks),
                        Answers.search(reference, data, queries, 400, few, masks), "more than there are");
            }
            assertThat(host.cudaDevice().allocated(Purpose.ROWS)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(SeededRows.class)
    void scalarCodesOfEveryKindOfRowsGiveTheAnswersOfTheReference(SeededRows kind) {
        for (Distance distance : Distance.values()) {
            Matrix rows = kind.make(Arena.ofAuto(), distance, 700, 16, 33);
            Matrix queries = kind.make(Arena.ofAuto(), distance, 70, 16, 34);
            List<IndexData> data = List.of(scalars(distance, rows, 9, 16, 6), FlatData.of(distance, rows.slice(0, 50), Arena.ofAuto()),
                    scalars(distance, rows.slice(100, 400), 9, 16, 5));
            try (ComputeBackend reference = new ScalarBackend(); CudaBackend cuda = cuda()) {
                SearchParams params = new SearchParams.IvfSq(3, 20);
                Answers.assertSame(Answers.search(cuda, data, queries, 10, params, List.of()),
                        Answers.search(reference, data, queries, 10, params, List.of()), kind + ", " + distance);
            }
        }
    }

    @Test
    void listsThatDoNotFitPassThrough() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 6000, 64, 37);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 9, 64, 38);
        try (ComputeBackend simd = new SimdBackend(2); CudaBackend cuda = cuda();
                TestIndex index = TestIndex.build(IndexSpec.ivfFlat(40), Distance.L2, rows, simd)) {
            SearchParams params = new SearchParams.IvfFlat(6);
            List<DeviceBuffer> taken = fillBut(cuda.cudaDevice(), 34L << 20);
            try {
                Answers.search(cuda, List.of(index.data()), queries, 10, params, List.of()); // makes the slot's memory
                taken.add(cuda.cudaDevice().allocate(cuda.cudaDevice().memory().free() - (3L << 20), Purpose.OTHER));
                Answers.assertSame(Answers.search(cuda, List.of(index.data()), queries, 10, params, List.of()),
                        Answers.search(simd, List.of(index.data()), queries, 10, params, List.of()), "passing");
            } finally {
                taken.forEach(DeviceBuffer::close);
            }
        }
    }

    @Test
    void queriesOfABatchDifferInAllTheyAskFor() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 600, 16, 39);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 12, 16, 40);
        int[] ks = new int[12];
        SearchParams[] params = new SearchParams[12];
        for (int q = 0; q < 12; q++) {
            ks[q] = 1 + 3 * q;
            params[q] = new SearchParams.IvfPq(1 + q % 5, q % 3 == 0 ? 0 : 20 * q);
        }
        try (ComputeBackend simd = new SimdBackend(2); CudaBackend cuda = cuda();
                TestIndex index = TestIndex.build(new IndexSpec(IndexKind.IVF_PQ, 7, 4, 8, 7), Distance.L2, rows, simd)) {
            TopK[] found = {new TopK(ks), new TopK(ks)};
            ComputeBackend[] backends = {cuda, simd};
            for (int i = 0; i < 2; i++) {
                try (Searcher searcher = backends[i].open(List.of(index.data()))) {
                    searcher.search(new SearchBatch(queries, ks, params, List.of()), found[i]);
                }
            }
            Answers.assertSame(found[0], found[1], "mixed");
        }
    }
}
