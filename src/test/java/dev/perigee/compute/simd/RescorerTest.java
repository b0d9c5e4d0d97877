package dev.perigee.compute.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The proof behind an exact answer: it succeeds on ordinary rows, and fails where it must. */
@Tag("lanes")
class RescorerTest {
    private static final int K = 10;

    /** How many of the queries were proven from their candidates alone. */
    private static int proven(Matrix rows, Matrix queries) {
        int[] proven = new int[1];
        int[] ks = new int[queries.rows()];
        Arrays.fill(ks, K);
        TopK top = new TopK(ks);
        FlatData data = FlatData.of(Distance.L2, rows, Arena.ofAuto());
        Slots slots = new Slots(data, null, null, 0);
        try (Workers workers = new Workers(1); Scratch.Pool pool = new Scratch.Pool()) {
            int[] keep = new int[queries.rows()];
            Arrays.fill(keep, Rescorer.keep(K));
            new RowSearch(workers, pool).pass(slots, queries, 0, queries.rows(), keep, top, (candidates, q, query, bound) -> {
                if (Rescorer.finish(candidates, q, bound, slots, new int[] {0}, queries, query, top)) {
                    proven[0]++;
                }
            });
        }
        for (int q = 0; q < queries.rows(); q++) { // proven or not, the answer is the exact one
            TopK exact = new TopK(new int[] {K});
            for (int row = 0; row < rows.rows(); row++) {
                exact.offer(0, Distance.L2.between(queries, q, rows, row), row);
            }
            for (int i = 0; i < K; i++) {
                assertThat(top.position(q, i)).isEqualTo(exact.position(0, i));
            }
        }
        return proven[0];
    }

    @Test
    void ordinaryRowsAreProvenAtOnce() {
        Matrix queries = Rows.GAUSSIAN.make(Distance.L2, 60, 50, 2);
        assertThat(proven(Rows.GAUSSIAN.make(Distance.L2, 2000, 50, 1), queries)).isEqualTo(60);
        assertThat(proven(Rows.GAUSSIAN.make(Distance.L2, 2000, 50, 1), queries.slice(0, 2))).as("single queries").isEqualTo(2);
    }

    @Test
    void tiesBeyondTheCandidatesAreSearchedAgain() {
        Matrix rows = Rows.DUPLICATED.make(Distance.L2, 2000, 50, 1); // some 280 copies of each row
        Matrix queries = Rows.DUPLICATED.make(Distance.L2, 60, 50, 2);
        assertThat(proven(rows, queries)).isZero();
        assertThat(proven(rows, queries.slice(0, 2))).as("single queries").isZero();
    }

    @Test
    void rowsFarFromTheMeanAreStillProven() {
        Matrix rows = Rows.SHIFTED.make(Distance.L2, 2000, 50, 1);
        assertThat(proven(rows, Rows.SHIFTED.make(Distance.L2, 60, 50, 2))).as("the mean is taken off first").isEqualTo(60);
    }

    @Test
    void theBoundHolds() {
        for (Rows kind : Rows.values()) {
            for (Distance distance : Distance.values()) {
                Matrix rows = kind.make(distance, 64, 77, 3);
                Matrix queries = kind.make(distance, 12, 77, 4);
                FlatData data = FlatData.of(distance, rows, Arena.ofAuto());
                try (Scratch.Pool pool = new Scratch.Pool();
                        Scratch memory = pool.take(Weights.bytes(12, 77) + 2 * Tile.groupBytes(77));
                        Scratch strip = pool.take(Tile.stripBytes(77))) {
                    Weights weights = Weights.of(data, queries, 0, 12, memory.address());
                    long packed = memory.address() + Weights.bytes(12, 77);
                    FloatPass.pack(weights, FloatPass.all(12), 0, 12, 77, packed);
                    Tile.packRows(rows.address(0), rows.stride(), 32, data.mean().address(0), 77, strip.address());
                    float[] products = new float[6 * 32];
                    for (int g = 0; g < 2; g++) {
                        Tile.multiply(packed + g * Tile.groupBytes(77), strip.address(), 77, products);
                        for (int i = 0; i < 6 * 32; i++) {
                            int q = g * 6 + i / 32;
                            float key = products[i] + Lanes.get(data.starts().address() + i % 32 * 4L) + weights.constants()[q];
                            double error = Math.abs(key - distance.between(queries, q, rows, i % 32));
                            assertThat(error).as("%s %s", kind, distance).isLessThanOrEqualTo(weights.bounds()[q]);
                        }
                    }
                    float[] direct = new float[64];
                    FloatPass.direct(data, queries.address(0), 0, 64, direct);
                    double length = Rescorer.length(queries, 0);
                    for (int i = 0; i < 64; i++) {
                        double error = Math.abs(direct[i] - distance.between(queries, 0, rows, i));
                        assertThat(error).as("%s %s, direct", kind, distance).isLessThanOrEqualTo(data.directBound(length, direct[i]));
                    }
                }
            }
        }
    }
}
