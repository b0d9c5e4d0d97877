package dev.perigee.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way on few rows, with Perigee over RPC in the place of the peers. */
class FrontierTest {
    private static final Catalogue.Data FEW = Catalogue.parse("""
            data:
              few:
                synthetic: {rows: 3000, dim: 32, clusters: 10, noise: 0.9, decay: 0.4, queries: 80, seed: 3}
                distance: l2
                curves:
                  - {index: ivf_flat, engines: [perigee_rpc], build: {lists: 16}, full: {probes: [1, 8, 16]}}
                  - index: ivf_sq
                    engines: [perigee]
                    build: &sq {lists: 16, dims: 24, bits: 6}
                    full: {probes: [4, 16], refine: 40}
                  - {index: ivf_sq, engines: [perigee], build: *sq, full: {probes: 16, refine: 80, pass: 10}}
            """, "few.yaml").get("few");

    @TempDir
    private Path folder;

    private final List<String> notes = new ArrayList<>();

    private Frontier.Result measure(String scratch) throws Exception {
        notes.clear();
        Indexes indexes = new Indexes(new Engines(Path.of("")), List.of(), 2, notes::add);
        Frontier frontier = new Frontier(new DataCache(folder, null, notes::add), new SweepStore(folder.resolve("frontier")),
                indexes, List.of(), 2, Files.createDirectories(folder.resolve(scratch)), notes::add);
        Frontier.Result result = frontier.measure(FEW, Engines.NAMES);
        assertThat(indexes.skipped()).isEmpty();
        return result;
    }

    @Test
    void peersAreTriedOnceAndBothSidesMeasuredOnOtherQueries() throws Exception {
        Frontier.Result first = measure("one");
        assertThat(notes).anyMatch(note -> note.contains("perigee_rpc") && note.contains("tried"));
        assertThat(first.points()).extracting(point -> point.setting().index().engine()).contains("perigee", "perigee_rpc");
        Set<String> names = new HashSet<>();
        for (FrontierRow row : first.rows()) {
            Map<String, Object> json = row.json();
            names.add(json.get("name").toString());
            assertThat(row.value()).as("%s", json).isPositive();
            assertThat((Double) json.get("perigee_recall")).as("%s", json).isGreaterThan(0.9);
        }
        assertThat(names).contains("best_over_peer_few_95_batch", "best_over_peer_few_95_single", "best_over_peer_few_99_batch",
                "best_over_peer_few_999_single", "without_native_few_99_batch", "filter_10_few", "deletes_10_few");
        Map<String, Object> peer = first.rows().getFirst().json();
        assertThat(peer.get("peer").toString()).startsWith("perigee_rpc ivf_flat (lists=16) probes=");
        assertThat((Double) peer.get("value")).isCloseTo((Double) peer.get("perigee_qps") / (Double) peer.get("peer_qps"),
                org.assertj.core.data.Percentage.withPercentage(1));

        Frontier.Result second = measure("two");
        assertThat(notes).noneMatch(note -> note.contains("perigee_rpc") && note.contains("tried"));
        assertThat(second.rows()).hasSameSizeAs(first.rows());
    }

    @Test
    void halvesOfTheQueriesHaveTheirOwnNeighbours() {
        DataSet all = new DataCache(folder, null, notes::add).get(FEW);
        DataSet half = all.part(40, 80);
        assertThat(half.queryCount()).isEqualTo(40);
        assertThat(half.trueNeighbours()).isEqualTo(100);
        assertThat(half.truth()).startsWith(all.truth()[40 * 100]).endsWith(all.truth()[80 * 100 - 1]);
        assertThat(half.queries()).hasSize(40 * 32 * Float.BYTES);
    }

    @Test
    void rowsHaveTheEnergyThatTheirDirectionsSay() {
        double[] sum = new double[1];
        Synthetic some = FEW.synthetic().orElseThrow();
        new Synthetic(20_000, 32, 5_000, some.noise(), some.decay(), 1, 1).make(row -> {
            for (float value : row) {
                sum[0] += value * value;
            }
        }, row -> { });
        double energy = 0;
        for (int j = 1; j <= 32; j++) {
            energy += Math.pow(j, -2 * some.decay()) * (1 + some.noise() * some.noise());
        }
        assertThat(sum[0] / 20_000).isCloseTo(energy, org.assertj.core.data.Percentage.withPercentage(3));
    }

    @Test
    void theCatalogueOfTheBenchIsValid() {
        Catalogue catalogue = Catalogue.read(Path.of("frontier.yaml"));
        assertThat(catalogue.data()).containsOnlyKeys("fashion_mnist", "resnet512", "bge768", "aloi27", "siftsmall",
                "synthetic500k");
        for (Catalogue.Data data : catalogue.data().values()) {
            List<Setting> settings = Plan.of(data, true, Engines.NAMES, List.of(1)).settings();
            assertThat(settings).extracting(setting -> setting.index().engine()).contains("perigee", "faiss_widest");
            assertThat(Target.of(settings)).hasSizeGreaterThanOrEqualTo(6);
        }
    }
}
