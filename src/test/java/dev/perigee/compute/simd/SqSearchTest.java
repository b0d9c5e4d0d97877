package dev.perigee.compute.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.index.SearchParams;
import dev.perigee.index.SqModel;
import dev.perigee.testing.Answers;
import dev.perigee.testing.Rows;
import dev.perigee.testing.SqIndex;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What IVF-SQ answers is defined to the bit, whatever the lists, codes, masks and batches. */
@Tag("lanes")
class SqSearchTest {
    @ParameterizedTest
    @CsvSource({"L2,5,8,1", "L2,5,24,7", "COSINE,5,40,50", "INNER_PRODUCT,6,72,33", "L2,6,128,9", "INNER_PRODUCT,5,16,300"})
    void answersAreThoseOfTheReference(Distance distance, int bits, int dims, int lists) {
        SqModel model = SqIndex.model(distance, bits, 43, dims, lists, 1);
        List<IndexData> data = List.of(SqIndex.data(model, Rows.CLUSTERED.make(distance, 900, 43, 2), 3),
                FlatData.of(distance, Rows.CLUSTERED.make(distance, 50, 43, 4), Arena.ofAuto()),
                SqIndex.data(model, Rows.WIDE_NORMS.make(distance, 300, 43, 5), 6));
        Matrix queries = Rows.CLUSTERED.make(distance, 140, 43, 7);
        SplittableRandom random = new SplittableRandom(8);
        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend one = new SimdBackend(1);
                ComputeBackend two = new SimdBackend(2)) {
            for (double share : new double[] {1, 0.5, 0.1, 0.01, 0}) {
                List<RowMask> masks = share == 1 ? List.of()
                        : Arrays.asList(mask(random, 900, share), null, mask(random, 300, share));
                for (SearchParams params : List.of(new SearchParams.IvfSq(1, 1), new SearchParams.IvfSq(4, 30),
                        new SearchParams.IvfSq(1000, 200), new SearchParams.IvfSq(7, 5000))) {
                    TopK expected = Answers.search(reference, data, queries, 10, params, masks);
                    for (int count : new int[] {1, 2, 5, 33, 140}) {
                        Matrix some = queries.slice(0, count);
                        String what = "%s, %d queries, %.2f".formatted(params, count, share);
                        TopK first = Answers.first(expected, count);
                        Answers.assertSame(Answers.search(one, data, some, 10, params, masks), first, what);
                        Answers.assertSame(Answers.search(two, data, some, 10, params, masks), first, what + ", two threads");
                    }
                }
            }
        }
    }

    private static RowMask mask(SplittableRandom random, int rows, double share) {
        BitSet bits = new BitSet();
        for (int i = 0; i < rows; i++) {
            bits.set(i, random.nextDouble() < share);
        }
        return RowMask.of(bits, rows);
    }

    /** Coordinates, keys and unit sizes that leave the range of float32, or just do not. */
    @Test
    void valuesThatFloatCannotHoldAreSearchedAsTheReferenceDoes() {
        for (double scale : new double[] {1e-43, 1e-30, 1e-19, 1e17, 1e19, 1e25, 1e37}) {
            SqModel model = SqIndex.model(Distance.INNER_PRODUCT, 5, 20, 16, 30, 1);
            Matrix rows = Rows.GAUSSIAN.make(Distance.L2, 500, 20, 2);
            Matrix queries = scaled(Rows.GAUSSIAN.make(Distance.L2, 20, 20, 3), scale, model.mean());
            IndexData data = SqIndex.data(model, rows, 4);
            try (ComputeBackend reference = new ScalarBackend(); ComputeBackend mine = new SimdBackend(2)) {
                for (int probes : new int[] {1, 3, 100}) {
                    SearchParams params = new SearchParams.IvfSq(probes, 20);
                    Answers.assertSame(Answers.search(mine, List.of(data), queries, 10, params, List.of()),
                            Answers.search(reference, List.of(data), queries, 10, params, List.of()), scale + ", " + probes);
                }
            }
        }
    }

    /** Each other one scaled about the mean, so that its coordinates scale. */
    private static Matrix scaled(Matrix queries, double scale, Matrix mean) {
        for (int q = 0; q < queries.rows(); q += 2) {
            for (int t = 0; t < queries.dim(); t++) {
                queries.set(q, t, (float) (mean.get(0, t) + scale * queries.get(q, t)));
            }
        }
        return queries;
    }

    @Test
    void projectionsHaveTheBitsOfTheReference() {
        for (int dim : new int[] {1, 3, 31, 64, 130}) {
            for (int axes : new int[] {1, 8, 33, 72}) {
                Matrix mean = Rows.GAUSSIAN.make(Distance.L2, 1, dim, 1);
                Matrix weights = Rows.GAUSSIAN.make(Distance.L2, axes, dim, 2);
                for (int count : new int[] {0, 1, 3, 4, 11, 200}) {
                    for (Rows kind : new Rows[] {Rows.GAUSSIAN, Rows.ZEROS, Rows.TINY}) {
                        Matrix rows = kind.make(Distance.L2, count, dim, 3);
                        Matrix expected = Matrix.allocate(Arena.ofAuto(), count, axes);
                        Matrix actual = Matrix.allocate(Arena.ofAuto(), count, axes);
                        try (ComputeBackend reference = new ScalarBackend(); ComputeBackend mine = new SimdBackend(2)) {
                            Matrix centre = kind == Rows.TINY ? Rows.TINY.make(Distance.L2, 1, dim, 4) : mean;
                            Matrix along = kind == Rows.TINY ? Rows.TINY.make(Distance.L2, axes, dim, 5) : weights;
                            reference.project(rows, centre, along, expected);
                            mine.project(rows, centre, along, actual);
                        }
                        assertThat(actual.segment().mismatch(expected.segment())).as("%s %d x %d on %d", kind, count, dim, axes)
                                .isEqualTo(-1);
                    }
                }
            }
        }
    }
}
