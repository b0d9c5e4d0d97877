package dev.perigee.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.PerigeeException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IntervalTest {
    @Test
    void wilson() {
        // from Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I
        assertThat(Interval.wilson(81, 263).low()).isCloseTo(.2553, within(5e-5));
        assertThat(Interval.wilson(81, 263).high()).isCloseTo(.3662, within(5e-5));
        assertThat(Interval.wilson(0, 20).high()).isCloseTo(.1611, within(5e-5));
        assertThat(Interval.wilson(0, 20).low()).isZero();
        assertThat(Interval.wilson(1, 29).low()).isCloseTo(.0061, within(5e-5));
        assertThat(Interval.wilson(1, 29).high()).isCloseTo(.1718, within(5e-5));
    }

    private static double[] drawn(int n, double chance, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return random.doubles(n).map(x -> x < chance ? 1 : 0).toArray();
    }

    @Test
    void aResampledMeanHasTheSpreadOfTheNormalOne() {
        double[] values = drawn(4_000, .3, 1);
        Interval interval = Bootstrap.mean(values, 5);
        double half = 1.96 * Math.sqrt(interval.value() * (1 - interval.value()) / 4_000);
        assertThat(interval.low()).isCloseTo(interval.value() - half, within(half / 8));
        assertThat(interval.high()).isCloseTo(interval.value() + half, within(half / 8));
        assertThat(Bootstrap.mean(values, 5)).isEqualTo(interval);
        assertThat(Bootstrap.mean(values, 6)).isNotEqualTo(interval);
    }

    @Test
    void nineteenOfTwentyIntervalsHoldTheTruth() {
        int held = 0;
        for (int i = 0; i < 200; i++) {
            Interval interval = Bootstrap.mean(drawn(200, .4, i), i);
            held += interval.low() <= .4 && .4 <= interval.high() ? 1 : 0;
        }
        assertThat(held).isBetween(180, 198);
    }

    @Test
    void pairingFindsWhatTwoIntervalsHide() {
        double[] those = drawn(1_000, .5, 1);
        double[] these = those.clone();
        for (int i = 0, better = 0; better < 12; i++) {
            better += these[i] == 0 ? 1 : 0;
            these[i] = 1;
        }
        Interval difference = Bootstrap.difference(these, those, 3);
        assertThat(difference.value()).isCloseTo(.012, within(1e-12));
        assertThat(difference.excludesZero()).isTrue();
        assertThat(Bootstrap.mean(these, 3).low()).isLessThan(Bootstrap.mean(those, 3).value());
        assertThat(Bootstrap.difference(those, those, 3).excludesZero()).isFalse();
        assertThatThrownBy(() -> Bootstrap.difference(these, new double[2], 1)).isInstanceOf(PerigeeException.class)
                .hasMessage("bootstrap: 1000 queries and 2 (expected the same queries of both)");
    }

    @Test
    void aRatioIsOfSums() {
        Interval ratio = Bootstrap.ratio(new double[] {8, 1, 0}, new double[] {10, 2, 4}, 1);
        assertThat(ratio.value()).isEqualTo(.5625);
        assertThat(ratio.low()).isBetween(0.0, .5);
        assertThat(ratio.high()).isBetween(.6, .8);
        assertThat(Bootstrap.mean(new double[0], 1)).isEqualTo(new Interval(Double.NaN, Double.NaN, Double.NaN));
    }
}
