package dev.perigee.learn.tower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.learn.loss.EmbeddingDistance;
import dev.perigee.learn.loss.Losses;
import dev.perigee.learn.mining.Miners;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingTest {
    private static final ComputeBackend BACKEND = new SimdBackend(2);
    private static final int DIM = 12;
    private static final int CLASSES = 8;
    /** Two values tell the classes apart, ten larger ones say nothing. */
    private static final Matrix ROWS = rows(0, 160);
    private static final int[] LABELS = labels(160);
    private static final Transform START = Starts.identity(DIM, DIM);

    @TempDir
    private Path folder;

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "triplet:margin=.2 | cosine | classes:8x4 | semihard", "triplet:margin=.5,swap | l2 | classes:8x4 | batchhard",
        "triplet:margin=.5 | squared | triplets:32 | drawn", "triplet:soft | l2 | classes:8x4 | random",
        "triplet:margin=.2 | cosine | triplets:32 | index:keep=5,refresh=20",
        "triplet:margin=.5 | l2 | uniform:32 | hard:warmup=20",
        "contrastive:margin=2 | l2 | classes:8x4 | all", "contrastive:margin=2,power=2,half | l2 | epochs:32 | all",
        "infonce:scale=10 | cosine | classes:8x2 | all", "softmax | cosine | epochs:32 | all",
        "normface:scale=8 | cosine | epochs:32 | all",
        "sphereface:m=2,scale=8 | cosine | epochs:32 | all", "cosface:scale=8 | cosine | uniform:32 | all",
        "arcface:scale=8 | cosine | epochs:50 | all"})
    void everyLossSamplerAndMinerLearns(String loss, String distance, String sampler, String miner) {
        Recipe recipe = Recipe.of(Losses.parse(loss), EmbeddingDistance.parse(distance), Sampler.parse(sampler),
                Miners.parse(miner), 200,
                1e-2, 3);
        Trained trained = training(recipe, START).run(Training.Listener.NONE);
        assertThat(trained.losses()).hasSize(200);
        assertThat(hits(trained.transform())).isGreaterThan(hits(START) + .15);
        assertThat(trained.facts()).containsEntry("tower", "12-12").containsEntry("sampler", sampler).containsEntry("rows",
                "160");
    }

    @Test
    void towersOfSeveralLayersLearn() {
        Transform start = Starts.unit(Starts.random(1, DIM, 40, 16));
        Trained trained = training(recipe("arcface:scale=8", "epochs:40", "all", 300), start).run(Training.Listener.NONE);
        assertThat(trained.transform().steps()).hasSize(3);
        assertThat(hits(trained.transform())).isGreaterThan(hits(START) + .15);
    }

    @Test
    void theFirstStepGoesAgainstTheGradientInEveryLayer() {
        double[] shift = new double[DIM];
        shift[0] = 1;
        Transform start = Transform.of(Transform.Scale.centre(shift)).then(Starts.random(1, DIM, 9, 7, 5));
        try (Arena arena = Arena.ofShared(); Tower tower = new Tower(start, 10, BACKEND)) {
            Matrix x = Matrix.allocate(arena, 8, DIM);
            for (int i = 0; i < 8; i++) {
                x.set(i, tower.front(ROWS.get(i)));
            }
            double[][] direction = new double[8][5];
            SplittableRandom random = new SplittableRandom(1);
            for (double[] row : direction) {
                Arrays.setAll(row, t -> random.nextGaussian());
            }
            tower.forward(x);
            tower.backward(direction, Adam.at(0, 1e-3));
            Transform after = tower.transform();
            int checked = 0;
            for (int n = 1; n < 4; n++) {
                Transform.Dense before = (Transform.Dense) start.steps().get(n);
                Transform.Dense moved = (Transform.Dense) after.steps().get(n);
                for (int o = 0; o < before.outputDim(); o++) {
                    for (int i = 0; i < before.inputDim(); i++) {
                        double slope = slope(start, before.weights()[o], i, direction);
                        if (Math.abs(slope) > .05) {
                            assertThat(moved.weights()[o][i] - before.weights()[o][i])
                                    .isCloseTo((float) (-1e-3 * Math.signum(slope)), within(1e-5f));
                            checked++;
                        }
                    }
                }
            }
            assertThat(checked).isGreaterThan(100);
        }
    }

    /** The slope of the products of outputs and directions by one weight. */
    private static double slope(Transform tower, float[] weights, int i, double[][] direction) {
        float kept = weights[i];
        double[] sums = new double[2];
        for (int side = 0; side < 2; side++) {
            weights[i] = kept + (side == 0 ? 1e-3f : -1e-3f);
            for (int row = 0; row < direction.length; row++) {
                float[] y = tower.apply(ROWS.get(row));
                for (int t = 0; t < y.length; t++) {
                    sums[side] += y[t] * direction[row][t];
                }
            }
        }
        weights[i] = kept;
        return (sums[0] - sums[1]) / 2e-3;
    }

    @Test
    void theSameSeedGivesTheSameWeights() {
        Recipe recipe = recipe("triplet:margin=.2", "classes:6x3", "semihard", 40);
        float[][] first = weights(training(recipe, START).run(Training.Listener.NONE).transform());
        try (ComputeBackend one = new SimdBackend(1)) {
            Trained again = new Training(recipe, START, RowSource.of(ROWS), LABELS, one).run(Training.Listener.NONE);
            assertThat(weights(again.transform())).isDeepEqualTo(first);
        }
        Recipe other = new Recipe(recipe.loss(), recipe.distance(), recipe.sampler(), recipe.miner(), 40, 1e-2, 4, 4, 5);
        assertThat(weights(training(other, START).run(Training.Listener.NONE).transform())).isNotEqualTo(first);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"arcface:scale=8 | epochs:40 | all",
            "triplet:margin=.2 | triplets:16 | index:keep=3,refresh=10"})
    void goesOnFromACheckpointAsIfNothingHadHappened(String loss, String sampler, String miner) {
        Recipe recipe = recipe(loss, sampler, miner, 60);
        Transform start = Starts.random(2, DIM, 20, 8);
        Path file = folder.resolve("checkpoint");
        Trained whole = validated(recipe, start).run(Training.Listener.NONE);

        assertThatThrownBy(() -> validated(recipe, start).checkpoint(file, true).run((step, steps, lost) -> step < 30))
                .isInstanceOfSatisfying(PerigeeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED))
                .hasMessage("training: stopped after step 30 of 60");
        List<Integer> steps = new ArrayList<>();
        Trained resumed = validated(recipe, start).checkpoint(file, true).run((step, of, lost) -> steps.add(step));
        assertThat(steps).hasSize(30).startsWith(31);
        assertThat(weights(resumed.transform())).isDeepEqualTo(weights(whole.transform()));
        assertThat(resumed.losses()).isEqualTo(whole.losses());
        assertThat(resumed.validations()).isEqualTo(whole.validations());
        assertThat(resumed.facts()).isEqualTo(whole.facts());
    }

    @Test
    void refusesTheCheckpointOfAnotherTraining() {
        Path file = folder.resolve("checkpoint");
        training(recipe("softmax", "epochs:40", "all", 10), START).checkpoint(file, false).run(Training.Listener.NONE);
        assertThatThrownBy(() -> training(recipe("softmax", "epochs:30", "all", 10), START).checkpoint(file,
                true).run(Training.Listener.NONE))
                .hasMessage("sampler: epochs:30 (expected epochs:40 as in the checkpoint %s)", file);
    }

    @Test
    void keepsTheBestOnValidationAndStopsWhenItNoLongerGrows() {
        Recipe recipe = new Recipe(Losses.parse("softmax"), EmbeddingDistance.COSINE, Sampler.parse("epochs:40"),
                Miners.parse("all"), 1000,
                1e-2, 3, 10, 3);
        List<Transform> seen = new ArrayList<>();
        List<Boolean> best = new ArrayList<>();
        double[] values = {.1, .5, .7, .6, .7, .2};
        Trained trained = training(recipe, START).validatedBy(transform -> {
            seen.add(transform);
            return values[seen.size() - 1];
        }).run(new Training.Listener() {
            @Override
            public boolean step(int step, int steps, double loss) {
                return true;
            }

            @Override
            public void validated(int step, double value, boolean isBest) {
                best.add(isBest);
            }
        });
        assertThat(trained.losses()).hasSize(50);
        assertThat(trained.transform()).isSameAs(seen.get(2));
        assertThat(best).containsExactly(true, true, true, false, false, false);
        assertThat(trained.facts()).containsEntry("best_step", "20").containsEntry("validation",
                "0.7").containsEntry("steps_done", "50");
    }

    @Test
    void aBatchWithNothingToLearnFromIsNoStep() {
        Matrix apart = Matrix.copyOf(Arena.global(), new float[][] {{0, 0}, {0, .1f}, {9, 9}, {9, 9.1f}});
        Trained trained = new Training(new Recipe(Losses.parse("triplet:margin=.2"), EmbeddingDistance.L2,
                Sampler.parse("uniform:4"),
                Miners.parse("all"), 5, 1e-2, 3, 1, 5), Starts.identity(2, 2), RowSource.of(apart), new int[] {0, 0, 1, 1},
                BACKEND)
                .run(Training.Listener.NONE);
        assertThat(weights(trained.transform())).isDeepEqualTo(new float[][] {{1, 0}, {0, 1}});
        assertThat(trained.losses()).containsOnly(Double.NaN);
        assertThat(trained.warnings()).containsExactly("5 of 5 batches had nothing to learn from");
    }

    @Test
    void augmentedRowsAreSeenInTraining() {
        RowSource noisy = new RowSource() {
            @Override
            public int rows() {
                return ROWS.rows();
            }

            @Override
            public int dim() {
                return DIM;
            }

            @Override
            public void read(int row, float[] into) {
                RowSource.of(ROWS).read(row, into);
            }

            @Override
            public void draw(int row, RandomGenerator random, float[] into) {
                read(row, into);
                into[0] += random.nextFloat();
            }
        };
        Recipe recipe = recipe("softmax", "epochs:40", "all", 20);
        float[][] first = weights(new Training(recipe, START, noisy, LABELS, BACKEND).run(Training.Listener.NONE).transform());
        float[][] again = weights(new Training(recipe, START, noisy, LABELS, BACKEND).run(Training.Listener.NONE).transform());
        assertThat(again).isDeepEqualTo(first);
        assertThat(weights(training(recipe, START).run(Training.Listener.NONE).transform())).isNotEqualTo(first);
    }

    @Test
    void saysWhatItCannotTake() {
        Recipe recipe = recipe("softmax", "epochs:40", "all", 10);
        assertThatThrownBy(() -> new Training(recipe, START, RowSource.of(ROWS), new int[3], BACKEND))
                .hasMessage("labels: 3 (expected 160, one per row)");
        assertThatThrownBy(() -> new Training(recipe, START, RowSource.of(ROWS), new int[160], BACKEND))
                .hasMessage("classes: 1 (expected 2 or more to be told apart)");
        assertThatThrownBy(() -> recipe("triplet", "classes:4x4", "index", 10))
                .hasMessageEndingWith("with sampler classes:4x4 (expected triplets:N)");
        assertThatThrownBy(() -> Sampler.parse("classes:4"))
                .hasMessageStartingWith("sampler: 'classes:4' (expected one of classes:PxK");
        Matrix broken = Matrix.allocate(Arena.global(), 160, DIM);
        broken.set(7, 1, Float.NaN);
        assertThatThrownBy(() -> new Training(recipe, START, RowSource.of(broken), LABELS, BACKEND).run(Training.Listener.NONE))
                .hasMessage("row 7: not finite (expected numbers)");
    }

    private static Recipe recipe(String loss, String sampler, String miner, int steps) {
        return Recipe.of(Losses.parse(loss), EmbeddingDistance.COSINE, Sampler.parse(sampler), Miners.parse(miner), steps, 1e-2,
                3);
    }

    private static Training training(Recipe recipe, Transform start) {
        return new Training(recipe, start, RowSource.of(ROWS), LABELS, BACKEND);
    }

    private static Training validated(Recipe recipe, Transform start) {
        return training(recipe, start).validatedBy(TrainingTest::hits);
    }

    private static Matrix rows(int from, int to) {
        SplittableRandom random = new SplittableRandom(1);
        Matrix rows = Matrix.allocate(Arena.global(), to - from, DIM);
        for (int i = from; i < to; i++) {
            double angle = 2 * Math.PI * (i % CLASSES) / CLASSES;
            for (int t = 0; t < DIM; t++) {
                rows.set(i - from, t, (float) (t == 0 ? Math.cos(angle) + .1 * random.nextGaussian()
                        : t == 1 ? Math.sin(angle) + .1 * random.nextGaussian() : .6 * random.nextGaussian()));
            }
        }
        return rows;
    }

    private static int[] labels(int count) {
        int[] labels = new int[count];
        Arrays.setAll(labels, i -> 100 + i % CLASSES);
        return labels;
    }

    /** The share of rows whose nearest other row, by cosine, is of their class. */
    private static double hits(Transform transform) {
        int hits = 0;
        float[][] y = new float[ROWS.rows()][];
        for (int i = 0; i < y.length; i++) {
            y[i] = Starts.unit(transform).apply(ROWS.get(i));
        }
        for (int i = 0; i < y.length; i++) {
            int nearest = -1;
            double most = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < y.length; j++) {
                double cosine = 0;
                for (int t = 0; t < y[i].length; t++) {
                    cosine += y[i][t] * y[j][t];
                }
                if (j != i && cosine > most) {
                    most = cosine;
                    nearest = j;
                }
            }
            hits += LABELS[nearest] == LABELS[i] ? 1 : 0;
        }
        return (double) hits / y.length;
    }

    private static float[][] weights(Transform transform) {
        List<float[]> rows = new ArrayList<>();
        for (Transform.Step step : transform.steps()) {
            if (step instanceof Transform.Dense dense) {
                rows.addAll(Arrays.asList(dense.weights()));
            }
        }
        return rows.toArray(float[][]::new);
    }
}
