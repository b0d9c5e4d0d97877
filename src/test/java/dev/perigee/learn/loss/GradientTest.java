package dev.perigee.learn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every gradient against central differences, in double. */
class GradientTest {
    private static final double STEP = 1e-6;
    private static final double MOST_ERROR = 1e-5;
    private static final int[] LABELS = {0, 0, 0, 1, 1, 2, 2, 2};
    private static final int DIM = 5;

    static Stream<Arguments> tupleLosses() {
        List<TupleLoss> losses = List.of(new TripletLoss(.2, false, false), new TripletLoss(.2, true, false), new TripletLoss(.1,
                false, true),
                new ContrastiveLoss(1, 1, false), new ContrastiveLoss(1.5, 2, false), new ContrastiveLoss(1, 2, true),
                new InfoNceLoss(1), new InfoNceLoss(5));
        return losses.stream().flatMap(loss -> Stream.of(EmbeddingDistance.values()).map(d -> Arguments.of(loss, d)));
    }

    @ParameterizedTest
    @MethodSource("tupleLosses")
    void tupleLoss(TupleLoss loss, EmbeddingDistance distance) {
        for (long seed = 0; seed < 5; seed++) {
            double[][] x = random(seed, LABELS.length, DIM);
            BatchLabels labels = BatchLabels.of(LABELS);
            Triplets triplets = triplets(labels);
            BatchDistances distances = BatchDistances.of(x, distance, Products.EXACT);
            TupleLoss.Value value = loss.of(distances, labels, triplets);
            assertThat(value.active()).isPositive();
            assertGradient(x, distances.gradient(value.gradient()),
                    y -> loss.of(BatchDistances.of(y, distance, Products.EXACT), labels, triplets).loss());
        }
    }

    static Stream<ClassLoss> classLosses() {
        return Stream.of(new SoftmaxLoss(), new NormFaceLoss(4), new CosFaceLoss(4, .35), new ArcFaceLoss(4, .5),
                new ArcFaceLoss(4, 2.5),
                new SphereFaceLoss(1, 0, 0), new SphereFaceLoss(2, 0, 0), new SphereFaceLoss(3, 4, 0), new SphereFaceLoss(4, 0,
                5),
                new SphereFaceLoss(4, 4, 1));
    }

    @ParameterizedTest
    @MethodSource("classLosses")
    void classLoss(ClassLoss loss) {
        for (long seed = 0; seed < 5; seed++) {
            double[][] x = random(seed, LABELS.length, DIM);
            double[][] weights = random(seed + 100, 3, DIM);
            double[] bias = random(seed + 200, 1, 3)[0];
            ClassHead.Value value = ClassHead.of(loss, x, LABELS, weights, bias, Products.EXACT);
            assertGradient(x, value.gradient(), y -> ClassHead.of(loss, y, LABELS, weights, bias, Products.EXACT).loss());
            assertGradient(weights, value.byWeights(), w -> ClassHead.of(loss, x, LABELS, w, bias, Products.EXACT).loss());
            assertGradient(new double[][] {bias}, new double[][] {value.byBias()},
                    b -> ClassHead.of(loss, x, LABELS, weights, b[0], Products.EXACT).loss());
        }
    }

    @ParameterizedTest
    @EnumSource(EmbeddingDistance.class)
    void equalEmbeddingsHaveNoGradient(EmbeddingDistance distance) {
        double[][] x = {{1, 2}, {1, 2}, {0, 0}, {0, 0}};
        BatchDistances distances = BatchDistances.of(x, distance, Products.EXACT);
        PairGradient gradient = new PairGradient();
        gradient.add(0, 1, 1);
        gradient.add(2, 3, 1);
        double[][] by = distances.gradient(gradient);
        assertThat(java.util.Arrays.stream(by).flatMapToDouble(java.util.Arrays::stream)).allMatch(g -> Math.abs(g) < 1e-15);
    }

    @ParameterizedTest
    @EnumSource(EmbeddingDistance.class)
    void productsOfMatricesGiveTheSameAsPairs(EmbeddingDistance distance) {
        double[][] x = random(1, 12, DIM);
        x[3] = x[4].clone();
        x[3][0] += 1e-9; // cancels in the product
        BatchDistances one = BatchDistances.of(x, distance, Products.EXACT);
        BatchDistances all = BatchDistances.of(x, distance, Products.EXACT);
        all.prepareAll();
        PairGradient few = new PairGradient();
        PairGradient many = new PairGradient();
        for (int i = 0; i < 12; i++) {
            for (int j = 0; j < 12; j++) {
                assertThat(all.between(i, j)).isCloseTo(one.between(i, j), within(1e-12));
                many.add(i, j, i + j < 4 ? 1 : 0);
                if (i + j < 4) {
                    few.add(i, j, 1);
                }
            }
        }
        double[][] expected = one.gradient(few);
        double[][] got = all.gradient(many);
        for (int i = 0; i < 12; i++) {
            assertThat(got[i]).containsExactly(expected[i], within(1e-9));
        }
    }

    @Test
    void zeroVectorHasCosineZeroToEverything() {
        double[][] x = {{0, 0}, {1, 1}};
        assertThat(BatchDistances.of(x, EmbeddingDistance.COSINE, Products.EXACT).between(0, 1)).isEqualTo(1);
    }

    private static Triplets triplets(BatchLabels labels) {
        Triplets.Builder some = new Triplets.Builder();
        for (int a = 0; a < labels.count(); a++) {
            for (int p = 0; p < labels.count(); p++) {
                for (int n = 0; n < labels.count(); n++) {
                    if (labels.positive(a, p) && labels.negative(a, n)) {
                        some.add(a, p, n);
                    }
                }
            }
        }
        return some.build();
    }

    static void assertGradient(double[][] x, double[][] gradient, ToDoubleFunction<double[][]> loss) {
        double scale = 0;
        double error = 0;
        for (int i = 0; i < x.length; i++) {
            for (int t = 0; t < x[i].length; t++) {
                double kept = x[i][t];
                x[i][t] = kept + STEP;
                double more = loss.applyAsDouble(x);
                x[i][t] = kept - STEP;
                double less = loss.applyAsDouble(x);
                x[i][t] = kept;
                double expected = (more - less) / (2 * STEP);
                scale = Math.max(scale, Math.abs(expected));
                error = Math.max(error, Math.abs(expected - gradient[i][t]));
            }
        }
        assertThat(error).isLessThanOrEqualTo(MOST_ERROR * Math.max(scale, 1e-3));
    }

    static double[][] random(long seed, int rows, int dim) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] x = new double[rows][dim];
        for (double[] row : x) {
            for (int t = 0; t < dim; t++) {
                row[t] = random.nextGaussian();
            }
        }
        return x;
    }
}
