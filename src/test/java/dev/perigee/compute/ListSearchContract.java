package dev.perigee.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.backend.Backends;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SearchParams;
import dev.perigee.testing.Answers;
import dev.perigee.testing.FilteredAnswers;
import dev.perigee.testing.RequiresFaiss;
import dev.perigee.testing.Rows;
import dev.perigee.testing.SqIndex;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a backend must do besides if it searches inverted lists. */
public abstract class ListSearchContract extends ComputeBackendContract {
    @ParameterizedTest
    @EnumSource(Distance.class)
    void listsAreSearchedExactlyWhateverTheBatch(Distance distance) {
        Matrix rows = Rows.CLUSTERED.make(distance, 1500, 20, 21);
        Matrix queries = Rows.CLUSTERED.make(distance, 200, 20, 22);
        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend builder = new SimdBackend(2);
                ComputeBackend one = backend(1); ComputeBackend two = backend(2);
                TestIndex index = TestIndex.build(IndexSpec.ivfFlat(24), distance, rows, builder)) {
            double scale = Answers.scale(rows, queries);
            List<IndexData> data = List.of(index.data(), FlatData.of(distance, rows.slice(0, 100), Arena.ofAuto()));
            for (int probes : new int[] {1, 3, 24, 1000}) {
                SearchParams params = new SearchParams.IvfFlat(probes);
                TopK expected = Answers.search(reference, data, queries, 10, params, List.of());
                assertAnswer(Answers.search(one, data, queries, 10, params, List.of()), expected, scale, probes + " probes");
                assertAnswer(Answers.search(two, data, queries, 10, params, List.of()), expected, scale, "two threads");
                for (int size : new int[] {1, 2, 5, 33}) {
                    Matrix some = queries.slice(7, 7 + size);
                    assertAnswer(Answers.search(two, data, some, 10, params, List.of()),
                            Answers.search(reference, data, some, 10, params, List.of()), scale, size + " queries");
                }
            }
            BitSet half = new BitSet();
            half.set(0, 1500);
            for (int i = 0; i < 1500; i += 2) {
                half.clear(i);
            }
            List<RowMask> masks = new ArrayList<>(List.of(RowMask.of(half, 1500)));
            masks.add(null);
            SearchParams params = new SearchParams.IvfFlat(5);
            for (int size : new int[] {1, 200}) {
                Matrix some = queries.slice(0, size);
                assertAnswer(Answers.search(two, data, some, 10, params, java.util.Collections.unmodifiableList(masks)),
                        Answers.search(reference, data, some, 10, params, java.util.Collections.unmodifiableList(masks)), scale, "masked");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"L2,8,5", "L2,4,5", "L2,4,4", "COSINE,8,10", "INNER_PRODUCT,8,4", "INNER_PRODUCT,4,20", "L2,8,1", "L2,8,20"})
    void codesGiveOneAnswerNearTheReference(Distance distance, int bits, int m) {
        Matrix rows = Rows.CLUSTERED.make(distance, 1500, 20, 23);
        Matrix queries = Rows.CLUSTERED.make(distance, 200, 20, 24);
        IndexSpec spec = new IndexSpec(IndexKind.IVF_PQ, 12, m, bits, 7);
        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend builder = new SimdBackend(2);
                ComputeBackend one = backend(1); ComputeBackend two = backend(2);
                TestIndex index = TestIndex.build(spec, distance, rows, builder)) {
            List<IndexData> data = List.of(index.data());
            for (int refine : new int[] {0, 40}) {
                SearchParams params = new SearchParams.IvfPq(4, refine);
                TopK whole = Answers.search(one, data, queries, 10, params, List.of());
                double scale = Answers.scale(rows, queries);
                assertAnswer(Answers.search(two, data, queries, 10, params, List.of()), whole, scale, "two threads");
                for (int size : new int[] {1, 3, 50}) {
                    assertAnswer(Answers.search(two, data, queries.slice(0, size), 10, params, List.of()),
                            Answers.first(whole, size), scale, "first %d queries".formatted(size));
                }
                TopK expected = Answers.search(reference, data, queries, 10, params, List.of());
                int same = 0;
                for (int q = 0; q < 200; q++) {
                    for (int i = 0; i < 10; i++) {
                        same += whole.position(q, i) == expected.position(q, i) ? 1 : 0;
                        assertThat(whole.distance(q, i)).isCloseTo(expected.distance(q, i), within(1e-3));
                    }
                }
                assertThat(same).as("places with the reference's row").isGreaterThanOrEqualTo(refine == 0 ? 1900 : 1995);
            }
        }
    }

    /** Whether the backend searches IVF-SQ; else it must refuse it. */
    protected boolean searchesSq() {
        return true;
    }

    /** Not near the reference but its bits: the answer of IVF-SQ is defined. */
    @ParameterizedTest
    @CsvSource({"L2,5", "L2,6", "COSINE,5", "COSINE,6", "INNER_PRODUCT,5", "INNER_PRODUCT,6"})
    void scalarCodesGiveTheAnswerOfTheReference(Distance distance, int bits) {
        Matrix rows = Rows.CLUSTERED.make(distance, 1500, 40, 31);
        Matrix queries = Rows.CLUSTERED.make(distance, 200, 40, 32);
        IndexSpec spec = new IndexSpec(IndexKind.IVF_SQ, 24, 24, bits, 7);
        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend builder = new SimdBackend(2);
                ComputeBackend one = backend(1); ComputeBackend two = backend(2);
                TestIndex index = TestIndex.build(spec, distance, rows, builder)) {
            IvfSqData codes = (IvfSqData) index.data();
            if (!searchesSq()) {
                assertThatThrownBy(() -> one.open(List.of(codes))).isInstanceOfSatisfying(PerigeeException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED));
                return;
            }
            List<IndexData> data = List.of(codes, FlatData.of(distance, rows.slice(0, 100), Arena.ofAuto()),
                    SqIndex.data(codes.model(), Rows.CLUSTERED.make(distance, 400, 40, 33), 34));
            for (double share : new double[] {1, 0.5, 0.1, 0.01, 0}) {
                List<RowMask> masks = share == 1 ? List.of() : masks(share, data);
                for (SearchParams params : List.of(new SearchParams.IvfSq(1, 40), new SearchParams.IvfSq(5, 3),
                        new SearchParams.IvfSq(1000, 60))) {
                    TopK expected = Answers.search(reference, data, queries, 10, params, masks);
                    String what = "%s, %.2f of the rows".formatted(params, share);
                    Answers.assertSame(Answers.search(one, data, queries, 10, params, masks), expected, what);
                    for (int size : new int[] {1, 2, 5, 33, 200}) {
                        Answers.assertSame(Answers.search(two, data, queries.slice(0, size), 10, params, masks),
                                Answers.first(expected, size), "%s, %d queries".formatted(what, size));
                    }
                }
            }
        }
    }

    private static List<RowMask> masks(double share, List<IndexData> data) {
        SplittableRandom random = new SplittableRandom(35);
        return data.stream().map(segment -> {
            BitSet allowed = new BitSet();
            for (int row = 0; row < segment.count(); row++) {
                allowed.set(row, random.nextDouble() < share);
            }
            return RowMask.of(allowed, segment.count());
        }).toList();
    }

    /** Filters of 50, 10 and 1 %, and 10 % of the rows deleted. */
    @ParameterizedTest
    @CsvSource({"FLAT,L2", "FLAT,INNER_PRODUCT", "FLAT,COSINE", "IVF_FLAT,L2", "IVF_FLAT,INNER_PRODUCT", "IVF_FLAT,COSINE",
        "IVF_PQ,L2", "IVF_PQ,INNER_PRODUCT", "IVF_PQ,COSINE", "IVF_SQ,L2", "IVF_SQ,INNER_PRODUCT", "IVF_SQ,COSINE"})
    void aMaskLeavesWhatTheSameProbesReachWithoutIt(IndexKind kind, Distance distance) {
        assumeTrue(kind != IndexKind.IVF_SQ || searchesSq(), "does not search ivf_sq");
        Matrix rows = Rows.CLUSTERED.make(distance, 1500, 20, 25);
        Matrix queries = Rows.CLUSTERED.make(distance, 8, 20, 26);
        IndexSpec spec = switch (kind) {
            case IVF_PQ -> new IndexSpec(kind, 12, 5, 8, 7);
            case IVF_SQ -> new IndexSpec(kind, 12, 16, 5, 7);
            default -> new IndexSpec(kind, kind == IndexKind.FLAT ? 0 : 12, 0, 8, 7);
        };
        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend builder = new SimdBackend(2);
                ComputeBackend mine = backend(2);
                TestIndex index = kind == IndexKind.FLAT ? null : TestIndex.build(spec, distance, rows, builder)) {
            FlatData added = FlatData.of(distance, rows.slice(0, 100), Arena.ofAuto());
            List<IndexData> data = switch (kind) {
                case FLAT -> List.of(FlatData.of(distance, rows, Arena.ofAuto()), added);
                case IVF_FLAT -> List.of(index.data(), added);
                case IVF_PQ, IVF_SQ -> List.of(index.data());
            };
            for (SearchParams params : params(kind, 1500)) {
                for (ComputeBackend backend : List.of(reference, mine)) {
                    try (Searcher searcher = backend.open(data)) {
                        FilteredAnswers answers = new FilteredAnswers(searcher, data, queries, params);
                        for (double share : new double[] {0.9, 0.5, 0.1, 0.01, 0}) {
                            answers.check(answers.random(share, 27), 10, "%s, %s, %.2f".formatted(backend.name(), params, share));
                        }
                    }
                }
            }
        }
    }

    /** Few lists and all of them; codes alone where that can be asked, and every code refined. */
    private static List<SearchParams> params(IndexKind kind, int rows) {
        return switch (kind) {
            case FLAT -> List.of(new SearchParams.Flat());
            case IVF_FLAT -> List.of(new SearchParams.IvfFlat(3), new SearchParams.IvfFlat(12));
            case IVF_PQ -> List.of(new SearchParams.IvfPq(3, 0), new SearchParams.IvfPq(12, 0), new SearchParams.IvfPq(3, rows));
            case IVF_SQ -> List.of(new SearchParams.IvfSq(3, rows), new SearchParams.IvfSq(12, rows));
        };
    }

    /** An oracle that shares no code with us; its distances are summed in float32. */
    @ParameterizedTest
    @RequiresFaiss
    @CsvSource({"FLAT,L2", "FLAT,INNER_PRODUCT", "FLAT,COSINE", "IVF_FLAT,L2", "IVF_FLAT,INNER_PRODUCT", "IVF_FLAT,COSINE",
        "IVF_PQ,L2", "IVF_PQ,INNER_PRODUCT", "IVF_PQ,COSINE"})
    void faissFindsTheSame(IndexKind kind, Distance distance) {
        Matrix rows = Rows.CLUSTERED.make(distance, 1500, 40, 28);
        Matrix queries = Rows.CLUSTERED.make(distance, 60, 40, 29);
        double tolerance = Answers.scale(rows, queries) * 0x1p-18;
        for (int bits : kind == IndexKind.IVF_PQ ? new int[] {8, 4} : new int[] {8}) {
            IndexSpec spec = new IndexSpec(kind, kind == IndexKind.FLAT ? 0 : 12, kind == IndexKind.IVF_PQ ? 10 : 0, bits, 7);
            try (ComputeBackend faiss = Backends.open("faiss", 2); ComputeBackend mine = backend(2);
                    TestIndex index = kind == IndexKind.FLAT ? null : TestIndex.build(spec, distance, rows, mine)) {
                List<IndexData> data = List.of(index == null ? FlatData.of(distance, rows, Arena.ofAuto()) : index.data());
                for (SearchParams params : params(kind, 100)) {
                    for (int count : new int[] {1, 60}) {
                        Matrix some = queries.slice(0, count);
                        Answers.assertNear(Answers.search(mine, data, some, 10, params, List.of()),
                                Answers.search(faiss, data, some, 10, params, List.of()), tolerance,
                                "%s, %d bits, %d queries".formatted(params, bits, count));
                    }
                }
            }
        }
    }
}
