package dev.perigee.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way, with Perigee in process and over RPC: prepared data, processes, rounds and recall. */
class PerigeeEnginesTest {
    private static final Synthetic FEW = new Synthetic(2000, 20, 10, 0.5, 0, 60, 3);

    @TempDir
    private Path folder;

    private final List<float[]> rows = new ArrayList<>();
    private final List<float[]> queries = new ArrayList<>();

    @BeforeEach
    void make() {
        FEW.make(row -> rows.add(row.clone()), row -> queries.add(row.clone()));
    }

    private Catalogue.Data data(String distance) {
        return Catalogue.parse("""
                data:
                  few:
                    synthetic: {rows: 2000, dim: 20, clusters: 10, noise: 0.5, queries: 60, seed: 3}
                    distance: %s
                    curves:
                      - {index: flat, engines: [perigee, perigee_rpc], k: [10, 100], short: {}}
                      - {index: ivf_flat, engines: [perigee, perigee_rpc], build: {lists: 16}, short: {probes: [1, 16]}}
                      - {index: ivf_pq, engines: [perigee], build: {lists: 16, m: 10}, short: {probes: 16, refine: 200}}
                      - {index: hnsw, engines: [perigee], short: {}}
                """.formatted(distance), "few.yaml").get("few");
    }

    private static double distance(String name, float[] a, float[] b) {
        double l2 = 0;
        double product = 0;
        double lengths = 0;
        double others = 0;
        for (int i = 0; i < a.length; i++) {
            l2 += Math.pow((double) a[i] - b[i], 2);
            product += (double) a[i] * b[i];
            lengths += (double) a[i] * a[i];
            others += (double) b[i] * b[i];
        }
        return name.equals("l2") ? l2 : name.equals("cosine") ? -product / Math.sqrt(lengths * others) : -product;
    }

    @Test
    void trueNeighboursAreThoseOfAPlainSearch() {
        for (String distance : Catalogue.DISTANCES) {
            DataSet prepared = new DataCache(folder, null, note -> { }).get(data(distance));
            assertThat(List.of(prepared.rows(), prepared.dim(), prepared.queryCount())).containsExactly(2000, 20, 60);
            for (int q = 0; q < queries.size(); q++) {
                float[] query = queries.get(q);
                int[] nearest = IntStream.range(0, rows.size()).boxed()
                        .sorted(Comparator.comparingDouble(row -> distance(distance, query, rows.get(row)))).limit(100)
                        .mapToInt(Integer::intValue).toArray();
                int[] truth = Arrays.copyOfRange(prepared.truth(), q * 100, q * 100 + 100);
                assertThat(truth).as("%s, query %d", distance, q).containsExactly(nearest);
            }
        }
    }

    @Test
    void everySettingIsMeasuredAndFindsWhatItShould() {
        for (String distance : Catalogue.DISTANCES) {
            Catalogue.Data data = data(distance);
            DataSet prepared = new DataCache(folder, null, note -> { }).get(data);
            Rounds rounds = new Rounds(new Engines(Path.of("")), new Rounds.Effort(2, 60, 25, 20, 0, 0), List.of(), 2, n -> { });
            List<Rounds.Measured> measured = rounds.measure(prepared,
                    Plan.of(data, false, Engines.NAMES, List.of(1, 2)), System.nanoTime());
            assertThat(measured).hasSize(27); // 9 indexes and searches; batches with 1 and 2 threads, single queries
            for (Rounds.Measured one : measured) {
                double recall = Sample.median(one.samples(), Sample::recall);
                if (Integer.valueOf(1).equals(one.setting().search().get("probes"))) {
                    assertThat(recall).as("%s %s", distance, one.setting()).isBetween(0.2, 1.0);
                } else {
                    assertThat(recall).as("%s %s", distance, one.setting()).isEqualTo(1);
                }
                assertThat(one.samples()).hasSize(2)
                        .allMatch(sample -> sample.qps() > 0 && sample.p50Micros() <= sample.p99Micros());
                assertThat(one.built().bytes()).isGreaterThan(2000 * 20);
                assertThat(one.rssBytes()).isGreaterThan(1 << 20);
            }
            assertThat(rounds.skipped()).containsExactly(new Indexes.Skipped("perigee", "hnsw on few: no index of kind hnsw"));
        }
    }
}
