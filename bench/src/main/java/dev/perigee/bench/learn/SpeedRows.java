package dev.perigee.bench.learn;

import static dev.perigee.PerigeeException.check;

import dev.perigee.bench.RandomRows;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.dataset.Vectors;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Silhouette;
import dev.perigee.learn.loss.EmbeddingDistance;
import dev.perigee.learn.loss.Losses;
import dev.perigee.learn.mining.Miners;
import dev.perigee.learn.tower.Recipe;
import dev.perigee.learn.tower.RowSource;
import dev.perigee.learn.tower.Sampler;
import dev.perigee.learn.tower.Starts;
import dev.perigee.learn.tower.Trained;
import dev.perigee.learn.tower.Training;
import dev.perigee.learn.transform.Lda;
import dev.perigee.learn.transform.Shrinkage;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** How long learning and judging take, on all cores. */
final class SpeedRows implements Benchmark {
    private static final Figure LDA = Figure.atMost("speed_lda_15000x384_s", "s", 2, "");
    private static final Figure STEPS = Figure.atMost("speed_500_triplet_steps_s", "s", 10, "");
    private static final Figure SILHOUETTE = Figure.of("speed_silhouette_60000x784_s", "s");
    private static final Figure OF_PAIRS = Figure.atMost("speed_silhouette_of_all_pairs", "ratio", 1.5, "all pairs by multiply");
    private static final int LDA_ROWS = 15_000;
    private static final int DIM = 384;
    private static final int CLASSES = 100;
    private static final String IMAGES = "fashion-mnist/train-images-idx3-ubyte.gz";
    private static final String LABELS = "fashion-mnist/train-labels-idx1-ubyte.gz";
    private static final int BLOCK = 1024;

    private final Sources sources;
    private final ComputeBackend backend;

    SpeedRows(Sources sources, ComputeBackend backend) {
        this.sources = sources;
        this.backend = backend;
    }

    @Override
    public List<String> rows() {
        return Figure.names(LDA, STEPS, SILHOUETTE, OF_PAIRS);
    }

    @Override
    public List<Row> run(List<String> names) {
        List<Row> rows = new ArrayList<>();
        try (Arena arena = Arena.ofShared()) {
            if (names.contains(LDA.name()) || names.contains(STEPS.name())) {
                int[] labels = new int[LDA_ROWS];
                Arrays.setAll(labels, i -> i % CLASSES);
                Matrix vectors = scattered(labels, arena);
                if (names.contains(LDA.name())) {
                    rows.add(LDA.row(lda(vectors, labels)));
                }
                if (names.contains(STEPS.name())) {
                    rows.add(STEPS.row(triplets(vectors, labels)));
                }
            }
            if ((names.contains(SILHOUETTE.name()) || names.contains(OF_PAIRS.name())) && sources.have(names, IMAGES, LABELS)) {
                rows.addAll(silhouette(names, arena));
            }
        }
        return rows;
    }

    /** Rows about the middles of their classes. */
    private static Matrix scattered(int[] labels, Arena arena) {
        Matrix middles = RandomRows.of(CLASSES, DIM, 1, arena);
        Matrix rows = RandomRows.of(labels.length, DIM, 2, arena);
        for (int i = 0; i < labels.length; i++) {
            for (int t = 0; t < DIM; t++) {
                rows.set(i, t, 2 * rows.get(i, t) + middles.get(labels[i], t));
            }
        }
        return rows;
    }

    /** The faster of two: the first compiles. */
    private static double lda(Matrix vectors, int[] labels) {
        double fastest = Double.POSITIVE_INFINITY;
        for (int run = 0; run < 2; run++) {
            long started = System.nanoTime();
            Lda.fit(vectors, labels, CLASSES - 1, new Shrinkage.Fixed(.5));
            fastest = Math.min(fastest, seconds(started));
        }
        return fastest;
    }

    /** 500 steps of 256 triplets, 384 to 128, forward, back and Adam. */
    private double triplets(Matrix vectors, int[] labels) {
        Recipe recipe = Recipe.of(Losses.parse("triplet:margin=0.2"), EmbeddingDistance.COSINE, Sampler.parse("triplets:256"),
                Miners.parse("drawn"), 500, 1e-4, 1);
        long started = System.nanoTime();
        Trained trained = new Training(recipe, Starts.unit(Starts.identity(DIM, 128)), RowSource.of(vectors), labels, backend)
                .run(Training.Listener.NONE);
        double seconds = seconds(started);
        double first = Arrays.stream(trained.losses(), 0, 50).filter(loss -> !Double.isNaN(loss)).average().orElse(0);
        double last = Arrays.stream(trained.losses(), 450, 500).filter(loss -> !Double.isNaN(loss)).average().orElse(0);
        check(last < first, "training: the loss went from %s to %s (expected less)", first, last);
        return seconds;
    }

    private List<Row> silhouette(List<String> names, Arena arena) {
        Matrix images = Vectors.read(sources.file(IMAGES), arena);
        int[] labels = Arrays.stream(Vectors.readIds(sources.file(LABELS), Optional.empty())).mapToInt(Math::toIntExact)
                .toArray();
        double pairs = allPairs(images, arena);
        long started = System.nanoTime();
        Silhouette silhouette = Silhouette.of(images, labels, Distance.L2, backend);
        double seconds = seconds(started);
        check(silhouette.perRow().length == images.rows(), "silhouette: %d rows (expected %d)", silhouette.perRow().length,
                images.rows());
        List<Row> rows = new ArrayList<>();
        if (names.contains(SILHOUETTE.name())) {
            rows.add(SILHOUETTE.row(seconds));
        }
        if (names.contains(OF_PAIRS.name())) {
            rows.add(OF_PAIRS.row(seconds / pairs));
        }
        return rows;
    }

    /** Seconds of the products of all rows with all rows, from every eighth block of them. */
    private double allPairs(Matrix images, Arena arena) {
        Matrix into = Matrix.allocate(arena, BLOCK, BLOCK);
        double seconds = 0;
        int measured = 0;
        int blocks = images.rows() / BLOCK;
        for (int block = 0; block < blocks; block += 8) {
            Matrix some = images.slice(block * BLOCK, (block + 1) * BLOCK);
            long started = System.nanoTime();
            for (int other = 0; other < blocks; other++) {
                backend.multiply(some, images.slice(other * BLOCK, (other + 1) * BLOCK), into);
            }
            seconds += seconds(started);
            measured++;
        }
        return seconds / measured / blocks * ((double) images.rows() / BLOCK) * ((double) images.rows() / BLOCK);
    }

    private static double seconds(long started) {
        return (System.nanoTime() - started) * 1e-9;
    }
}
