package dev.perigee.bench.learn;

import dev.perigee.cli.LetterRecipe;
import dev.perigee.cli.Letters;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Bootstrap;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** G4 and G3: letters of alphabets that nobody learned from, by what was learned on five other alphabets. */
final class LetterRows implements Benchmark {
    private static final Figure HIT = Figure.atLeast("G4_hit_at_1", "hit@1", .70, .76, "numpy .731");
    private static final Figure MAP = Figure.atLeast("G4_map_at_r", "MAP@R", .33, .40, "numpy .364");
    private static final Figure GAIN = Figure.atLeast("G4_hit_at_1_over_unlearned", "hit@1", .15, Double.NaN, "paired");
    private static final Figure UNLEARNED = Figure.of("G4_best_unlearned_hit_at_1", "hit@1").beside("numpy .517");
    private static final Figure ONE_SHOT = Figure.atLeast("G3_accuracy", "accuracy", .60, Double.NaN, "numpy .6375");
    private static final int SEEDS = 3;

    private final Sources sources;
    private final ComputeBackend backend;

    LetterRows(Sources sources, ComputeBackend backend) {
        this.sources = sources;
        this.backend = backend;
    }

    @Override
    public List<String> rows() {
        return Figure.names(HIT, MAP, GAIN, UNLEARNED, ONE_SHOT);
    }

    @Override
    public List<Row> run(List<String> names) {
        try (Arena arena = Arena.ofShared()) {
            Letters all = Letters.read(arena);
            Letters learned = all.of(Letters.LEARNED, arena);
            Letters unseen = all.of(Letters.UNSEEN, arena);
            List<Row> rows = new ArrayList<>();
            Quality before = null;
            if (names.contains(UNLEARNED.name()) || names.contains(GAIN.name())) {
                LetterRecipe.Candidate best = null;
                for (LetterRecipe.Candidate candidate : LetterRecipe.unlearned(learned.images())) {
                    Quality quality = quality(unseen, candidate.transform(), candidate.distance());
                    if (before == null || quality.hit() > before.hit()) {
                        before = quality;
                        best = candidate;
                    }
                }
                add(rows, names, UNLEARNED.beside(UNLEARNED.anchor() + "; " + best.name()), before.hitAt1());
            }
            if (names.equals(List.of(UNLEARNED.name()))) {
                return rows;
            }
            List<Transform> learnt = IntStream.rangeClosed(1, SEEDS).mapToObj(seed -> {
                sources.notes().accept("learning letters, seed %d of %d".formatted(seed, SEEDS));
                return LetterRecipe.train(learned, LetterRecipe.STEPS, seed, backend,
                        dev.perigee.learn.tower.Training.Listener.NONE).transform();
            }).toList();
            Quality after = Quality.meanOf(learnt.stream().map(transform -> quality(unseen, transform, Distance.COSINE))
                    .toList());
            add(rows, names, HIT, after.hitAt1());
            add(rows, names, MAP, after.mapAtR());
            if (names.contains(GAIN.name())) {
                rows.add(GAIN.row(Bootstrap.difference(after.hitAt1(), before.hitAt1(), 1)));
            }
            if (names.contains(ONE_SHOT.name()) && sources.have(List.of(ONE_SHOT.name()), OneShotRows.FILE)) {
                add(rows, names, ONE_SHOT, oneShot(learnt));
            }
            return rows;
        }
    }

    private Quality quality(Letters letters, Transform transform, Distance distance) {
        return transform == null ? Quality.of(letters.images(), letters.labels(), distance, backend)
                : Quality.of(letters.images(), letters.labels(), transform, distance, backend);
    }

    /** Per drawing the mean of all that was learned, by the angle between what the two drawings become. */
    private double[] oneShot(List<Transform> learnt) {
        OneShot task = OneShot.read(sources.file(OneShotRows.FILE));
        double[] mean = new double[OneShot.TRIALS];
        for (Transform transform : learnt) {
            double[] right = task.right(ink -> transform.apply(OneShot.shrunk(ink, Letters.SIDE)), LetterRows::apart);
            java.util.Arrays.setAll(mean, i -> mean[i] + right[i] / learnt.size());
        }
        return mean;
    }

    /** Of unit vectors. */
    private static double apart(float[] x, float[] y) {
        double sum = 0;
        for (int t = 0; t < x.length; t++) {
            sum -= (double) x[t] * y[t];
        }
        return sum;
    }

    private static void add(List<Row> rows, List<String> names, Figure figure, double[] perQuery) {
        if (names.contains(figure.name())) {
            rows.add(figure.row(Bootstrap.mean(perQuery, 1)));
        }
    }
}
