package dev.perigee.cli;

import dev.perigee.build.Projection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.learn.Blur;
import dev.perigee.learn.RandomAffine;
import dev.perigee.learn.loss.ArcFaceLoss;
import dev.perigee.learn.loss.EmbeddingDistance;
import dev.perigee.learn.mining.Miners;
import dev.perigee.learn.tower.Recipe;
import dev.perigee.learn.tower.RowSource;
import dev.perigee.learn.tower.Sampler;
import dev.perigee.learn.tower.Starts;
import dev.perigee.learn.tower.Trained;
import dev.perigee.learn.tower.Training;
import dev.perigee.learn.transform.Pca;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * How the demo learns letters: ArcFace (Deng et al. 2019) over a tower 784-1024-256 of images that are drawn anew in every step,
 * turned, stretched, slanted, moved and blurred at random.
 */
public final class LetterRecipe {
    /**
     * Chosen on Korean, left out of learning: 1,000, 2,000 and 3,000 steps find its letters with hit@1 .870, .876 and .871, MAP@R
     * .544, .566 and .571.
     */
    public static final int STEPS = 2000;
    private static final double BLUR = 1;
    private static final int HIDDEN = 1024;
    private static final int DIMS = 256;
    private static final int BATCH = 256;

    /**
     * A way to compare images.
     *
     * @param transform what they become first; null = as they are
     */
    public record Candidate(String name, Transform transform, Distance distance) {
        /** What images become: rows of length 1 where they are compared by cosine, in memory of {@code arena}. */
        Matrix map(Matrix images, ComputeBackend backend, Arena arena) {
            Matrix mapped = transform == null ? images : Projection.of(images, transform, backend, arena);
            return distance == Distance.COSINE ? UnitRows.of(mapped, arena) : mapped;
        }
    }

    private LetterRecipe() {
    }

    /** Ways that nobody taught anything about letters. The principal components are those of {@code training}. */
    public static List<Candidate> unlearned(Matrix training) {
        return List.of(new Candidate("pixels", null, Distance.L2),
                new Candidate("pixels, cosine", null, Distance.COSINE),
                new Candidate("PCA 50", Pca.fit(training, 50).transform(), Distance.L2),
                new Candidate("blur 1", new Blur(Letters.SIDE, 1).transform(), Distance.L2),
                new Candidate("blur 1, PCA 50, cosine", blurred(training, 1), Distance.COSINE),
                new Candidate("blur 1.5, PCA 50, cosine", blurred(training, 1.5), Distance.COSINE));
    }

    private static Transform blurred(Matrix training, double sigma) {
        try (Arena arena = Arena.ofShared()) {
            Matrix blurred = blurred(training, new Blur(Letters.SIDE, sigma), arena);
            return new Blur(Letters.SIDE, sigma).transform().then(Pca.fit(blurred, 50).transform());
        }
    }

    private static Matrix blurred(Matrix images, Blur blur, Arena arena) {
        Matrix into = Matrix.allocate(arena, images.rows(), images.dim());
        float[] image = new float[images.dim()];
        for (int i = 0; i < images.rows(); i++) {
            blur.apply(images.get(i), image);
            into.set(i, image);
        }
        return into;
    }

    /** Learns; what comes out takes images as they are. */
    public static Trained train(Letters letters, int steps, long seed, ComputeBackend backend, Training.Listener listener) {
        Blur blur = new Blur(Letters.SIDE, BLUR);
        Recipe recipe = Recipe.of(new ArcFaceLoss(16, 0.3), EmbeddingDistance.COSINE, new Sampler.Epochs(BATCH),
                Miners.parse("all"),
                steps, 1e-3, seed);
        Transform start = Transform.of(Transform.Scale.centre(mean(letters.images(), blur)))
                .then(Starts.unit(Starts.random(seed, letters.images().dim(), HIDDEN, DIMS)));
        Trained trained = new Training(recipe, start, redrawn(letters.images(), blur), letters.labels(), backend).run(listener);
        Map<String, String> facts = new LinkedHashMap<>(trained.facts());
        facts.put("front", "blur of %s pixels".formatted(BLUR));
        return new Trained(blur.transform().then(trained.transform()), facts, trained.losses(), trained.validations(),
                trained.warnings());
    }

    private static double[] mean(Matrix images, Blur blur) {
        double[] mean = new double[images.dim()];
        float[] image = new float[images.dim()];
        for (int i = 0; i < images.rows(); i++) {
            blur.apply(images.get(i), image);
            for (int p = 0; p < mean.length; p++) {
                mean[p] += image[p] / images.rows();
            }
        }
        return mean;
    }

    /** Images that are another drawing whenever they are shown. */
    private static RowSource redrawn(Matrix images, Blur blur) {
        RandomAffine hand = RandomAffine.letters(Letters.SIDE);
        return new RowSource() {
            @Override
            public int rows() {
                return images.rows();
            }

            @Override
            public int dim() {
                return images.dim();
            }

            @Override
            public void read(int row, float[] into) {
                blur.apply(images.get(row), into);
            }

            @Override
            public void draw(int row, RandomGenerator random, float[] into) {
                float[] drawn = new float[into.length];
                hand.draw(images.get(row), random, drawn);
                blur.apply(drawn, into);
            }
        };
    }
}
