package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.Progress;
import dev.perigee.build.Projection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.evaluate.Retrieval;
import dev.perigee.learn.Split;
import dev.perigee.learn.loss.ClassLoss;
import dev.perigee.learn.loss.EmbeddingDistance;
import dev.perigee.learn.loss.Loss;
import dev.perigee.learn.loss.Losses;
import dev.perigee.learn.mining.Miner;
import dev.perigee.learn.mining.Miners;
import dev.perigee.learn.tower.Recipe;
import dev.perigee.learn.tower.RowSource;
import dev.perigee.learn.tower.Sampler;
import dev.perigee.learn.tower.Starts;
import dev.perigee.learn.tower.Trained;
import dev.perigee.learn.tower.Training;
import dev.perigee.learn.transform.Fit;
import dev.perigee.learn.transform.Lda;
import dev.perigee.learn.transform.Pca;
import dev.perigee.learn.transform.Shrinkage;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The method {@code head} of {@code learn fit}: trains a tower over given embeddings. */
final class HeadFit {
    private static final Shrinkage LDA_SHRINKAGE = Shrinkage.parse("0.5");

    private final HeadOptions options;
    private final ComputeBackend backend;
    private final Output output;
    private final Progress progress;

    private HeadFit(HeadOptions options, ComputeBackend backend, Output output, Progress progress) {
        this.options = options;
        this.backend = backend;
        this.output = output;
        this.progress = progress;
    }

    /** @param dims of the result (default: those of the rows; at most 128 where it does not start from the rows as they are) */
    static Fit fit(HeadOptions options, Matrix rows, int[] labels, Optional<Integer> dims, Output output, Progress progress) {
        try (ComputeBackend backend = options.openBackend()) {
            HeadFit head = new HeadFit(options, backend, output, progress);
            int most = head.startName().equals("identity") ? rows.dim() : Math.min(rows.dim(), 128);
            return head.fit(rows, labels, dims.orElse(most), options.seed());
        }
    }

    private Fit fit(Matrix rows, int[] labels, int dims, long seed) {
        check(options.split() >= 0 && options.split() < 1, "split: %s (expected 0 to below 1)", options.split());
        Recipe recipe = recipe(seed);
        Split split = options.split() == 0 ? null : Split.byClass(labels, new double[] {1 - options.split(), options.split(), 0},
                seed);
        try (Arena arena = Arena.ofShared()) {
            Matrix training = split == null ? rows : rows.select(arena, split.train());
            int[] trainingLabels = split == null ? labels : some(labels, split.train());
            Transform start = start(training, trainingLabels, dims, seed);
            boolean unit = recipe.loss() instanceof ClassLoss || recipe.distance() == EmbeddingDistance.COSINE;
            Training run = new Training(recipe, unit ? Starts.unit(start) : start, RowSource.of(training), trainingLabels,
                    backend);
            if (split != null) {
                Matrix validation = rows.select(arena, split.validation());
                int[] validationLabels = some(labels, split.validation());
                run.validatedBy(transform -> mapAtR(transform, validation, validationLabels, unit));
            }
            if (options.checkpoint() != null) {
                run.checkpoint(options.checkpoint(), options.resume());
            }
            Trained trained = run.run(listener());
            Map<String, String> facts = new LinkedHashMap<>();
            facts.put("method", "head");
            facts.put("start", startName());
            facts.putAll(trained.facts());
            if (split != null) {
                facts.put("validation_share", String.valueOf(options.split()));
            }
            return new Fit(trained.transform(), facts, trained.warnings());
        }
    }

    private Recipe recipe(long seed) {
        Loss loss = Losses.parse(options.loss());
        Miner miner = Miners.parse(options.miner());
        boolean drawn = options.miner().startsWith("drawn") || options.miner().startsWith("index");
        Sampler sampler = Sampler.parse(options.sampler() != null ? options.sampler()
                : loss instanceof ClassLoss ? "epochs:256" : drawn ? "triplets:256" : "classes:32x8");
        return new Recipe(loss, EmbeddingDistance.parse(options.distance()), sampler, miner, options.steps(), options.rate(),
                seed, options.checkEvery(), options.patience());
    }

    private String startName() {
        String otherwise = options.tower().equals("linear") ? "identity" : "random";
        return options.start() == null ? otherwise : options.start();
    }

    private Transform start(Matrix rows, int[] labels, int dims, long seed) {
        if (!options.tower().equals("linear")) {
            check(options.tower().matches("mlp:[0-9]{1,5}(,[0-9]{1,5}){0,7}"), "tower: '%s' (expected linear or mlp:N[,N])",
                    options.tower());
            check(startName().equals("random"), "start: '%s' (expected random for tower %s)", startName(), options.tower());
            int[] hidden = Arrays.stream(options.tower().substring(4).split(",")).mapToInt(Integer::parseInt).toArray();
            int[] all = new int[hidden.length + 2];
            all[0] = rows.dim();
            System.arraycopy(hidden, 0, all, 1, hidden.length);
            all[all.length - 1] = dims;
            return Starts.random(seed, all);
        }
        return switch (startName()) {
            case "identity" -> Starts.identity(rows.dim(), dims);
            case "random" -> Starts.random(seed, rows.dim(), dims);
            case "pca" -> Pca.fit(rows, dims).transform();
            case "lda" -> Lda.fit(rows, labels, (int) Math.min(dims, Arrays.stream(labels).distinct().count() - 1),
                    LDA_SHRINKAGE).transform();
            default -> throw dev.perigee.PerigeeException.invalid(
                    "start: '%s' (expected identity, lda, pca or random)".formatted(startName()));
        };
    }

    private double mapAtR(Transform transform, Matrix rows, int[] labels, boolean unit) {
        try (Arena arena = Arena.ofShared()) {
            Matrix projected = Projection.of(rows, transform, backend, arena);
            if (unit) {
                UnitRows.copy(projected, projected);
            }
            Retrieval retrieval = Retrieval.leaveOneOut(projected, labels, unit ? Distance.COSINE : Distance.L2, backend, 1);
            return Arrays.stream(retrieval.mapAtR()).average().orElse(0);
        }
    }

    private Training.Listener listener() {
        return new Training.Listener() {
            private double last = Double.NaN;

            @Override
            public boolean step(int step, int steps, double loss) {
                last = loss;
                if (step % options.checkEvery() == 0 && options.split() == 0) {
                    output.note("step %d: loss %.4f", step, loss);
                }
                return progress.at("train", step, steps);
            }

            @Override
            public void validated(int step, double value, boolean best) {
                output.note("step %d: %svalidation MAP@R %.4f%s", step, Double.isNaN(last) ? "" : "loss %.4f, ".formatted(last),
                        value, best ? ", the best so far" : "");
            }
        };
    }

    private static int[] some(int[] labels, int[] numbers) {
        return Arrays.stream(numbers).map(row -> labels[row]).toArray();
    }
}
