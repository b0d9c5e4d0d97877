package dev.perigee.learn.mining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.PerigeeException;
import dev.perigee.learn.loss.BatchDistances;
import dev.perigee.learn.loss.BatchLabels;
import dev.perigee.learn.loss.EmbeddingDistance;
import dev.perigee.learn.loss.Products;
import dev.perigee.learn.loss.TripletLoss;
import dev.perigee.learn.loss.Triplets;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchMinerTest {
    /** Points of a line, with triplets that lie on the edges of kinds. */
    private static final BatchDistances LINE = BatchDistances.of(new double[][] {{0}, {1}, {1.5}, {3}, {.5}},
            EmbeddingDistance.L2,
            Products.EXACT);
    private static final BatchLabels CLASSES = BatchLabels.of(0, 0, 1, 1, 1);

    @Test
    void countsOfKinds() {
        assertThat(TripletKind.counts(LINE, CLASSES, 1))
                .isEqualTo(Map.of(TripletKind.HARD, 11L, TripletKind.SEMI_HARD, 5L, TripletKind.EASY, 2L));
    }

    @Test
    void edgesBelongToTheHarderKind() {
        assertThat(TripletKind.of(1, 1, 1)).isEqualTo(TripletKind.HARD);
        assertThat(TripletKind.of(1, Math.nextUp(1.0), 1)).isEqualTo(TripletKind.SEMI_HARD);
        assertThat(TripletKind.of(1, 2, 1)).isEqualTo(TripletKind.SEMI_HARD);
        assertThat(TripletKind.of(1, Math.nextUp(2.0), 1)).isEqualTo(TripletKind.EASY);
    }

    @Test
    void batchHardTakesFarthestPositiveAndNearestNegative() {
        Triplets mined = mine(BatchMiner.Choice.BATCHHARD);
        assertThat(mined.anchors()).containsExactly(0, 1, 2, 3, 4);
        assertThat(mined.positives()).containsExactly(1, 0, 3, 4, 3);
        assertThat(new TripletLoss(1, false, false).of(LINE, CLASSES, mined).loss()).isCloseTo(1.9, within(1e-12));
    }

    @ParameterizedTest
    @EnumSource(BatchMiner.Choice.class)
    void everyTripletIsOfItsKind(BatchMiner.Choice choice) {
        Triplets mined = mine(choice);
        assertThat(mined.count()).isPositive();
        for (int i = 0; i < mined.count(); i++) {
            int a = mined.anchors()[i];
            assertThat(CLASSES.positive(a, mined.positives()[i])).isTrue();
            assertThat(CLASSES.negative(a, mined.negatives()[i])).isTrue();
            TripletKind kind = TripletKind.of(LINE.between(a, mined.positives()[i]), LINE.between(a, mined.negatives()[i]), 1);
            switch (choice) {
                case HARD -> assertThat(kind).isEqualTo(TripletKind.HARD);
                case SEMIHARD -> assertThat(kind).isEqualTo(TripletKind.SEMI_HARD);
                case EASY -> assertThat(kind).isEqualTo(TripletKind.EASY);
                case ALL, RANDOM, BATCHHARD -> {
                }
            }
        }
    }

    @Test
    void allAndRandomCoverEveryPairOfAnchorAndPositive() {
        assertThat(mine(BatchMiner.Choice.ALL).count()).isEqualTo(18);
        assertThat(mine(BatchMiner.Choice.RANDOM).count()).isEqualTo(8);
    }

    @Test
    void semiHardTakesTheNearestBeyondThePositive() {
        BatchDistances line = BatchDistances.of(new double[][] {{0}, {1}, {1.2}, {1.1}, {.9}, {3}}, EmbeddingDistance.L2,
                Products.EXACT);
        Triplets mined = new BatchMiner(BatchMiner.Choice.SEMIHARD, .5).mine(0, line, BatchLabels.of(0, 0, 1, 2, 3, 4),
                Triplets.NONE,
                new SplittableRandom(1));
        assertThat(mined.anchors()[0]).isZero();
        assertThat(mined.negatives()[0]).isEqualTo(3);
    }

    @Test
    void rowsOfOneContentAreNoNegativesOfEachOther() {
        BatchLabels labels = new BatchLabels(new int[] {0, 0, 1, 2}, new long[] {7, 8, 7, 9});
        BatchDistances line = BatchDistances.of(new double[][] {{0}, {1}, {0}, {2}}, EmbeddingDistance.L2, Products.EXACT);
        Triplets mined = new BatchMiner(BatchMiner.Choice.BATCHHARD, 0).mine(0, line, labels, Triplets.NONE,
                new SplittableRandom(1));
        assertThat(mined.negatives()).containsExactly(3, 2);
    }

    @Test
    void hardAfterAWarmUp() {
        Miner miner = Miners.parse("hard:warmup=10");
        assertThat(Miners.parse(miner.spec())).isEqualTo(miner);
        assertThat(miner.mine(9, LINE, CLASSES, Triplets.NONE, new SplittableRandom(1)).count()).isNotEqualTo(
                miner.mine(10, LINE, CLASSES, Triplets.NONE, new SplittableRandom(1)).count());
    }

    @Test
    void textsOfMinersReadBack() {
        for (String text : new String[] {"all", "random", "semihard:margin=.3", "easy", "batchhard", "drawn",
            "index:keep=3,from=2,to=9,margin=.1,absolute,refresh=50"}) {
            assertThat(Miners.parse(Miners.parse(text).spec())).isEqualTo(Miners.parse(text));
        }
        assertThatThrownBy(() -> Miners.parse("soft")).isInstanceOf(PerigeeException.class)
                .hasMessage("miner: 'soft' (expected one of %s)", Miners.NAMES);
        assertThatThrownBy(() -> Miners.parse("index:keep=5,to=4")).hasMessage("ranks: 0 to 4 (expected 5 of them or more)");
    }

    private static Triplets mine(BatchMiner.Choice choice) {
        return new BatchMiner(choice, 1).mine(0, LINE, CLASSES, Triplets.NONE, new SplittableRandom(1));
    }
}
