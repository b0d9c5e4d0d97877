package dev.perigee.bench.learn;

import dev.perigee.api.Progress;
import dev.perigee.backend.Backends;
import dev.perigee.bench.RandomRows;
import dev.perigee.compute.Benchmark;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.evaluate.Neighbours;
import dev.perigee.learn.mining.Contents;
import dev.perigee.learn.mining.IndexMiner;
import dev.perigee.learn.transform.Mahalanobis;
import dev.perigee.learn.transform.Shrinkage;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * G13: distances that are made of others order rows as those do. Counted are pairs that exact search puts the other way round
 * although their distances, in double, differ by more than the rounding of the rows to float32 can explain.
 */
final class IdentityRows implements Benchmark {
    private static final Figure VIOLATIONS = Figure.atMost("G13_violations", "pairs", 0, "of 5 identities");
    private static final int ROWS = 2000;
    private static final int QUERIES = 100;
    private static final int DIM = 48;
    private static final int CLASSES = 40;
    /** Half a unit in the last place of float32. */
    private static final double ROUNDING = 0x1p-24;
    /** Of what is summed up in double. */
    private static final double SUMS = 1e-13;

    private final ComputeBackend backend;

    IdentityRows(ComputeBackend backend) {
        this.backend = backend;
    }

    @Override
    public List<String> rows() {
        return Figure.names(VIOLATIONS);
    }

    @Override
    public List<Row> run(List<String> names) {
        try (Arena arena = Arena.ofShared()) {
            Matrix rows = scattered(arena);
            return List.of(VIOLATIONS.row(mahalanobis(rows, arena) + cosine(rows, arena) + innerProduct(rows, arena)
                    + towers(rows, arena) + mined(rows, arena)));
        }
    }

    /** Features of different widths that depend on each other. */
    private static Matrix scattered(Arena arena) {
        SplittableRandom random = new SplittableRandom(13);
        Matrix rows = Matrix.allocate(arena, ROWS, DIM);
        for (int i = 0; i < ROWS; i++) {
            double shared = random.nextGaussian();
            for (int t = 0; t < DIM; t++) {
                rows.set(i, t, (float) ((shared + random.nextGaussian()) * Math.exp(t % 5 - 2) + t));
            }
        }
        return rows;
    }

    /** Of queries and rows as they are: the exact distance in double, smaller is nearer, and how far rounding may take it. */
    private interface Exact {
        double distance(int query, int row);

        double bound(int query, int row);
    }

    /** Mahalanobis = L2 after V. */
    private int mahalanobis(Matrix rows, Arena arena) {
        Transform transform = Mahalanobis.fit(rows, new Shrinkage.LedoitWolf()).transform();
        Matrix mapped = Matrix.allocate(arena, ROWS, transform.outputDim());
        transform.apply(rows, mapped);
        double[][] m = squared(((Transform.Dense) transform.steps().getLast()).weights());
        return violations(mapped, mapped, Distance.L2, new Exact() {
            @Override
            public double distance(int query, int row) {
                float[] x = rows.get(query);
                float[] y = rows.get(row);
                double sum = 0;
                for (int i = 0; i < DIM; i++) {
                    double line = 0;
                    for (int j = 0; j < DIM; j++) {
                        line += m[i][j] * ((double) x[j] - y[j]);
                    }
                    sum += line * ((double) x[i] - y[i]);
                }
                return sum;
            }

            @Override
            public double bound(int query, int row) {
                double moved = ROUNDING * (norm(mapped.get(query)) + norm(mapped.get(row)));
                return moved * (2 * Math.sqrt(distance(query, row)) + moved) + SUMS * moved / ROUNDING * moved / ROUNDING;
            }
        });
    }

    /** V^T V. */
    private static double[][] squared(float[][] v) {
        double[][] m = new double[v[0].length][v[0].length];
        for (float[] line : v) {
            for (int i = 0; i < line.length; i++) {
                for (int j = 0; j < line.length; j++) {
                    m[i][j] += (double) line[i] * line[j];
                }
            }
        }
        return m;
    }

    /** Cosine = L2 of unit rows. */
    private int cosine(Matrix rows, Arena arena) {
        Matrix unit = UnitRows.of(rows, arena);
        return violations(unit, unit, Distance.L2, new Exact() {
            @Override
            public double distance(int query, int row) {
                float[] x = rows.get(query);
                float[] y = rows.get(row);
                return 2 - 2 * dot(x, y) / (norm(x) * norm(y)); // |x - y|^2 of unit vectors
            }

            @Override
            public double bound(int query, int row) {
                return 2 * ROUNDING * (2 * Math.sqrt(Math.max(0, distance(query, row))) + 2 * ROUNDING) + SUMS;
            }
        });
    }

    /** The largest inner product = the nearest by L2 once rows have one more value that makes all of one length. */
    private int innerProduct(Matrix rows, Arena arena) {
        double longest = 0;
        for (int i = 0; i < ROWS; i++) {
            longest = Math.max(longest, norm(rows.get(i)));
        }
        Matrix augmented = Matrix.allocate(arena, ROWS, DIM + 1);
        Matrix queries = Matrix.allocate(arena, QUERIES, DIM + 1);
        for (int i = 0; i < ROWS; i++) {
            float[] row = Arrays.copyOf(rows.get(i), DIM + 1);
            if (i < QUERIES) {
                queries.set(i, row);
            }
            row[DIM] = (float) Math.sqrt(longest * longest - dot(row, row));
            augmented.set(i, row);
        }
        double length = longest;
        return violations(queries, augmented, Distance.L2, new Exact() {
            @Override
            public double distance(int query, int row) {
                return -2 * dot(rows.get(query), rows.get(row));
            }

            @Override
            public double bound(int query, int row) {
                double last = augmented.get(row, DIM);
                return 2 * last * last * ROUNDING + SUMS * length * length; // only the last value was rounded
            }
        });
    }

    /** (A q)(B x) = (B^T A q) x: two linear towers fold into the query. */
    private int towers(Matrix rows, Arena arena) {
        int dims = 16;
        Matrix a = RandomRows.of(dims, DIM, 1, arena);
        Matrix b = RandomRows.of(dims, DIM, 2, arena);
        Matrix folded = Matrix.allocate(arena, QUERIES, DIM);
        double[][] queries = new double[QUERIES][];
        for (int q = 0; q < QUERIES; q++) {
            queries[q] = product(a, rows.get(q));
            float[] query = new float[DIM];
            for (int t = 0; t < DIM; t++) {
                double sum = 0;
                for (int o = 0; o < dims; o++) {
                    sum += queries[q][o] * b.get(o, t);
                }
                query[t] = (float) sum;
            }
            folded.set(q, query);
        }
        return violations(folded, rows, Distance.INNER_PRODUCT, new Exact() {
            @Override
            public double distance(int query, int row) {
                double[] x = product(b, rows.get(row));
                double sum = 0;
                for (int o = 0; o < x.length; o++) {
                    sum += queries[query][o] * x[o];
                }
                return -sum;
            }

            @Override
            public double bound(int query, int row) {
                return (ROUNDING + SUMS) * norm(folded.get(query)) * norm(rows.get(row));
            }
        });
    }

    private static double[] product(Matrix weights, float[] x) {
        double[] y = new double[weights.rows()];
        for (int o = 0; o < y.length; o++) {
            y[o] = dot(weights.get(o), x);
        }
        return y;
    }

    /** Pairs of consecutive-or-later answers that stand the wrong way round by more than both of their bounds. */
    private int violations(Matrix queries, Matrix rows, Distance distance, Exact exact) {
        int[] k = new int[QUERIES];
        Arrays.fill(k, ROWS);
        int[] violations = new int[1];
        try (Neighbours neighbours = Neighbours.among(rows, distance, backend)) {
            neighbours.of(queries.slice(0, QUERIES), k, Progress.NONE, (query, found, distances, count) -> {
                double farthest = Double.NEGATIVE_INFINITY;
                for (int rank = 0; rank < count; rank++) {
                    double d = exact.distance(query, found[rank]);
                    double bound = exact.bound(query, found[rank]);
                    violations[0] += d + bound < farthest ? 1 : 0;
                    farthest = Math.max(farthest, d - bound);
                }
            });
        }
        return violations[0];
    }

    /** Rows whose negatives, mined through the index, are others on another backend. */
    private int mined(Matrix rows, Arena arena) {
        int[] labels = new int[ROWS];
        Arrays.setAll(labels, i -> i % CLASSES);
        long[] contents = new long[ROWS];
        Arrays.setAll(contents, i -> Contents.hash(rows.get(i)));
        Matrix unit = UnitRows.of(rows, arena);
        IndexMiner miner = new IndexMiner(10, 0, 50, .05, false, 100);
        List<int[][]> sets = new ArrayList<>();
        try (ComputeBackend scalar = Backends.open("scalar", 0)) {
            for (ComputeBackend each : List.of(scalar, backend)) {
                sets.add(miner.mine(rows, labels, contents, Distance.L2, each).negatives());
                sets.add(miner.mine(unit, labels, contents, Distance.COSINE, each).negatives());
            }
        }
        int different = 0;
        for (int i = 0; i < ROWS; i++) {
            different += Arrays.equals(sets.get(0)[i], sets.get(2)[i]) && Arrays.equals(sets.get(1)[i], sets.get(3)[i]) ? 0 : 1;
        }
        return different;
    }

    private static double dot(float[] x, float[] y) {
        double sum = 0;
        for (int t = 0; t < Math.min(x.length, y.length); t++) {
            sum += (double) x[t] * y[t];
        }
        return sum;
    }

    private static double norm(float[] x) {
        return Math.sqrt(dot(x, x));
    }
}
