package dev.perigee.bench.learn;

import dev.perigee.build.Projection;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.evaluate.Retrieval;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;

/**
 * How well rows find their class, each row asked for in turn: per row whether the nearest is of it, and the average precision
 * at R.
 */
record Quality(double[] hitAt1, double[] mapAtR) {
    /** Of rows as they are. */
    static Quality of(Matrix rows, int[] labels, Distance distance, ComputeBackend backend) {
        try (Arena arena = Arena.ofShared()) {
            Retrieval retrieval = Retrieval.leaveOneOut(distance == Distance.COSINE ? UnitRows.of(rows, arena) : rows, labels, distance,
                    backend, 1);
            return new Quality(retrieval.hitAt(1), retrieval.mapAtR());
        }
    }

    /** Of rows that a transform maps first. */
    static Quality of(Matrix rows, int[] labels, Transform transform, Distance distance, ComputeBackend backend) {
        try (Arena arena = Arena.ofShared()) {
            return of(Projection.of(rows, transform, backend, arena), labels, distance, backend);
        }
    }

    /** Per row the mean of several, as of several seeds. */
    static Quality meanOf(List<Quality> runs) {
        return new Quality(meanOf(runs.stream().map(Quality::hitAt1).toList(), runs.size()),
                meanOf(runs.stream().map(Quality::mapAtR).toList(), runs.size()));
    }

    private static double[] meanOf(List<double[]> runs, int count) {
        double[] mean = new double[runs.getFirst().length];
        runs.forEach(run -> Arrays.setAll(mean, i -> mean[i] + run[i] / count));
        return mean;
    }

    double hit() {
        return Arrays.stream(hitAt1).average().orElse(Double.NaN);
    }

    double map() {
        return Arrays.stream(mapAtR).average().orElse(Double.NaN);
    }
}
