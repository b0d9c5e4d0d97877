package dev.perigee.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.InvertedLists;
import dev.perigee.index.IvfSqData;
import dev.perigee.index.SqModel;
import dev.perigee.testing.Rows;
import dev.perigee.testing.TestIndex;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqBuilderTest {
    /** Rows whose variance along axis t of a random rotation falls as 1 / (t + 1)^2, about a mean that is not zero. */
    private static Matrix skewed(int n, int dim, int rank) {
        SplittableRandom random = new SplittableRandom(9);
        double[][] base = new double[rank][dim];
        for (double[] vector : base) {
            java.util.Arrays.setAll(vector, t -> random.nextGaussian());
        }
        Orthogonal.normalise(base);
        Matrix rows = Matrix.allocate(Arena.ofAuto(), n, dim);
        for (int i = 0; i < n; i++) {
            double[] row = new double[dim];
            java.util.Arrays.fill(row, 0.25);
            for (int a = 0; a < rank; a++) {
                Orthogonal.add(row, random.nextGaussian() / (a + 1), base[a]);
            }
            for (int t = 0; t < dim; t++) {
                rows.set(i, t, (float) row[t]);
            }
        }
        return rows;
    }

    @ParameterizedTest
    @CsvSource({"700,40,40,16", "700,40,5,16", "60,200,200,24", "900,300,300,32"})
    void axesAreOrthonormalAndHoldWhatTheySay(int n, int dim, int rank, int dims) {
        Matrix rows = skewed(n, dim, rank);
        Matrix mean = FlatData.mean(rows, Arena.ofAuto());
        PrincipalAxes found = PrincipalAxes.of(rows, mean, dims, 3, new Stages(Progress.NONE));
        Matrix axes = found.matrix(dims, dim, Arena.ofAuto());
        int real = Math.min(rank, dims);
        double all = 0;
        double[] along = new double[dims];
        for (int i = 0; i < n; i++) {
            for (int t = 0; t < dim; t++) {
                double x = rows.get(i, t) - mean.get(0, t);
                all += x * x;
            }
            for (int a = 0; a < dims; a++) {
                double y = ComputeBackend.coordinate(rows, i, mean, axes, a);
                along[a] += y * y;
            }
        }
        double held = 0;
        for (int a = 0; a < dims; a++) {
            held += along[a];
            assertThat(found.energy(a + 1)).as("energy of %d", a + 1).isCloseTo(held / all, within(1e-5));
            assertThat(a == 0 || along[a] <= along[a - 1] * (1 + 1e-5)).as("variance falls at %d", a).isTrue();
            for (int b = 0; b <= a; b++) {
                double product = 0;
                for (int t = 0; t < dim; t++) {
                    product += (double) axes.get(a, t) * axes.get(b, t);
                }
                assertThat(product).as("axes %d and %d", a, b).isCloseTo(a == b && a < real ? 1 : 0, within(1e-6));
            }
        }
        assertThat(found.energy(dims)).isGreaterThan(0.9);
        assertThat(found.energy(found.count(0.8))).isGreaterThanOrEqualTo(0.8);
        assertThat(found.energy(found.count(0.8) - 1)).isLessThan(0.8);
    }

    @ParameterizedTest
    @CsvSource({"L2,5", "COSINE,6", "INNER_PRODUCT,5"})
    void codesAndTermsAreThoseOfTheDefinition(Distance distance, int bits) {
        Matrix rows = Rows.CLUSTERED.make(distance, 1500, 27, 1);
        IndexSpec spec = new IndexSpec(IndexKind.IVF_SQ, 12, 0, bits, 7);
        try (ComputeBackend backend = new SimdBackend(1); TestIndex index = TestIndex.build(spec, distance, rows, backend)) {
            IvfSqData data = (IvfSqData) index.data();
            SqModel model = data.model();
            assertThat(model.dims()).isEqualTo(32);
            InvertedLists lists = data.lists();
            int clipped = 0;
            for (int list = 0; list < lists.lists(); list++) {
                float step = data.steps().get(Matrix.FLOAT, list * 4L);
                float low = data.lows().get(Matrix.FLOAT, list * 4L);
                assertThat(step * model.codeMax() / 2).isCloseTo(-low, within(1e-5f));
                double starts = 0;
                for (int slot = lists.begin(list); slot < lists.begin(list + 1); slot++) {
                    float term = data.terms().get(Matrix.FLOAT, slot * 4L);
                    if (lists.row(slot) < 0) {
                        assertThat(term).isEqualTo(Float.POSITIVE_INFINITY);
                        continue;
                    }
                    double base = 0;
                    for (int t = 0; t < 27; t++) {
                        double x = rows.get(lists.row(slot), t) - (double) model.mean().get(0, t);
                        base += distance == Distance.INNER_PRODUCT ? -2 * model.mean().get(0, t) * x : x * x;
                    }
                    starts += base / lists.size(list);
                    double expected = base;
                    for (int j = 0; j < 32; j++) {
                        float centroid = model.centroids().get(list, j);
                        double r = ComputeBackend.coordinate(rows, lists.row(slot), model.mean(), model.axes(), j) - centroid;
                        expected -= 2 * centroid * r;
                        double decoded = low + step * data.codes().get(ValueLayout.JAVA_BYTE, IvfSqData.at(slot, j, 32));
                        if (Math.abs(r) > -low) {
                            clipped++;
                            assertThat(decoded).isCloseTo(Math.copySign(low, r), within(1e-5));
                        } else {
                            assertThat(decoded).isCloseTo(r, within(step * 0.5001 + 1e-6));
                        }
                    }
                    assertThat(term).isCloseTo((float) expected, within(1e-4f * (1 + (float) Math.abs(base))));
                }
                double start = model.starts().get(Matrix.FLOAT, list * 4L);
                if (distance != Distance.INNER_PRODUCT) {
                    starts = 0;
                    for (int j = 0; j < 32; j++) {
                        starts += Math.pow(model.centroids().get(list, j), 2);
                    }
                }
                assertThat(start).as("start of %d", list)
                        .isCloseTo(lists.size(list) == 0 ? Double.POSITIVE_INFINITY : starts, within(1e-4 * (1 + Math.abs(starts))));
            }
            assertThat(clipped).as("numbers beyond the scale").isBetween(1, 1500 * 27 / 500);
        }
    }

    @Test
    void rowsThatAreOneOrAllTheSameDoNoHarm() {
        for (int n : new int[] {1, 2, 40}) {
            Matrix rows = Matrix.allocate(Arena.ofAuto(), n, 8);
            for (int i = 0; i < n; i++) {
                rows.set(i, new float[] {1, 2, 3, 4, 5, 6, 7, 8});
            }
            try (ComputeBackend backend = new ScalarBackend();
                    TestIndex index = TestIndex.build(IndexSpec.ivfSq(1, 0), Distance.L2, rows, backend)) {
                assertThat(index.data().count()).isEqualTo(n);
                assertThat(((IvfSqData) index.data()).terms().get(Matrix.FLOAT, 0)).isZero();
            }
        }
    }

    @Test
    void aCancelledBuildLeavesNoLists(@TempDir Path folder) {
        FlatData flat = FlatData.of(Distance.L2, Rows.CLUSTERED.make(Distance.L2, 3000, 24, 1), Arena.ofAuto());
        BuildPlan plan = BuildPlan.of(IndexSpec.ivfSq(10, 0), Distance.L2, 3000, 24);
        try (ComputeBackend backend = new SimdBackend(1)) {
            for (String last : new String[] {"principal axes", "project", "k-means", "assign rows", "scale lists", "encode"}) {
                IvfBuilder builder = new IvfBuilder(plan, flat, backend, new Stages((stage, done, total) -> !stage.equals(last)));
                assertThatThrownBy(() -> builder.write(folder.resolve("model"), folder.resolve("lists")))
                        .isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED))
                        .hasMessageContaining(last);
                assertThat(folder.resolve("lists")).doesNotExist();
            }
        }
    }

    @Test
    void plansChooseListsAndDims() {
        assertThat(BuildPlan.of(IndexSpec.ivfSq(0, 0), Distance.L2, 60_000, 784))
                .returns(245, BuildPlan::lists).returns(256, BuildPlan::codeWidth);
        assertThat(BuildPlan.of(IndexSpec.ivfSq(0, 0), Distance.L2, 500_000, 128))
                .returns(4098, BuildPlan::lists).returns(128, BuildPlan::codeWidth);
        assertThat(BuildPlan.of(IndexSpec.ivfSq(7, 24), Distance.COSINE, 900, 27))
                .returns(7, BuildPlan::lists).returns(24, BuildPlan::codeWidth);
        assertThat(BuildPlan.of(IndexSpec.ivfSq(0, 0), Distance.COSINE, 900, 27).codeWidth()).isEqualTo(32);
    }
}
