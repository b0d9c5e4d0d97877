package dev.perigee.learn.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.api.Progress;
import dev.perigee.testing.Rows;
import dev.perigee.distance.Distance;
import dev.perigee.vector.Matrix;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NcaTest {
    @Test
    void chancesOfFourPoints() {
        Matrix rows = Tables.matrix(new double[][] {{0}, {1}, {3}, {4.5}});
        int[] classOf = {0, 0, 1, 1};
        double[] gradient = new double[1];
        assertThat(new NcaObjective(rows, new double[1], classOf, 1).at(new double[] {1}, gradient)).isCloseTo(3.803285, within(5e-7));
    }

    @Test
    void theGradientIsThatOfTheSum() {
        Matrix rows = Rows.GAUSSIAN.make(Distance.L2, 40, 5, 3);
        int[] classOf = new Random(1).ints(40, 0, 4).toArray();
        NcaObjective objective = new NcaObjective(rows, new double[] {.1, -.2, .3, 0, .5}, classOf, 3);
        double[] a = new Random(2).doubles(15, -1, 1).toArray();
        double[] gradient = new double[15];
        objective.at(a, gradient);
        double[] central = new double[15];
        double h = 1e-5;
        for (int i = 0; i < a.length; i++) {
            double[] there = a.clone();
            there[i] = a[i] + h;
            central[i] = objective.at(there, new double[15]);
            there[i] = a[i] - h;
            central[i] = (central[i] - objective.at(there, new double[15])) / (2 * h);
        }
        double largest = java.util.Arrays.stream(central).map(Math::abs).max().orElseThrow();
        assertThat(gradient).containsExactly(central, offset(1e-6 * largest));
    }

    @Test
    void rosenbrocksValleyIsFollowedToItsEnd() {
        Lbfgs.Minimum found = Lbfgs.minimise((x, g) -> {
            double a = 1 - x[0];
            double b = x[1] - x[0] * x[0];
            g[0] = -2 * a - 400 * x[0] * b;
            g[1] = 200 * b;
            return a * a + 100 * b * b;
        }, new double[] {-1.2, 1}, 200, 0, (number, value) -> { });
        assertThat(found.x()).containsExactly(new double[] {1, 1}, offset(1e-6));
    }

    @Test
    void wrongRequestsAreRefused() {
        Matrix rows = Tables.matrix(new double[][] {{0, 1}, {1, 0}, {3, 3}, {4.5, 1}});
        assertThatThrownBy(() -> Nca.fit(rows, new int[] {0, 0, 1}, 1, Progress.NONE)).hasMessage("labels: 3 (expected 4, one per row)");
        assertThatThrownBy(() -> Nca.fit(rows, new int[] {0, 0, 1, 1}, 3, Progress.NONE)).hasMessage("dims: 3 (expected 1 to 2)");
        assertThatThrownBy(() -> Nca.fit(Matrix.allocate(java.lang.foreign.Arena.ofAuto(), Nca.MAX_ROWS + 1, 1), new int[0], 1, Progress.NONE))
                .hasMessage("rows: 20001 (expected at most 20000 for nca, which compares all pairs; take a sample)");
        assertThatThrownBy(() -> Nca.fit(rows, new int[] {0, 0, 1, 1}, 1, (stage, done, total) -> false)).hasMessageContaining("cancelled during nca");
    }
}
