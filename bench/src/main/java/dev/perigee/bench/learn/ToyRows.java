package dev.perigee.bench.learn;

import dev.perigee.api.Progress;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.KnnClassifier;
import dev.perigee.evaluate.Neighbours;
import dev.perigee.learn.transform.Lda;
import dev.perigee.learn.transform.Mahalanobis;
import dev.perigee.learn.transform.Nca;
import dev.perigee.learn.transform.Pca;
import dev.perigee.learn.transform.Shrinkage;
import dev.perigee.learn.transform.Standardise;
import dev.perigee.learn.transform.WithinClass;
import dev.perigee.vector.Transform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** G5 and G6: closed forms on the small tables that everybody knows. */
final class ToyRows implements Benchmark {
    /** 1-NN, leave one out, of rows as they are, z-score, min-max, total and within-class Mahalanobis; four digits. */
    private static final Map<String, double[]> TABLE = Map.of(
            "iris", new double[] {.9600, .9467, .9533, .9067, .9667},
            "wine", new double[] {.7697, .9551, .9494, .9213, .9888},
            "breast", new double[] {.9156, .9508, .9525, .8348, .9174});
    private static final Figure ERROR = Figure.atMost("G5_max_abs_error", "accuracy", 0.00005, "15 figures, 4 digits");
    private static final Figure PCA = Figure.atLeast("G6_pca", "accuracy", 0.5228, Double.NaN, "scikit-learn .52");
    private static final Figure LDA = Figure.atLeast("G6_lda", "accuracy", 0.6585, Double.NaN, "scikit-learn .66");
    private static final Figure NCA = Figure.atLeast("G6_nca", "accuracy", 0.69, Double.NaN, "scikit-learn .70");

    private final Sources sources;
    private final ComputeBackend backend;

    ToyRows(Sources sources, ComputeBackend backend) {
        this.sources = sources;
        this.backend = backend;
    }

    @Override
    public List<String> rows() {
        return Figure.names(ERROR, PCA, LDA, NCA);
    }

    @Override
    public List<Row> run(List<String> names) {
        List<Row> rows = new ArrayList<>();
        if (!sources.have(names, "toy/iris.csv", "toy/wine.csv", "toy/breast.csv", "toy/digits.csv", "toy/digits-train.txt")) {
            return rows;
        }
        try (Arena arena = Arena.ofShared()) {
            if (names.contains(ERROR.name())) {
                rows.add(ERROR.row(TABLE.entrySet().stream().mapToDouble(
                        table -> error(Toy.read(sources.file("toy/%s.csv".formatted(table.getKey())), arena), table.getValue(),
                                arena))
                        .max().orElseThrow()));
            }
            if (names.stream().anyMatch(name -> name.startsWith("G6"))) {
                rows.addAll(digits(names, arena));
            }
        }
        return rows;
    }

    private double error(Toy toy, double[] expected, Arena arena) {
        List<Transform> transforms = List.of(Standardise.zScore(toy.rows()).transform(), Standardise.minMax(toy.rows())
                .transform(),
                Mahalanobis.fit(toy.rows(), new Shrinkage.None()).transform(),
                WithinClass.fit(toy.rows(), toy.labels(), new Shrinkage.None()).transform());
        double worst = Math.abs(accuracy(toy) - expected[0]);
        for (int i = 0; i < transforms.size(); i++) {
            worst = Math.max(worst, Math.abs(accuracy(toy.mapped(transforms.get(i), arena)) - expected[i + 1]));
        }
        return worst;
    }

    private double accuracy(Toy toy) {
        return KnnClassifier.of(1).leaveOneOut(toy.rows(), toy.labels(), Distance.L2, backend).accuracy(toy.labels());
    }

    /** Digits 8 x 8 in two dimensions, half of them to learn from. */
    private List<Row> digits(List<String> names, Arena arena) {
        Toy all = Toy.read(sources.file("toy/digits.csv"), arena);
        int[] training = numbers(sources.file("toy/digits-train.txt"));
        int[] others = IntStream.range(0, all.labels().length).filter(i -> Arrays.binarySearch(training, i) < 0).toArray();
        Transform scaled = Standardise.zScore(all.of(training, arena).rows()).transform();
        Toy train = all.of(training, arena).mapped(scaled, arena);
        Toy test = all.of(others, arena).mapped(scaled, arena);
        List<Row> rows = new ArrayList<>();
        if (names.contains(PCA.name())) {
            rows.add(PCA.row(accuracy(Pca.fit(train.rows(), 2).transform(), train, test, arena)));
        }
        if (names.contains(LDA.name())) {
            rows.add(LDA.row(accuracy(Lda.fit(train.rows(), train.labels(), 2, new Shrinkage.None()).transform(), train, test,
                    arena)));
        }
        if (names.contains(NCA.name())) {
            rows.add(NCA.row(accuracy(Nca.fit(train.rows(), train.labels(), 2, Progress.NONE).transform(), train, test, arena)));
        }
        return rows;
    }

    /** By the vote of the three nearest, where all three differ the lowest class: so did the published figures. */
    private double accuracy(Transform transform, Toy train, Toy test, Arena arena) {
        int[] three = new int[test.labels().length];
        Arrays.fill(three, 3);
        int[] right = new int[1];
        try (Neighbours neighbours = Neighbours.among(train.mapped(transform, arena).rows(), Distance.L2, backend)) {
            neighbours.of(test.mapped(transform, arena).rows(), three, Progress.NONE, (query, found, distances, count) -> {
                int[] classes = IntStream.of(found).limit(count).map(row -> train.labels()[row]).sorted().toArray();
                int voted = classes[1] == classes[2] ? classes[1] : classes[0];
                right[0] += voted == test.labels()[query] ? 1 : 0;
            });
        }
        return (double) right[0] / test.labels().length;
    }

    private static int[] numbers(Path file) {
        try {
            return Files.readAllLines(file).stream().mapToInt(line -> Integer.parseInt(line.strip())).sorted().toArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
