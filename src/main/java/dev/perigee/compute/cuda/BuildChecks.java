package dev.perigee.compute.cuda;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Points;
import dev.perigee.compute.ScalarBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Training and encoding that must give the numbers of the reference, to the last bit. */
final class BuildChecks {
    /** @param dim a multiple of four */
    record Shape(int rows, int dim, int centroids) {
    }

    private static final int DSUB = 4;
    private static final int WORDS = 256;

    private final CudaBackend backend;

    BuildChecks(CudaBackend backend) {
        this.backend = backend;
    }

    /** @return how many rows were right */
    int compare(SeededRows kind, Shape shape) {
        try (Arena arena = Arena.ofShared(); ComputeBackend scalar = new ScalarBackend()) {
            Matrix rows = kind.make(arena, Distance.L2, shape.rows, shape.dim, 31);
            Matrix expected = kind.make(arena, Distance.L2, shape.centroids, shape.dim, 32);
            Matrix moved = Matrix.allocate(arena, shape.centroids, shape.dim);
            moved.copy(expected, 0, 0, shape.centroids);
            try (Points here = scalar.points(rows, shape.centroids); Points there = backend.points(rows, shape.centroids)) {
                for (int round = 0; round < 2; round++) {
                    String what = "%s, %s, round %d".formatted(kind, shape, round);
                    boolean changed = here.assign(FlatData.of(Distance.L2, expected, arena));
                    ReferenceAnswers.check(there.assign(FlatData.of(Distance.L2, moved, arena)) == changed, "%s: changed", what);
                    int[] right = new int[shape.rows];
                    int[] labels = new int[shape.rows];
                    here.labels(right);
                    there.labels(labels);
                    int row = Arrays.mismatch(labels, right);
                    ReferenceAnswers.check(row < 0, "%s: row %d: another centroid", what, row);
                    ReferenceAnswers.check(Arrays.equals(there.means(moved), here.means(expected)), "%s: sizes", what);
                    for (int c = 0; c < shape.centroids; c++) {
                        ReferenceAnswers.check(Arrays.equals(moved.get(c), expected.get(c)), "%s: another mean of list %d", what, c);
                    }
                }
            }
            encode(kind, arena, scalar, rows);
            return shape.rows;
        }
    }

    private void encode(SeededRows kind, Arena arena, ComputeBackend scalar, Matrix rows) {
        int m = rows.dim() / DSUB;
        List<FlatData> words = IntStream.range(0, m).mapToObj(s ->
                FlatData.of(Distance.L2, kind.make(arena, Distance.L2, WORDS, DSUB, 33 + s), arena)).toList();
        int[] right = new int[rows.rows() * m];
        int[] codes = new int[rows.rows() * m];
        scalar.encode(rows, words, right);
        backend.encode(rows, words, codes);
        int at = Arrays.mismatch(codes, right);
        ReferenceAnswers.check(at < 0, "%s: row %d, part %d: another word", kind, at / m, at % m);
    }
}
