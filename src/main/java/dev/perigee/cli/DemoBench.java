package dev.perigee.cli;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionInfo;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.client.Client;
import dev.perigee.collection.Truth;
import dev.perigee.evaluate.Recall;
import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks a server what the demo wants to know of its indexes, and judges the answers by exact search. */
final class DemoBench {
    private static final int SINGLES = 1000;
    /** The recall that the table is about. */
    static final double TARGET = 0.98;
    static final int ROUNDS = 5;
    /** A point whose recall is no more than this above that of the one before it is the last: more probes are only slower. */
    private static final double GAIN = 0.001;

    private final Client client;
    private final Truth truth;
    private final Matrix queries;
    private final Progress progress;
    private final double[] kth;

    /** @param truth of the rows in each of the collections */
    DemoBench(Client client, Truth truth, Matrix queries, Progress progress) {
        this.client = client;
        this.truth = truth;
        this.queries = queries;
        this.progress = progress;
        this.kth = truth.kthDistances(queries, DemoIndex.K);
    }

    /** A line of the table. */
    record Measured(DemoIndex index, double recall, Timing timing, CollectionInfo info) {
    }

    /** A point of the plot. */
    record Point(int probes, double recall, double qps) {
    }

    /** A point before it is one. */
    private record Run(DemoIndex index, SearchRequest request, double recall, double[] seconds) {
    }

    /** The index with the fewest probes, of those of its sweep, that find {@link #TARGET}; with the most if none do. */
    DemoIndex tuned(DemoIndex index) {
        for (SearchRequest request : index.sweep()) {
            if (recall(client.search(index.name(), queries, request)) >= TARGET) {
                return index.with(request);
            }
        }
        return index.with(index.sweep().getLast());
    }

    /** Recall and speed of each index as the table has it. */
    List<Measured> measure(List<DemoIndex> indexes) {
        List<Measured> table = new ArrayList<>();
        for (DemoIndex index : indexes) {
            step("measure", table.size(), indexes.size());
            Timing timing = Timing.of(queries, index.request(), SINGLES,
                    (some, request) -> client.search(index.name(), some, request));
            table.add(new Measured(index, recall(timing.answer()), timing, client.info(index.name())));
        }
        step("measure", indexes.size(), indexes.size());
        return table;
    }

    /**
     * Points with more and more probes. All of them in turn, and that several times, so that a moment in which the machine is
     * busy with something else is nobody's alone; the fastest time counts, which is the least disturbed.
     */
    Map<DemoIndex, List<Point>> sweep(List<DemoIndex> indexes) {
        List<Run> runs = new ArrayList<>();
        for (DemoIndex index : indexes) {
            double before = -1;
            for (SearchRequest request : index.sweep()) {
                double recall = recall(client.search(index.name(), queries, request));
                runs.add(new Run(index, request, recall, new double[ROUNDS]));
                if (recall - before <= GAIN || recall == 1) {
                    break;
                }
                before = recall;
            }
        }
        for (int round = 0; round < ROUNDS; round++) {
            step("probes", round, ROUNDS);
            for (Run run : runs) {
                long started = System.nanoTime();
                client.search(run.index().name(), queries, run.request());
                run.seconds()[round] = (System.nanoTime() - started) * 1e-9;
            }
        }
        step("probes", ROUNDS, ROUNDS);
        Map<DemoIndex, List<Point>> points = new LinkedHashMap<>();
        for (Run run : runs) {
            Arrays.sort(run.seconds());
            points.computeIfAbsent(run.index(), index -> new ArrayList<>()).add(new Point(run.request().probes().orElse(0),
                    run.recall(), queries.rows() / run.seconds()[0]));
        }
        return points;
    }

    private void step(String stage, int done, int total) {
        if (!progress.at(stage, done, total)) {
            throw new PerigeeException(ErrorCode.CANCELLED, "cancelled during %s, at %d of %d".formatted(stage, done, total));
        }
    }

    private double recall(SearchResult result) {
        return Recall.byDistance(result.ids(), truth.distances(queries, result.ids(), result.k()), kth, DemoIndex.K,
                truth.rows());
    }
}
