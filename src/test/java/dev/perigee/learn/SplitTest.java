package dev.perigee.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitTest {
    private static final double[] SHARES = {70, 15, 15};

    /** Class c has c + 1 rows, mixed. */
    private static int[] labels(int classes) {
        List<Integer> labels = new ArrayList<>();
        for (int c = 0; c < classes; c++) {
            labels.addAll(java.util.Collections.nCopies(c + 1, c));
        }
        java.util.Collections.shuffle(labels, new java.util.Random(3));
        return labels.stream().mapToInt(Integer::intValue).toArray();
    }

    private static Set<Integer> classes(int[] labels, int[] rows) {
        return Arrays.stream(rows).map(row -> labels[row]).boxed().collect(Collectors.toSet());
    }

    @Test
    void noClassStandsOnTwoSidesAndNoRowIsLost() {
        int[] labels = labels(40);
        Split split = Split.byClass(labels, SHARES, 7);
        List<Set<Integer>> sides = List.of(classes(labels, split.train()), classes(labels, split.validation()), classes(labels,
                split.test()));
        assertThat(sides.stream().map(Set::size)).containsExactly(28, 6, 6);
        assertThat(sides.stream().flatMap(Set::stream)).doesNotHaveDuplicates();
        assertThat(IntStream.concat(IntStream.of(split.train()), IntStream.concat(IntStream.of(split.validation()),
                IntStream.of(split.test())))
                .sorted()).containsExactlyElementsOf(IntStream.range(0, labels.length).boxed().toList());
        assertThat(split.train()).isSorted();
    }

    @Test
    void everySideHasLargeAndSmallClasses() {
        int[] labels = labels(40);
        for (int seed = 0; seed < 20; seed++) {
            Split split = Split.byClass(labels, SHARES, seed);
            for (int[] side : List.of(split.train(), split.validation(), split.test())) {
                Set<Integer> classes = classes(labels, side);
                double mean = classes.stream().mapToInt(c -> c + 1).average().orElseThrow();
                assertThat(mean).as("rows of a class, seed %d", seed).isBetween(16.0, 25.0); // of all: 20.5
            }
        }
    }

    @Test
    void aSeedIsASplit() {
        int[] labels = labels(40);
        assertThat(Split.byClass(labels, SHARES, 7).test()).isEqualTo(Split.byClass(labels, SHARES, 7).test())
                .isNotEqualTo(Split.byClass(labels, SHARES, 8).test());
    }

    @Test
    void aSmallShareStillGetsAClassAndNoShareGetsNone() {
        int[] labels = labels(5);
        Split split = Split.byClass(labels, new double[] {.9, .05, .05}, 1);
        assertThat(classes(labels, split.train())).hasSize(3);
        assertThat(classes(labels, split.test())).hasSize(1);
        assertThat(Split.byClass(labels, new double[] {.8, 0, .2}, 1).validation()).isEmpty();
    }

    @Test
    void refusesWhatCannotBeSplit() {
        assertThatThrownBy(() -> Split.byClass(new int[] {4, 4, 9}, SHARES, 1)).isInstanceOf(PerigeeException.class)
                .hasMessageContaining("classes: 2 (expected at least 3");
        assertThatThrownBy(() -> Split.byClass(labels(5), new double[] {0, 1, 1}, 1)).hasMessageContaining("split: ");
    }

    @Test
    void equalRowsOnTwoSidesAreTold() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix rows = Matrix.copyOf(arena, new float[][] {{1, 2}, {3, 4}, {1, 2}, {5, 6}, {1, 2}, {5, 6}});
            Split split = new Split(new int[] {0, 2}, new int[] {1, 3}, new int[] {4, 5});
            assertThat(split.leaks(rows)).containsExactly(new Split.Leak(0, 4), new Split.Leak(3, 5));
        }
    }
}
