package dev.perigee.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.bench.peers.Setting.Index;
import dev.perigee.bench.peers.Setting.Mode;
import dev.perigee.bench.workers.Share;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PointTest {
    private static final Index INDEX = new Index("faiss", "ivf_pq_fs", Map.of());

    private static Setting setting(int probes, int refine) {
        return new Setting(INDEX, Map.of("probes", probes, "refine", refine), 10, Mode.BATCH, 1);
    }

    private static Point point(int probes, int refine, double recall, double qps) {
        return new Point(setting(probes, refine), recall, qps);
    }

    @Test
    void moreProbesAreSparedWhereAllWasFound() {
        List<Point> points = List.of(point(8, 20, 0.99, 100), point(8, 80, 0.9996, 80));
        assertThat(Point.spares(points, setting(16, 80))).isTrue();
        assertThat(Point.spares(points, setting(16, 20))).as("not all was found with these candidates").isFalse();
        assertThat(Point.spares(points, setting(4, 80))).as("fewer probes are faster").isFalse();
    }

    @Test
    void theFastestThatReachTheTargetAreLookedAtAgain() {
        List<Point> points = List.of(point(1, 20, 0.94, 900), point(2, 20, 0.96, 500), point(4, 20, 0.98, 400),
                point(3, 20, 0.959, 600), point(8, 20, 0.99, 300));
        Target target = new Target(10, Share.ALL, Mode.BATCH, 0.95);
        assertThat(Point.fastest(points, target)).as("a fifth of .05 to spare").containsExactly(setting(2, 20), setting(4, 20));
        assertThat(Point.fastest(points, new Target(10, Share.ALL, Mode.SINGLE, 0.95))).isEmpty();
        assertThat(Point.fastest(points, new Target(10, Share.ALL, Mode.BATCH, 0.999))).isEmpty();
    }

    @Test
    void curvesLeaveOutWhatAnotherBeats() {
        Point fast = point(1, 20, 0.94, 900);
        Point right = point(8, 20, 0.99, 300);
        assertThat(Point.best(List.of(right, point(2, 20, 0.93, 500), fast, point(9, 20, 0.99, 200))))
                .containsExactly(fast, right);
    }

    @Test
    void aShareIsAboutSoManyRowsAndKeepsThemAsItGrows() {
        for (int percent : new int[] {1, 10, 90}) {
            long[] rows = new Share(percent).rows(100_000);
            assertThat(rows.length).isBetween(percent * 900, percent * 1100);
            Share more = new Share(percent + 1);
            assertThat(rows).matches(some -> Arrays.stream(some).allMatch(row -> more.has((int) row)), "in a larger share too");
        }
        assertThat(Share.ALL.rows(1000)).hasSize(1000);
    }
}
