package dev.perigee.learn.mining;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IndexMinerTest {
    private static final Arena ARENA = Arena.global();
    private final ComputeBackend scalar = new ScalarBackend();

    /** On a line, class 0: 0 and 1; then classes 1, 2 ... of one row each, but 7 and 8 are of one class. */
    private final Matrix line = Matrix.copyOf(ARENA, new float[][] {{0}, {1}, {1.01f}, {1.5f}, {2}, {3}, {4}, {7}, {8}});
    private final int[] classes = {0, 0, 1, 2, 3, 4, 5, 6, 6};
    private final long[] contents = different(9);

    @Test
    void nearestNegativesFirst() {
        IndexMiner.Mined mined = miner("index:keep=2,margin=0").mine(line, classes, contents, Distance.L2, scalar);
        assertThat(mined.positive()).startsWith(1, 0, -1);
        assertThat(mined.negatives()[0]).containsExactly(2, 3);
        assertThat(mined.negatives()[2]).isEmpty(); // no positive
        assertThat(mined.negatives()[7]).containsExactly(6, 5);
        assertThat(mined.tooFew()).isZero();
    }

    @Test
    void theMarginDropsWhatIsTooNearToBeBelieved() {
        assertThat(miner("index:keep=2,margin=.05").mine(line, classes, contents, Distance.L2, scalar).negatives()[0])
                .containsExactly(3, 4); // .95 x 1.01 < 1
        assertThat(miner("index:keep=2,margin=.75,absolute").mine(line, classes, contents, Distance.L2, scalar).negatives()[0])
                .containsExactly(4, 5);
    }

    @Test
    void ranksAreThoseOfNegativesAlone() {
        IndexMiner.Mined mined = miner("index:keep=2,from=1,to=3,margin=0").mine(line, classes, contents, Distance.L2, scalar);
        assertThat(mined.negatives()[0]).containsExactly(3, 4);
    }

    @Test
    void countsAnchorsThatHaveTooFew() {
        IndexMiner.Mined mined = miner("index:keep=2,to=3,margin=0,absolute").mine(line, classes, contents, Distance.L2, scalar);
        assertThat(mined.tooFew()).isEqualTo(1); // row 1 believes row 4 alone: rows 2 and 3 are nearer than its positive
        assertThat(mined.negatives()[1]).containsExactly(4);
    }

    @Test
    void rowsOfTheSameContentAreDropped() {
        long[] same = contents.clone();
        same[2] = same[0];
        assertThat(miner("index:keep=2,margin=0").mine(line, classes, same, Distance.L2,
                scalar).negatives()[0]).containsExactly(3, 4);
    }

    @Test
    void cosineRule() {
        // cosines with row 0: 1, .9, .88, .8, 0
        double[] cosines = {1, .9, .88, .8, 0};
        Matrix rows = Matrix.allocate(ARENA, 5, 2);
        for (int i = 0; i < 5; i++) {
            rows.set(i, new float[] {(float) cosines[i], (float) Math.sqrt(1 - cosines[i] * cosines[i])});
        }
        int[] labels = {0, 0, 1, 2, 3};
        assertThat(miner("index:keep=1,margin=.05").mine(rows, labels, different(5), Distance.COSINE, scalar).negatives()[0])
                .containsExactly(3); // .88 > .95 x .9
    }

    @Test
    void largeClassesDoNotHideNegatives() {
        int n = 60;
        Matrix rows = Matrix.allocate(ARENA, n, 1);
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            rows.set(i, new float[] {i});
            labels[i] = i < 50 ? 0 : i;
        }
        assertThat(miner("index:keep=3,margin=0").mine(rows, labels, different(n), Distance.L2, scalar).negatives()[0])
                .containsExactly(50, 51, 52);
    }

    @Test
    void everyBackendMinesTheSame() {
        SplittableRandom random = new SplittableRandom(1);
        Matrix rows = Matrix.allocate(ARENA, 300, 20);
        for (int i = 0; i < 300; i++) {
            float[] row = new float[20];
            for (int t = 0; t < 20; t++) {
                row[t] = i % 50 == 49 ? rows.get(i - 1, t) : random.nextInt(-2, 3); // many ties, and rows twice
            }
            row[0] += 4;
            rows.set(i, row);
        }
        int[] labels = IntStream.range(0, 300).map(i -> i % 30).toArray();
        Matrix units = Matrix.allocate(ARENA, 300, 20);
        UnitRows.copy(rows, units);
        try (ComputeBackend simd = new SimdBackend(2)) {
            for (Distance distance : new Distance[] {Distance.L2, Distance.COSINE}) {
                Matrix x = distance == Distance.L2 ? rows : units;
                IndexMiner.Mined expected = miner("index:keep=5,to=20").mine(x, labels, different(300), distance, scalar);
                IndexMiner.Mined mined = miner("index:keep=5,to=20").mine(x, labels, different(300), distance, simd);
                assertThat(mined.negatives()).isDeepEqualTo(expected.negatives());
                assertThat(mined.positive()).isEqualTo(expected.positive());
                assertThat(mined.tooFew()).isEqualTo(expected.tooFew());
                assertThat(Arrays.stream(mined.negatives()).mapToInt(few -> few.length).sum()).isPositive();
            }
        }
    }

    private static IndexMiner miner(String text) {
        return (IndexMiner) Miners.parse(text);
    }

    /** Contents that all differ. */
    private static long[] different(int n) {
        return IntStream.range(0, n).asLongStream().toArray();
    }
}
