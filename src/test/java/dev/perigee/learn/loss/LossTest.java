package dev.perigee.learn.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.PerigeeException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Values of losses that were computed by hand or by another program. */
class LossTest {
    private static final double SIX_DIGITS = 5e-7;
    /** Points of a line, and their classes. */
    private static final double[] LINE = {0, 1, 1.5, 3, .5};
    private static final BatchLabels CLASSES = BatchLabels.of(0, 0, 1, 1, 1);

    @Test
    void contrastiveOfOnePair() {
        assertThat(contrastive(.6, 1, false)).containsExactly(new double[] {.6, .4}, within(1e-12));
        assertThat(contrastive(.6, 2, false)).containsExactly(new double[] {.36, .16}, within(1e-12));
        assertThat(contrastive(.6, 2, true)).containsExactly(new double[] {.18, .08}, within(1e-12));
        assertThat(contrastive(1.2, 1, false)[1]).isZero();
    }

    /** With margin 1: of a pair of one class, and of two classes, at distance d. */
    private static double[] contrastive(double d, int power, boolean half) {
        ContrastiveLoss loss = new ContrastiveLoss(1, power, half);
        double[][] similar = {{0, d, 9}, {d, 0, 9}, {9, 9, 0}};
        double[][] different = {{0, 0, d}, {0, 0, 9}, {d, 9, 0}};
        Triplets one = new Triplets(new int[] {0}, new int[] {1}, new int[] {2});
        BatchLabels labels = BatchLabels.of(0, 0, 1);
        return new double[] {loss.of((i, j) -> similar[i][j], labels, one).loss(), loss.of((i, j) -> different[i][j], labels,
                one).loss()};
    }

    @Test
    void contrastiveAveragesEitherKindOverItsActivePairs() {
        // pairs: (0, 1) at .4 twice; (0, 2) at .5; (0, 3) at 3, not active
        double[][] d = {{0, .4, .5, 3}, {.4, 0, 3, 3}, {.5, 3, 0, 3}, {3, 3, 3, 0}};
        Triplets triplets = new Triplets(new int[] {0, 0, 1}, new int[] {1, 1, 0}, new int[] {2, 3, 3});
        TupleLoss.Value value = new ContrastiveLoss(1, 1, false).of((i, j) -> d[i][j], BatchLabels.of(0, 0, 1, 2), triplets);
        assertThat(value.loss()).isEqualTo(.4 + .5);
        assertThat(value.active()).isEqualTo(2);
    }

    @Test
    void tripletOverActiveOnes() {
        TupleLoss.Value value = new TripletLoss(1, false, false).of(line(), CLASSES, all());
        assertThat(value.loss()).isCloseTo(1.433333, within(SIX_DIGITS));
        assertThat(value.loss() * value.active() / all().count()).isCloseTo(1.194444, within(SIX_DIGITS));
        assertThat(all().count()).isEqualTo(18);
    }

    @Test
    void noActiveTripletIsNoLossAndNoError() {
        double[][] d = {{0, .1, 9}, {.1, 0, 9}, {9, 9, 0}};
        TupleLoss.Value value = new TripletLoss(.2, false, false).of((i, j) -> d[i][j], BatchLabels.of(0, 0, 1),
                new Triplets(new int[] {0}, new int[] {1}, new int[] {2}));
        assertThat(value.active()).isZero();
        assertThat(value.loss()).isZero();
    }

    @Test
    void swapTakesTheNegativeNearerToThePositive() {
        double[][] d = {{0, 1, 2}, {1, 0, .5}, {2, .5, 0}};
        Triplets one = new Triplets(new int[] {0}, new int[] {1}, new int[] {2});
        BatchLabels labels = BatchLabels.of(0, 0, 1);
        assertThat(new TripletLoss(.2, true, false).of((i, j) -> d[i][j], labels, one).loss()).isCloseTo(.7, within(1e-12));
        assertThat(new TripletLoss(.2, false, false).of((i, j) -> d[i][j], labels, one).loss()).isZero();
        assertThat(new TripletLoss(0, false, true).of((i, j) -> d[i][j], labels, one).loss()).isCloseTo(Math.log(1
                + Math.exp(-1)), within(1e-12));
    }

    @Test
    void infoNce() {
        double[][] similarities = {{.9, .2, .1}, {.3, .8, .4}, {0, .5, .6}};
        assertThat(infoNce(similarities, 1)).isCloseTo(.795367, within(SIX_DIGITS));
        assertThat(infoNce(similarities, 20)).isCloseTo(.042438, within(SIX_DIGITS));
    }

    /** Rows 0 to 2 ask, 3 to 5 are asked for; those that ask are no candidates, as if of one content. */
    private static double infoNce(double[][] similarities, double scale) {
        double[][] d = new double[6][6];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                d[i][3 + j] = 1 - similarities[i][j];
                d[3 + j][i] = d[i][3 + j];
            }
        }
        BatchLabels labels = new BatchLabels(new int[] {0, 1, 2, 0, 1, 2}, new long[] {7, 7, 7, 0, 1, 2});
        Triplets pairs = new Triplets(new int[] {0, 1, 2}, new int[] {3, 4, 5}, new int[] {4, 5, 3});
        return new InfoNceLoss(scale).of((i, j) -> d[i][j], labels, pairs).loss();
    }

    @Test
    void infoNceLeavesOutRowsOfTheSameClass() {
        double[][] d = {{0, .2, .1, .5}, {.2, 0, .3, .4}, {.1, .3, 0, .6}, {.5, .4, .6, 0}};
        TupleLoss.Value value = new InfoNceLoss(1).of((i, j) -> d[i][j], BatchLabels.of(0, 0, 0, 1),
                new Triplets(new int[] {0}, new int[] {1}, new int[] {3}));
        assertThat(value.loss()).isCloseTo(Math.log(1 + Math.exp(.2 - .5)), within(1e-12));
        assertThat(value.gradient().of(0, 2)).isZero();
    }

    @Test
    void angularLosses() {
        assertThat(angular(new NormFaceLoss(10), 1)).isCloseTo(1.733553e-4, within(5e-11));
        assertThat(angular(new CosFaceLoss(10, .35), 1)).isCloseTo(5.724818e-3, within(5e-10));
        assertThat(angular(new ArcFaceLoss(10, .5), 1)).isCloseTo(5.486135e-3, within(5e-10));
        assertThat(angular(new SphereFaceLoss(2, 10, 0), 1)).isCloseTo(6.716509e-3, within(5e-10));
        assertThat(angular(new SphereFaceLoss(3, 10, 0), 1)).isCloseTo(.693234, within(SIX_DIGITS));
        assertThat(angular(new SphereFaceLoss(4, 10, 0), 1)).isCloseTo(5.006888, within(SIX_DIGITS));
        assertThat(angular(new SphereFaceLoss(4, 0, 0), 10)).isCloseTo(5.006888, within(SIX_DIGITS));
        assertThat(angular(new SoftmaxLoss(), 2)).isCloseTo(.189150, within(SIX_DIGITS));
    }

    /** Weights at 0, 120 and 240 degrees, a row of that length at 30 degrees. */
    private static double angular(ClassLoss loss, double length) {
        double[][] weights = {at(0, 1), at(120, 1), at(240, 1)};
        return ClassHead.of(loss, new double[][] {at(30, length)}, new int[1], weights, new double[3], Products.EXACT).loss();
    }

    static double[] at(double degrees, double length) {
        return new double[] {length * Math.cos(Math.toRadians(degrees)), length * Math.sin(Math.toRadians(degrees))};
    }

    @Test
    void sphereFacePieces() {
        double cosine = Math.cos(Math.toRadians(30));
        assertThat(new SphereFaceLoss(2, 10, 0).psi(cosine)).isCloseTo(.5, within(1e-12));
        assertThat(new SphereFaceLoss(3, 10, 0).psi(cosine)).isCloseTo(0, within(1e-12));
        assertThat(new SphereFaceLoss(4, 10, 0).psi(cosine)).isCloseTo(-.5, within(1e-12));
    }

    @Test
    void sphereFaceStartsAsNearlyPlainAndGrowsHarder() {
        SphereFaceLoss loss = new SphereFaceLoss(4, 10, 5);
        double cosine = Math.cos(Math.toRadians(30));
        assertThat(loss.at(0).psi(cosine)).isCloseTo(cosine, within(2e-3));
        assertThat(loss.at(1_000_000)).isEqualTo(loss);
    }

    @Test
    void arcFaceFallsOnPastPi() {
        ArcFaceLoss loss = new ArcFaceLoss(10, .5);
        assertThat(loss.psi(Math.cos(2.9))).isCloseTo(-1.210671, within(SIX_DIGITS));
        assertThat(loss.psi(Math.cos(2.8))).isGreaterThan(loss.psi(Math.cos(2.9)));
    }

    @Test
    void cosinesAtTheEndsHaveAFiniteGradient() {
        double[][] same = {{1, 0}, {-1, 0}};
        ClassHead.Value value = ClassHead.of(new ArcFaceLoss(16, .3), same, new int[] {0, 0}, new double[][] {{1, 0}, {0, 1}},
                new double[2], Products.EXACT);
        assertThat(Stream.of(value.gradient(), value.byWeights()).flatMap(Stream::of).flatMapToDouble(Arrays::stream))
                .allMatch(Double::isFinite);
    }

    @Test
    void textsOfLossesReadBack() {
        for (String text : new String[] {"triplet:margin=.3,swap", "triplet:soft", "contrastive:margin=2,power=2,half",
                "infonce:scale=10",
            "softmax", "normface", "sphereface:m=2,scale=0,lambda=3", "cosface:margin=.1", "arcface:scale=32,margin=.5"}) {
            Loss loss = Losses.parse(text);
            assertThat(Losses.parse(loss.spec())).isEqualTo(loss);
        }
        assertThatThrownBy(() -> Losses.parse("arcface:m=.5")).isInstanceOf(PerigeeException.class)
                .hasMessage("arcface:m=.5: option 'm' (expected scale, margin)");
        assertThatThrownBy(() -> Losses.parse("hinge")).hasMessageStartingWith("loss: 'hinge' (expected one of contrastive, ");
        assertThatThrownBy(() -> Losses.parse("triplet:margin=x")).hasMessage("triplet:margin=x: margin 'x' (expected a number)");
    }

    static BatchDistances line() {
        double[][] x = new double[LINE.length][1];
        for (int i = 0; i < x.length; i++) {
            x[i][0] = LINE[i];
        }
        return BatchDistances.of(x, EmbeddingDistance.L2, Products.EXACT);
    }

    private static Triplets all() {
        Triplets.Builder all = new Triplets.Builder();
        for (int a = 0; a < CLASSES.count(); a++) {
            for (int p = 0; p < CLASSES.count(); p++) {
                for (int n = 0; n < CLASSES.count(); n++) {
                    if (CLASSES.positive(a, p) && CLASSES.negative(a, n)) {
                        all.add(a, p, n);
                    }
                }
            }
        }
        return all.build();
    }
}
