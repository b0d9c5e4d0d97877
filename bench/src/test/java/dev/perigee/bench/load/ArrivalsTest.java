package dev.perigee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.PerigeeException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArrivalsTest {
    @ParameterizedTest
    @EnumSource
    void asManyAsTheRateSaysInOrderAndTheSameForASeed(Arrivals arrivals) {
        long[] due = arrivals.schedule(2000, 1.5, new SplittableRandom(1));
        assertThat(due).hasSize(3000).isSorted().isEqualTo(arrivals.schedule(2000, 1.5, new SplittableRandom(1)));
        assertThat(due[0]).isNotNegative();
        assertThat(due[2999]).isLessThan(1_500_000_000L);
    }

    /** The gaps of a Poisson process are exponential: as wide as their mean, of which 1/e are longer. */
    @Test
    void poissonGapsAreExponential() {
        long[] due = Arrivals.POISSON.schedule(20_000, 1, new SplittableRandom(3));
        int longer = 0;
        for (int i = 1; i < due.length; i++) {
            longer += due[i] - due[i - 1] > 50_000 ? 1 : 0;
        }
        assertThat((double) longer / due.length).isCloseTo(Math.exp(-1), within(0.02));
    }

    @Test
    void ratesAreQueriesOrPercent() {
        assertThat(Rate.parse("50%").qps(1200)).isEqualTo(600);
        assertThat(Rate.parse("50").qps(1200)).isEqualTo(50);
        for (String wrong : new String[] {"", "%", "fast", "-1", "0%", "NaN"}) {
            assertThatThrownBy(() -> Rate.parse(wrong)).isInstanceOf(PerigeeException.class)
                    .hasMessageContaining("rates: '" + wrong);
        }
    }
}
