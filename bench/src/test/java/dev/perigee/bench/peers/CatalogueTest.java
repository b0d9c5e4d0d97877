package dev.perigee.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.PerigeeException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CatalogueTest {
    private static final String SMALL = """
            data:
              few:
                synthetic: {rows: 100, dim: 4, clusters: 2, noise: 0.5}
                distance: l2
                curves:
                  - index: ivf_flat
                    engines: [perigee, faiss]
                    build: {lists: 4}
                    short: {probes: [1, 2]}
                    full: {probes: 1, x: [1, 2]}
            """;

    @Test
    void theOneOfTheBenchIsValid() {
        Catalogue catalogue = Catalogue.read(Path.of("data.yaml"));
        assertThat(catalogue.data()).containsKeys("fashion_mnist", "fashion_mnist_15k", "siftsmall", "bge-cqadupstack-768d",
                "resnet18-cifar10-512d", "synthetic500k");
        for (Catalogue.Data data : catalogue.data().values()) {
            for (boolean full : List.of(false, true)) {
                Plan plan = Plan.of(data, full, Engines.NAMES, List.of(1, 2));
                assertThat(plan.settings()).as(data.name()).isNotEmpty().doesNotHaveDuplicates();
            }
        }
    }

    @Test
    void bothSweepsHaveEveryRatioSideBySide() {
        Catalogue.Data data = Catalogue.read(Path.of("data.yaml")).get("fashion_mnist");
        for (boolean full : List.of(false, true)) {
            List<Setting> settings = Plan.of(data, full, Engines.NAMES, List.of(1, 2)).settings();
            List<Ratio> ratios = Ratio.of(settings, "fashion_mnist");
            assertThat(ratios).extracting(Ratio::name).containsExactly("flat_batch_over_faiss", "flat_single_over_faiss",
                    "ivf_flat_batch_over_faiss", "ivf_flat_single_over_faiss", "ivf_pq_batch_over_faiss");
            for (Ratio ratio : ratios) {
                assertThat(settings.indexOf(ratio.theirs())).isEqualTo(settings.indexOf(ratio.ours()) + 1);
            }
        }
    }

    @Test
    void sweepsAreAllCombinations() {
        Catalogue.Curve curve = Catalogue.parse(SMALL, "small.yaml").get("few").curves().getFirst();
        assertThat(curve.quick()).containsExactly(Map.of("probes", 1), Map.of("probes", 2));
        assertThat(curve.full()).containsExactly(Map.of("probes", 1, "x", 1), Map.of("probes", 1, "x", 2));
        assertThat(Catalogue.combinations(Map.of())).containsExactly(Map.of());
    }

    @Test
    void mistakesAreToldWithTheirPlace() {
        assertWrong(SMALL.replace("distance: l2", "distance: l3"), "small.yaml: data 'few': distance: 'l3' (expected one of l2,");
        assertWrong(SMALL.replace("index: ivf_flat", "index: tree"), "small.yaml: data 'few': curve 1: index: 'tree'");
        assertWrong(SMALL.replace("faiss]", "fais]"), "engine 'fais' (expected some of perigee,");
        assertWrong(SMALL.replace("short:", "shrt:"), "field 'shrt'");
        assertWrong(SMALL.replace("distance:", "base: a.npy\n    distance:"), "base or synthetic");
        assertWrong(SMALL.replace("rows: 100", "rows: none"), "rows: 'none' (expected a number)");
        assertWrong("data: [", "small.yaml");
        assertThatThrownBy(() -> Catalogue.parse(SMALL, "small.yaml").get("many"))
                .hasMessage("data: 'many' (expected some of few)");
    }

    private static void assertWrong(String text, String message) {
        assertThatThrownBy(() -> Catalogue.parse(text, "small.yaml")).isInstanceOf(PerigeeException.class)
                .hasMessageContaining(message);
    }
}
