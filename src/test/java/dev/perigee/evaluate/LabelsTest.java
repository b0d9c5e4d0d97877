package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LabelsTest {
    @Test
    void classesAreNumberedInTheOrderOfTheirValues() {
        Labels texts = Labels.of(List.of("pear", "apple", "pear", "fig"));
        assertThat(texts.numbers()).containsExactly(2, 0, 2, 1);
        assertThat(texts.classes()).isEqualTo(3);
        assertThat(texts.name(2)).isEqualTo("pear");
        assertThat(texts.size(2)).isEqualTo(2);
        assertThat(texts.singletons()).isEqualTo(2);
        Labels integers = Labels.of(new long[] {10, 9, -1, 10});
        assertThat(integers.numbers()).containsExactly(2, 1, 0, 2);
        assertThat(integers.name(0)).isEqualTo("-1");
    }
}
