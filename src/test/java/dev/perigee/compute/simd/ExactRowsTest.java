package dev.perigee.compute.simd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.testing.Answers;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Distances to rows that lie anywhere are those of the definition, and merging them at once is offering them one by one. */
@Tag("lanes")
class ExactRowsTest {
    private static final int ROWS = 60;
    private final SplittableRandom random = new SplittableRandom(1);

    @ParameterizedTest
    @EnumSource(Distance.class)
    void everyKernelGivesTheBitsOfTheDefinition(Distance distance) {
        try (Arena arena = Arena.ofConfined()) {
            for (int dim : new int[] {1, 7, 8, 9, 16, 17, 31, 32, 33, 100, 128, 784}) {
                Matrix rows = random(arena, ROWS, dim);
                Matrix queries = random(arena, 2, dim);
                for (int count = 1; count <= 19; count++) {
                    long[] entries = random.ints(count + 1, 0, ROWS).mapToLong(row -> Candidates.entry(-row, row)).toArray();
                    for (ExactRows kernel : ExactRows.all()) {
                        double[] distances = new double[count + 1];
                        kernel.between(distance, queries, 1, rows, entries, count, distances);
                        for (int i = 0; i < count; i++) {
                            assertThat(distances[i]).as("%s, dim %d, %d of %d", kernel.name(), dim, i, count)
                                    .isEqualTo(distance.between(queries, 1, rows, (int) entries[i]));
                        }
                        assertThat(distances[count]).as("beyond %d", count).isZero();
                    }
                }
            }
        }
    }

    @Test
    void aCallOfManyTermsGoesInParts() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix rows = random(arena, 3, 4000);
            long[] entries = new long[300];
            Arrays.setAll(entries, i -> i % 3);
            for (ExactRows kernel : ExactRows.all()) {
                double[] distances = new double[300];
                kernel.between(Distance.L2, rows, 0, rows, entries, 300, distances);
                for (int i = 0; i < 300; i++) {
                    assertThat(distances[i]).as(kernel.name()).isEqualTo(Distance.L2.between(rows, 0, rows, i % 3));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Distance.class)
    void mergingAtOnceIsOfferingOneByOne(Distance distance) {
        Refinement refinement = new Refinement();
        try (Arena arena = Arena.ofConfined()) {
            for (int k : new int[] {1, 5, 40, 200}) {
                Matrix rows = random(arena, 300, 8);
                for (int i = 0; i < 200; i++) {
                    rows.copy(rows, random.nextInt(6), i, 1); // many distances are equal
                }
                rows.set(299, new float[8]);
                Matrix queries = random(arena, 1, 8);
                FlatData data = FlatData.of(distance, rows, arena);
                TopK together = new TopK(new int[] {k});
                TopK oneByOne = new TopK(new int[] {k});
                for (int segment : new int[] {1, 0, 2}) {
                    long[] entries = random.ints(0, 300).distinct().limit(1 + random.nextInt(250)).mapToLong(r -> r).toArray();
                    refinement.merge(data, segment, queries, 0, entries, entries.length, together);
                    for (long row : entries) {
                        oneByOne.offer(0, distance.between(queries, 0, rows, (int) row), TopK.at(segment, (int) row));
                    }
                }
                Answers.assertSame(together, oneByOne, "%d places".formatted(k));
            }
        }
    }

    private Matrix random(Arena arena, int rows, int dim) {
        Matrix matrix = Matrix.allocate(arena, rows, dim);
        for (int i = 0; i < rows; i++) {
            for (int t = 0; t < dim; t++) {
                matrix.set(i, t, (float) (random.nextGaussian() * Math.exp(random.nextGaussian() * 3)));
            }
        }
        return matrix;
    }
}
