package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.RequiresCuda;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Searches that wait for a slot together, and the graphs that they become. */
@RequiresCuda
class DispatcherTest {
    @BeforeAll
    static void needsKernels() {
        Assumptions.assumeTrue(KernelModule.problem().isEmpty(), KernelModule.problem());
    }

    private static CudaBackend cuda() {
        return CudaBackend.open(CudaDriver.probe().chosen());
    }

    private static List<Slots.Lease> takeAll(CudaBackend cuda) {
        List<Slots.Lease> leases = new ArrayList<>();
        for (int i = 0; i < Slots.COUNT; i++) {
            leases.add(cuda.slots().take());
        }
        return leases;
    }

    /** Runs each on a thread of its own; no slot is free before all wait for one. @return what each threw, or null */
    private static Throwable[] waitTogether(CudaBackend cuda, List<Runnable> searches) throws InterruptedException {
        List<Slots.Lease> taken = takeAll(cuda);
        Throwable[] failures = new Throwable[searches.size()];
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < failures.length; i++) {
            int number = i;
            Thread thread = Thread.ofPlatform().start(() -> {
                try {
                    searches.get(number).run();
                } catch (Throwable e) {
                    failures[number] = e;
                }
            });
            threads.add(thread);
            while (thread.getState() != Thread.State.WAITING) { // in this order they wait
                Thread.sleep(1);
            }
        }
        taken.forEach(Slots.Lease::close);
        for (Thread thread : threads) {
            thread.join(60_000);
        }
        return failures;
    }

    private static SearchBatch batch(Matrix queries, int query, SearchParams params) {
        return SearchBatch.of(queries.slice(query, query + 1), 1 + query % 7, params);
    }

    @Test
    void searchesThatWaitTogetherGetWhatTheyWouldGetAlone() throws InterruptedException {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 500, 16, 1);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 24, 16, 2);
        try (ComputeBackend simd = new SimdBackend(2); CudaBackend cuda = cuda();
                TestIndex index = TestIndex.build(new IndexSpec(IndexKind.IVF_PQ, 6, 4, 8, 7), Distance.L2, rows, simd)) {
            List<IndexData> data = List.of(index.data());
            List<IndexData> plain = List.of(FlatData.of(Distance.L2, rows, Arena.ofAuto()));
            try (Searcher one = cuda.open(data); Searcher other = cuda.open(plain)) {
                TopK[] found = new TopK[24];
                List<Runnable> searches = new ArrayList<>();
                for (int q = 0; q < 24; q++) {
                    boolean flat = q % 5 == 4;
                    SearchBatch batch = batch(queries, q, flat ? new SearchParams.Flat()
                            : new SearchParams.IvfPq(1 + q % 3, q % 2 * 20));
                    TopK into = new TopK(batch.k());
                    found[q] = into;
                    searches.add(() -> (flat ? other : one).search(batch, into));
                }
                assertThat(waitTogether(cuda, searches)).containsOnlyNulls();
                for (int q = 0; q < 24; q++) {
                    boolean flat = q % 5 == 4;
                    SearchBatch batch = batch(queries, q, flat ? new SearchParams.Flat()
                            : new SearchParams.IvfPq(1 + q % 3, q % 2 * 20));
                    TopK expected = new TopK(batch.k());
                    try (Searcher alone = simd.open(flat ? plain : data)) {
                        alone.search(batch, expected);
                    }
                    Answers.assertSame(found[q], expected, "query " + q);
                }
            }
        }
    }

    @Test
    void anInterruptEndsASearchThatWaitsAndNoOther() throws InterruptedException {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 100, 8, 1);
        List<IndexData> data = List.of(FlatData.of(Distance.L2, rows, Arena.ofAuto()));
        try (CudaBackend cuda = cuda(); Searcher searcher = cuda.open(data)) {
            List<Slots.Lease> taken = takeAll(cuda);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread waits = Thread.ofPlatform().start(() -> {
                try {
                    searcher.search(SearchBatch.of(rows.slice(0, 1), 3, new SearchParams.Flat()), new TopK(new int[] {3}));
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            while (waits.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            waits.interrupt();
            waits.join(10_000);
            assertThat(failure.get()).isInstanceOfSatisfying(PerigeeException.class,
                    e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
            taken.forEach(Slots.Lease::close);
            TopK top = new TopK(new int[] {3});
            searcher.search(SearchBatch.of(rows.slice(0, 1), 3, new SearchParams.Flat()), top);
            assertThat(top.position(0, 0)).isZero();
        }
    }

    @Test
    void searchesThatFailSpoilNoOther() throws InterruptedException {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 300, 8, 1);
        try (ComputeBackend simd = new SimdBackend(1); CudaBackend cuda = cuda();
                TestIndex index = TestIndex.build(new IndexSpec(IndexKind.IVF_PQ, 3, 2, 8, 7), Distance.L2, rows, simd);
                Searcher searcher = cuda.open(List.of(index.data()))) {
            for (SearchParams wrong : new SearchParams[] {null, new SearchParams.IvfPq(1, 0)}) {
                TopK[] found = new TopK[9];
                List<Runnable> searches = new ArrayList<>();
                for (int q = 0; q < 9; q++) {
                    boolean fails = q % 4 == 1;
                    SearchBatch batch = SearchBatch.of(rows.slice(q, q + 1), 3, fails ? wrong : new SearchParams.IvfPq(3, 10));
                    TopK into = new TopK(fails ? new int[0] : batch.k()); // fails where answers are handed out, if not before
                    found[q] = into;
                    searches.add(() -> searcher.search(batch, into));
                }
                Throwable[] failures = waitTogether(cuda, searches);
                for (int q = 0; q < 9; q++) {
                    if (q % 4 == 1) {
                        assertThat(failures[q]).isInstanceOf(wrong == null ? NullPointerException.class
                                : IndexOutOfBoundsException.class);
                    } else {
                        assertThat(failures[q]).isNull();
                        Answers.assertSame(found[q], Answers.search(simd, List.of(index.data()), rows.slice(q, q + 1), 3,
                                new SearchParams.IvfPq(3, 10), List.of()), "query " + q);
                    }
                }
            }
        }
    }

    @Test
    void aSlotThatIsGivenBackTwiceIsOneSlot() {
        try (CudaBackend cuda = cuda()) {
            Slots.Lease first = cuda.slots().take();
            first.close();
            first.close();
            List<Slots.Lease> taken = takeAll(cuda);
            assertThat(taken).extracting(Slots.Lease::slot).doesNotHaveDuplicates();
            taken.forEach(Slots.Lease::close);
        }
    }

    @Test
    void likeSearchesAreOneGraphAndTakeNoMemory() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 400, 16, 1);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 40, 16, 2);
        try (ComputeBackend simd = new SimdBackend(2); CudaBackend cuda = cuda();
                TestIndex index = TestIndex.build(new IndexSpec(IndexKind.IVF_PQ, 6, 4, 8, 7), Distance.L2, rows, simd);
                CudaSearcher searcher = (CudaSearcher) cuda.open(List.of(index.data()))) {
            try (Slots.Lease lease = cuda.slots().take()) {
                Slot slot = lease.slot();
                int[] sizes = {20, 1, 5, 30, 1, 2, 8, 32};
                int recorded = 0;
                long[] used = new long[Purpose.values().length];
                for (int round = 0; round < 6; round++) {
                    for (int size : sizes) {
                        Matrix asked = queries.slice(round, round + size);
                        SearchBatch batch = SearchBatch.of(asked, 5 + round % 3, new SearchParams.IvfPq(2 - round % 2, 20 + round));
                        TopK found = new TopK(batch.k());
                        searcher.search(slot, batch, found);
                        Answers.assertSame(found, Answers.search(simd, List.of(index.data()), asked, batch.k()[0], batch.params()[0],
                                List.of()), "round " + round);
                    }
                    long[] now = Arrays.stream(Purpose.values()).mapToLong(cuda.cudaDevice()::allocated).toArray();
                    if (round >= 2) { // one and two probes were there
                        assertThat(slot.graphs().recorded()).isEqualTo(recorded);
                        assertThat(now).isEqualTo(used);
                    }
                    recorded = slot.graphs().recorded();
                    used = now;
                }
                assertThat(recorded).isBetween(6, 12); // of 1, 8 and 32 queries, of one and two lists; again as memory grew
            }
        }
    }
}
