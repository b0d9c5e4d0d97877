package dev.perigee.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.Products;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend must do: the answers of {@link ScalarBackend}, to the last bit, whatever batches and threads. */
public abstract class ComputeBackendContract {
    private static final SearchParams EXACT = new SearchParams.Flat();

    /** A backend with so many threads; the test closes it. */
    protected abstract ComputeBackend backend(int threads);

    /**
     * Compares with the reference: the same bits. FAISS, which sums in float32, overrides it.
     *
     * @param scale at least the square of the longest row's length and the longest query's together
     */
    protected void assertAnswer(TopK actual, TopK expected, double scale, String what) {
        Answers.assertSame(actual, expected, what);
    }

    private void assertExact(Distance distance, Matrix rows, Matrix queries, int k) {
        List<IndexData> data = List.of(FlatData.of(distance, rows, Arena.ofAuto()));
        double scale = Answers.scale(rows, queries);
        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend one = backend(1); ComputeBackend two = backend(2)) {
            TopK expected = Answers.search(reference, data, queries, k, EXACT, List.of());
            assertAnswer(Answers.search(one, data, queries, k, EXACT, List.of()), expected, scale, distance + ", one thread");
            assertAnswer(Answers.search(two, data, queries, k, EXACT, List.of()), expected, scale, distance + ", two threads");
            for (int q = 0; q < Math.min(5, queries.rows()); q++) {
                assertAnswer(Answers.search(one, data, queries.slice(q, q + 1), k, EXACT, List.of()),
                        Answers.search(reference, data, queries.slice(q, q + 1), k, EXACT, List.of()), scale, "single query " + q);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,500", "3,401", "7,64", "8,65", "9,31", "15,33", "16,32", "17,1", "25,300", "31,97", "32,128", "33,127",
        "63,200", "64,200", "65,200", "127,301", "784,129", "1537,61"})
    void exactAtEveryDimension(int dim, int n) {
        for (Distance distance : Distance.values()) {
            assertExact(distance, Rows.GAUSSIAN.make(distance, n, dim, 1), Rows.GAUSSIAN.make(distance, 13, dim, 2), 10);
        }
    }

    @ParameterizedTest
    @EnumSource(Rows.class)
    void exactOnEveryKindOfRows(Rows kind) {
        for (Distance distance : Distance.values()) {
            for (int dim : new int[] {1, 3, 25, 127, 784, 1537}) {
                int n = dim > 200 ? 150 : 700;
                assertExact(distance, kind.make(distance, n, dim, 3), kind.make(distance, 25, dim, 4), 10);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,5", "5,1", "16,100", "200,100", "1000,300", "31,7", "32,6", "33,5"})
    void anyNumberOfRowsAndNeighbours(int n, int k) {
        for (Distance distance : Distance.values()) {
            assertExact(distance, Rows.CLUSTERED.make(distance, n, 12, 5), Rows.CLUSTERED.make(distance, 9, 12, 6), k);
        }
    }

    @Test
    void answersDoNotDependOnTheBatch() {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 3000, 40, 7);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 300, 40, 8);
        List<IndexData> data = List.of(FlatData.of(Distance.L2, rows, Arena.ofAuto()));
        try (ComputeBackend backend = backend(2)) {
            List<String> whole = Answers.lines(Answers.search(backend, data, queries, 10, EXACT, List.of()));
            for (int size : new int[] {1, 2, 3, 4, 5, 6, 7, 61, 299}) {
                List<String> parts = new ArrayList<>();
                for (int from = 0; from < queries.rows(); from += size) {
                    Matrix part = queries.slice(from, Math.min(queries.rows(), from + size));
                    parts.addAll(Answers.lines(Answers.search(backend, data, part, 10, EXACT, List.of())));
                }
                for (int q = 0; q < parts.size(); q++) {
                    assertThat(answer(parts.get(q))).as("query %d in batches of %d", q, size).isEqualTo(answer(whole.get(q)));
                }
            }
        }
    }

    private static String answer(String line) {
        return line.substring(line.indexOf(':'));
    }

    @Test
    void masksAreHonoured() {
        Matrix rows = Rows.DUPLICATED.make(Distance.L2, 500, 20, 9);
        Matrix queries = Rows.DUPLICATED.make(Distance.L2, 20, 20, 10);
        List<IndexData> data = List.of(FlatData.of(Distance.L2, rows, Arena.ofAuto()));
        BitSet third = new BitSet();
        for (int i = 0; i < 500; i += 3) {
            third.set(i);
        }
        BitSet few = new BitSet();
        few.set(17);
        few.set(499);
        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend backend = backend(2)) {
            for (BitSet bits : List.of(third, few, new BitSet())) {
                List<RowMask> masks = List.of(RowMask.of(bits, 500));
                for (int count : new int[] {1, 20}) {
                    Matrix some = queries.slice(0, count);
                    assertAnswer(Answers.search(backend, data, some, 10, EXACT, masks),
                            Answers.search(reference, data, some, 10, EXACT, masks), Answers.scale(rows, queries), bits.cardinality() + " rows allowed");
                }
            }
        }
    }

    @Test
    void segmentsAreOneAnswerAndTiesGoToTheEarlier() {
        Matrix rows = Rows.DUPLICATED.make(Distance.L2, 900, 20, 11);
        Matrix queries = Rows.DUPLICATED.make(Distance.L2, 20, 20, 12);
        List<IndexData> parts = new ArrayList<>();
        for (int from : new int[] {0, 300, 301, 600}) {
            int to = from == 0 ? 300 : from == 300 ? 301 : from == 301 ? 600 : 900;
            parts.add(FlatData.of(Distance.L2, rows.slice(from, to), Arena.ofAuto()));
        }
        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend backend = backend(2)) {
            for (int count : new int[] {1, 20}) {
                Matrix some = queries.slice(0, count);
                assertAnswer(Answers.search(backend, parts, some, 15, EXACT, List.of()),
                        Answers.search(reference, parts, some, 15, EXACT, List.of()), Answers.scale(rows, queries), "four segments");
            }
        }
    }

    @Test
    void eachQueryHasItsOwnK() {
        Matrix rows = Rows.GAUSSIAN.make(Distance.INNER_PRODUCT, 400, 30, 13);
        Matrix queries = Rows.GAUSSIAN.make(Distance.INNER_PRODUCT, 40, 30, 14);
        List<IndexData> data = List.of(FlatData.of(Distance.INNER_PRODUCT, rows, Arena.ofAuto()));
        int[] ks = new int[40];
        SearchParams[] params = new SearchParams[40];
        for (int q = 0; q < 40; q++) {
            ks[q] = 1 + q * 3;
            params[q] = EXACT;
        }
        TopK expected = new TopK(ks);
        TopK actual = new TopK(ks);
        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend backend = backend(1)) {
            reference.open(data).search(new SearchBatch(queries, ks, params, List.of()), expected);
            backend.open(data).search(new SearchBatch(queries, ks, params, List.of()), actual);
        }
        assertAnswer(actual, expected, Answers.scale(rows, queries), "k from 1 to 118");
    }

    @Test
    void floatOverflowFallsBackToDouble() {
        for (Distance distance : new Distance[] {Distance.L2, Distance.INNER_PRODUCT}) {
            Matrix rows = Rows.GAUSSIAN.make(distance, 200, 10, 15);
            Matrix queries = Rows.GAUSSIAN.make(distance, 10, 10, 16);
            for (Matrix m : List.of(rows, queries)) {
                for (int i = 0; i < m.rows(); i++) {
                    for (int t = 0; t < 10; t++) {
                        m.set(i, t, m.get(i, t) * 1e30f);
                    }
                }
            }
            assertExact(distance, rows, queries, 10);
        }
    }

    @Test
    void nearestIsExactAndTiesGoToTheLower() {
        for (Rows kind : Rows.values()) {
            Matrix rows = kind.make(Distance.L2, 500, 24, 17);
            FlatData centroids = FlatData.of(Distance.L2, kind.make(Distance.L2, 70, 24, 18), Arena.ofAuto());
            int[] expected = new int[500];
            int[] actual = new int[500];
            try (ComputeBackend reference = new ScalarBackend(); ComputeBackend backend = backend(2)) {
                reference.nearest(rows, centroids, expected);
                backend.nearest(rows, centroids, actual);
                assertThat(actual).as(kind.name()).isEqualTo(expected);
                int[] one = new int[1];
                backend.nearest(rows.slice(3, 4), centroids, one);
                assertThat(one[0]).as("one row").isEqualTo(expected[3]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "1,1,1537", "1,70,33", "3,65,784", "70,1,33", "401,3,100", "4,4,2", "5,6,3", "6,32,7", "7,33,8",
        "385,31,9", "384,64,15", "61,257,16", "97,64,17", "50,48,31", "33,47,32", "65,129,63", "12,96,127", "101,99,128",
        "40,300,513", "130,40,1025", "25,70,1537", "900,130,64"})
    void productsAreWithinTheirBound(int n, int m, int dim) {
        for (Rows kind : Rows.values()) {
            Matrix rows = kind.make(Distance.L2, n, dim, 31);
            Matrix weights = kind.make(Distance.L2, m, dim, 32);
            for (int threads = 1; threads <= 2; threads++) {
                Matrix into = Matrix.allocate(Arena.ofAuto(), n, m);
                for (int i = 0; i < n; i++) {
                    into.set(i, i % m, Float.NaN); // what was there before does not matter
                }
                try (ComputeBackend backend = backend(threads)) {
                    backend.multiply(rows, weights, into);
                }
                Products.assertWithinBound(rows, weights, into, kind + ", " + threads + " threads");
            }
        }
    }

    @Test
    void productsOfNoRowsAndOfWrongShapes() {
        Matrix weights = Rows.GAUSSIAN.make(Distance.L2, 5, 8, 33);
        try (ComputeBackend backend = backend(1)) {
            backend.multiply(Matrix.allocate(Arena.ofAuto(), 0, 8), weights, Matrix.allocate(Arena.ofAuto(), 0, 5));
            for (Matrix[] wrong : new Matrix[][] {matrices(3, 7, 3, 5), matrices(3, 8, 2, 5), matrices(3, 8, 3, 4)}) {
                assertThatThrownBy(() -> backend.multiply(wrong[0], weights, wrong[1]))
                        .isInstanceOf(PerigeeException.class).hasMessageStartingWith("multiply: ")
                        .extracting(e -> ((PerigeeException) e).code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
            }
        }
    }

    private static Matrix[] matrices(int n, int dim, int rows, int columns) {
        return new Matrix[] {Matrix.allocate(Arena.ofAuto(), n, dim), Matrix.allocate(Arena.ofAuto(), rows, columns)};
    }

    @Test
    void manyCallersAtOnce() throws InterruptedException {
        Matrix rows = Rows.CLUSTERED.make(Distance.L2, 2000, 32, 19);
        Matrix queries = Rows.CLUSTERED.make(Distance.L2, 64, 32, 20);
        List<IndexData> data = List.of(FlatData.of(Distance.L2, rows, Arena.ofAuto()));
        try (ComputeBackend backend = backend(2)) {
            List<String> expected = Answers.lines(Answers.search(backend, data, queries, 10, EXACT, List.of()));
            List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
            Thread[] callers = new Thread[6];
            for (int c = 0; c < callers.length; c++) {
                callers[c] = Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; i < 20; i++) {
                            assertThat(Answers.lines(Answers.search(backend, data, queries, 10, EXACT, List.of())))
                                    .isEqualTo(expected);
                        }
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                });
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(failures).isEmpty();
        }
    }

    @Test
    void noRowsGiveEmptyPlaces() {
        List<IndexData> data = List.of(FlatData.of(Distance.L2, Matrix.allocate(Arena.ofAuto(), 0, 8), Arena.ofAuto()));
        try (ComputeBackend backend = backend(1)) {
            for (int count : new int[] {1, 10}) {
                TopK top = Answers.search(backend, data, Rows.GAUSSIAN.make(Distance.L2, count, 8, 1), 3, EXACT, List.of());
                assertThat(top.size(0)).isZero();
                assertThat(top.position(0, 0)).isEqualTo(-1);
                assertThat(top.distance(0, 0)).isEqualTo(Double.POSITIVE_INFINITY);
            }
        }
    }
}
