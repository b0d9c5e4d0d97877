package dev.perigee.learn.tower;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.build.Projection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.learn.loss.EmbeddingDistance;
import dev.perigee.learn.loss.FloatProducts;
import dev.perigee.learn.loss.Products;
import dev.perigee.learn.mining.IndexMiner;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.ToDoubleFunction;

/**
 * Trains a tower. Reproducible: the same rows, recipe, backend and device give the same weights to the bit, also when training
 * was interrupted and went on from its checkpoint.
 */
public final class Training {
    private final Recipe recipe;
    private final Transform start;
    private final RowSource source;
    private final Classes classes;
    private final ComputeBackend backend;
    private Optional<ToDoubleFunction<Transform>> validation = Optional.empty();
    private Optional<Path> checkpoint = Optional.empty();
    private boolean resume;

    /** Hears how training goes on. */
    @FunctionalInterface
    public interface Listener {
        Listener NONE = (step, steps, loss) -> true;

        /**
         * After every step.
         *
         * @param loss of the last steps, their mean, the last ones weighing most
         * @return false to stop: the checkpoint is written, if there is one, and training ends with CANCELLED
         */
        boolean step(int step, int steps, double loss);

        /** @param best the best so far, which is kept */
        default void validated(int step, double value, boolean best) {
        }
    }

    /**
     * @param start  whose dense layers learn, see {@link Starts}
     * @param source rows of the training classes
     * @param labels class of each row, any numbers
     */
    public Training(Recipe recipe, Transform start, RowSource source, int[] labels, ComputeBackend backend) {
        check(labels.length == source.rows(), "labels: %d (expected %d, one per row)", labels.length, source.rows());
        check(source.dim() == start.inputDim(), "dim: %d (expected %d, what the start takes)", source.dim(), start.inputDim());
        this.recipe = recipe;
        this.start = start;
        this.source = source;
        this.classes = new Classes(labels);
        this.backend = backend;
    }

    /** Keeps the weights of which {@code value}, on validation classes, is largest, and stops when it no longer grows. */
    public Training validatedBy(ToDoubleFunction<Transform> value) {
        validation = Optional.of(value);
        return this;
    }

    /**
     * Writes a checkpoint to that file now and then.
     *
     * @param goOn from the file if it is there: it must be of the same recipe and rows
     */
    public Training checkpoint(Path file, boolean goOn) {
        checkpoint = Optional.of(file);
        resume = goOn;
        return this;
    }

    /**
     * @throws PerigeeException CANCELLED if the listener stops it; INVALID_ARGUMENT, e.g. when weights leave the range of float32
     */
    public Trained run(Listener listener) {
        try (Tower tower = new Tower(start, recipe.sampler().batch(), backend); FloatProducts products = Products.on(backend);
                Batches batches = new Batches(source, classes, Batches.contents(source), recipe.sampler(), tower,
                        recipe.seed())) {
            return new Run(tower, products, batches, listener).whole();
        }
    }

    /** One run and its state. */
    private final class Run {
        private final Tower tower;
        private final Batches batches;
        private final Listener listener;
        private final Objective objective;
        private final double[] losses = new double[recipe.steps()];
        private final List<Trained.Validation> validations = new ArrayList<>();
        private final List<String> warnings = new ArrayList<>();
        private Transform best;
        private int tooFew;
        private double mean = Double.NaN;

        Run(Tower tower, Products products, Batches batches, Listener listener) {
            this.tower = tower;
            this.batches = batches;
            this.listener = listener;
            this.objective = new Objective(recipe, classes.count(), start.outputDim(), products);
            if (classes.single() > 0) {
                warnings.add("%d of %d classes have one row: no pairs to learn from".formatted(classes.single(),
                        classes.count()));
            }
        }

        Trained whole() {
            int step = resume && checkpoint.isPresent() && Files.exists(checkpoint.get()) ? restore() : 0;
            if (step == 0) {
                validate(0);
            }
            CompletableFuture<Batches.Batch> next = null;
            try {
                while (step < recipe.steps() && !enough()) {
                    if (minesAt(step)) {
                        mine();
                    }
                    Batches.Batch batch = next == null ? batches.draw(step) : next.join();
                    int after = step + 1;
                    next = after == recipe.steps() || minesAt(after) ? null
                            : CompletableFuture.supplyAsync(() -> batches.draw(after));
                    learn(step++, batch);
                    if (step % recipe.checkEvery() == 0 || step == recipe.steps()) {
                        validate(step);
                    }
                    boolean goOn = listener.step(step, recipe.steps(), mean);
                    if (!goOn || step % recipe.checkEvery() == 0) {
                        save(step);
                    }
                    if (!goOn) {
                        throw new PerigeeException(ErrorCode.CANCELLED, "training: stopped after step %d of %d".formatted(step,
                                recipe.steps()));
                    }
                }
            } catch (CompletionException e) {
                throw e.getCause() instanceof PerigeeException cause ? cause : e;
            } finally {
                if (next != null) {
                    next.handle((batch, failure) -> batch).join(); // it writes to memory that is freed now
                }
            }
            return result(step);
        }

        private void learn(int step, Batches.Batch batch) {
            double half = recipe.steps() / 2.0;
            Adam adam = Adam.at(step, recipe.rate() * Math.min(1, (recipe.steps() - step) / half));
            double[][] embeddings = tower.forward(batch.vectors());
            Objective.Value value = objective.of(step, embeddings, batch, adam);
            check(Double.isFinite(value.loss()), "training: loss %s at step %d (expected a number; a smaller rate may help)",
                    value.loss(), step);
            heard(step, value.active() == 0 ? Double.NaN : value.loss());
            if (value.active() > 0) {
                tower.backward(value.gradient(), adam);
            }
        }

        private void heard(int step, double loss) {
            losses[step] = loss;
            if (!Double.isNaN(loss)) {
                mean = Double.isNaN(mean) ? loss : .95 * mean + .05 * loss;
            }
        }

        private boolean minesAt(int step) {
            return recipe.miner() instanceof IndexMiner miner && step % miner.refresh() == 0;
        }

        /** Projects all rows by the weights of now, and finds their negatives. */
        private void mine() {
            IndexMiner miner = (IndexMiner) recipe.miner();
            Distance distance = recipe.distance() == EmbeddingDistance.COSINE ? Distance.COSINE : Distance.L2;
            try (Arena arena = Arena.ofShared()) {
                Matrix rows = Matrix.allocate(arena, source.rows(), source.dim());
                float[] row = new float[source.dim()];
                for (int i = 0; i < rows.rows(); i++) {
                    source.read(i, row);
                    rows.set(i, row);
                }
                Matrix projected = Projection.of(rows, tower.transform(), backend, arena);
                if (distance == Distance.COSINE) {
                    UnitRows.copy(projected, projected);
                }
                IndexMiner.Mined mined = miner.mine(projected, classes.labels(), batches.contents(), distance, backend);
                tooFew = mined.tooFew();
                batches.negatives(mined.negatives());
            }
        }

        private void validate(int step) {
            if (validation.isEmpty()) {
                return;
            }
            Transform now = tower.transform();
            double value = validation.get().applyAsDouble(now);
            boolean better = validations.stream().allMatch(v -> value > v.value());
            validations.add(new Trained.Validation(step, value));
            if (better) {
                best = now;
            }
            listener.validated(step, value, better);
        }

        private Trained.Validation bestValidation() {
            return validations.stream().reduce((a, b) -> b.value() > a.value() ? b : a).orElseThrow();
        }

        /** Whether so many looks have brought no gain. */
        private boolean enough() {
            return !validations.isEmpty() && validations.size() - 1 - validations.indexOf(bestValidation()) >= recipe.patience();
        }

        /** Negatives are found anew where training goes on, so it must go on from where they would be found. */
        private void save(int step) {
            if (checkpoint.isPresent() && (!(recipe.miner() instanceof IndexMiner) || minesAt(step))) {
                Checkpoint.write(checkpoint.get(), facts(), step, losses, validations, best, parameters());
            }
        }

        private int restore() {
            Checkpoint restored = Checkpoint.read(checkpoint.get(), facts(), recipe.steps(), parameters());
            tower.restored();
            for (int step = 0; step < restored.step(); step++) {
                heard(step, restored.losses()[step]);
            }
            validations.addAll(restored.validations());
            best = restored.best();
            return restored.step();
        }

        private List<Parameter> parameters() {
            List<Parameter> all = new ArrayList<>(tower.parameters());
            all.addAll(objective.parameters());
            return all;
        }

        private Map<String, String> facts() {
            Map<String, String> facts = recipe.facts();
            facts.put("tower", start.inputDim() + start.steps().stream().filter(s -> s instanceof Transform.Dense)
                    .map(s -> "-" + s.outputDim()).reduce("", String::concat));
            facts.put("rows", String.valueOf(source.rows()));
            facts.put("classes", String.valueOf(classes.count()));
            facts.put("content", Long.toHexString(Arrays.hashCode(batches.contents()) & 0xFFFF_FFFFL));
            return facts;
        }

        private Trained result(int steps) {
            Map<String, String> facts = facts();
            facts.put("steps_done", String.valueOf(steps));
            facts.put("final_loss", String.valueOf((float) mean));
            facts.put("trained_on", backend.name());
            if (recipe.miner() instanceof IndexMiner) {
                facts.put("anchors_with_few_negatives", String.valueOf(tooFew));
            }
            if (!validations.isEmpty()) {
                facts.put("best_step", String.valueOf(bestValidation().step()));
                facts.put("validation", String.valueOf((float) bestValidation().value()));
            }
            long idle = Arrays.stream(losses, 0, steps).filter(Double::isNaN).count();
            if (idle > 0) {
                warnings.add("%d of %d batches had nothing to learn from".formatted(idle, steps));
            }
            return new Trained(best == null ? tower.transform() : best, facts, Arrays.copyOf(losses, steps),
                    List.copyOf(validations),
                    List.copyOf(warnings));
        }
    }
}
