package dev.perigee.learn.transform;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.Progress;
import dev.perigee.build.Stages;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Neighbourhood components analysis: the linear map after which a soft nearest neighbour is most often of the row's own
 * class. J. Goldberger et al., Neighbourhood components analysis, 2004. It starts from the principal components and depends on
 * nothing random.
 */
public final class Nca {
    /** Each evaluation compares all pairs of rows. */
    static final int MAX_ROWS = 20_000;
    private static final int ITERATIONS = 200;
    private static final double TOLERANCE = 1e-6;

    private Nca() {
    }

    /**
     * Of rows [n, dim], n at most 20,000, and their labels [n]. Features should be of one scale.
     *
     * @param dims 1 to the number of directions in which the rows vary
     */
    public static Fit fit(Matrix rows, int[] labels, int dims, Progress progress) {
        if (rows.rows() > MAX_ROWS) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED,
                    "rows: %d (expected at most %d for nca, which compares all pairs; take a sample)".formatted(rows.rows(), MAX_ROWS));
        }
        Classes classes = Classes.of(rows, labels);
        check(dims >= 1 && dims <= rows.dim(), "dims: %d (expected 1 to %d)", dims, rows.dim());
        Fit start = Pca.fit(rows, dims);
        Features features = Features.of(rows);
        double[] a = flat(start);
        NcaObjective objective = new NcaObjective(rows, features.mean(), classes.numbers(), dims);
        double before = objective.at(a, new double[a.length]) / rows.rows();
        Stages stages = new Stages(progress);
        stages.begin("nca", ITERATIONS);
        Lbfgs.Minimum found = Lbfgs.minimise((x, gradient) -> {
            double sum = objective.at(x, gradient);
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] = -gradient[i] / rows.rows();
            }
            return -sum / rows.rows();
        }, a, ITERATIONS, TOLERANCE, (number, value) -> stages.at(number));
        stages.at(ITERATIONS);
        double[][] v = new double[dims][];
        for (int o = 0; o < dims; o++) {
            v[o] = Arrays.copyOfRange(found.x(), o * rows.dim(), (o + 1) * rows.dim());
        }
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("method", "nca");
        facts.put("rows", String.valueOf(rows.rows()));
        facts.put("classes", String.valueOf(classes.count()));
        facts.put("iterations", String.valueOf(found.iterations()));
        facts.put("objective_before", String.format(Locale.ROOT, "%.6f", before));
        facts.put("objective", String.format(Locale.ROOT, "%.6f", -found.value()));
        return new Fit(Linear.transform(features.mean(), v), facts, Features.join(List.of(start.warnings(), classes.warnings())));
    }

    private static double[] flat(Fit pca) {
        Transform.Dense dense = (Transform.Dense) pca.transform().steps().getLast();
        int dim = dense.inputDim();
        double[] a = new double[dense.outputDim() * dim];
        for (int i = 0; i < a.length; i++) {
            a[i] = dense.weights()[i / dim][i % dim];
        }
        return a;
    }
}
