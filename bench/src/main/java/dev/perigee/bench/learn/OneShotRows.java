package dev.perigee.bench.learn;

import dev.perigee.compute.Benchmark;
import dev.perigee.evaluate.Bootstrap;
import java.util.ArrayList;
import java.util.List;

/** G1 and G2: one drawing of each of 20 letters, compared without any learning. */
final class OneShotRows implements Benchmark {
    static final String FILE = "omniglot/all_runs.zip";
    /** 245 of 400 and no other number: the authors' own demo says 38.8 % error. */
    private static final Figure HAUSDORFF = Figure.atLeast("G1_accuracy", "accuracy", 0.6125, Double.NaN, "authors' demo .6125");
    private static final Figure PIXELS = Figure.atLeast("G2_accuracy", "accuracy", 0.19, Double.NaN, "Koch 2015 .217");

    private final Sources sources;

    OneShotRows(Sources sources) {
        this.sources = sources;
    }

    @Override
    public List<String> rows() {
        return Figure.names(HAUSDORFF, PIXELS);
    }

    @Override
    public List<Row> run(List<String> names) {
        List<Row> rows = new ArrayList<>();
        if (!sources.have(names, FILE)) {
            return rows;
        }
        OneShot task = OneShot.read(sources.file(FILE));
        if (names.contains(HAUSDORFF.name())) {
            rows.add(HAUSDORFF.row(Bootstrap.mean(task.right(ink -> Hausdorff.of(ink, OneShot.SIDE), Hausdorff::to), 1)));
        }
        if (names.contains(PIXELS.name())) {
            rows.add(PIXELS.row(Bootstrap.mean(task.right(ink -> ink, OneShotRows::differing), 1)));
        }
        return rows;
    }

    /** Squared L2 of images of 0 and 1. */
    private static double differing(boolean[] a, boolean[] b) {
        int count = 0;
        for (int i = 0; i < a.length; i++) {
            count += a[i] != b[i] ? 1 : 0;
        }
        return count;
    }
}
