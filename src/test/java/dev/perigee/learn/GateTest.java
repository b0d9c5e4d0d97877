package dev.perigee.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.collection.Candidate;
import dev.perigee.collection.Collection;
import dev.perigee.collection.SpaceSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.evaluate.Judgement;
import dev.perigee.index.TransformFile;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Rows whose class is in their first four values, under four others that are larger and say nothing. */
class GateTest {
    private static final int CLASSES = 30;
    private static final int ROWS = 600;
    private static ComputeBackend backend;
    private static Arena arena;
    private static Matrix rows;
    private static final int[] LABELS = IntStream.range(0, ROWS).map(i -> i % CLASSES).toArray();
    private static final long[] IDS = LongStream.range(0, ROWS).toArray();

    @BeforeAll
    static void open() {
        backend = Backends.open("auto", 2);
        arena = Arena.ofShared();
        Random random = new Random(5);
        double[][] centres = new double[CLASSES][];
        for (int c = 0; c < CLASSES; c++) {
            centres[c] = random.doubles(4, -1, 1).toArray();
        }
        rows = Matrix.allocate(arena, ROWS, 8);
        for (int i = 0; i < ROWS; i++) {
            for (int t = 0; t < 8; t++) {
                rows.set(i, t, (float) (t < 4 ? centres[LABELS[i]][t] + 0.1 * random.nextGaussian() : 1.5 * random.nextGaussian()));
            }
        }
    }

    @AfterAll
    static void close() {
        backend.close();
        arena.close();
    }

    /** Scales each value. */
    private static TransformFile.Content scaled(double first, double last) {
        double[] scale = {first, first, first, first, last, last, last, last};
        return new TransformFile.Content(Transform.of(new Transform.Scale(new double[8], scale)), Map.of("method", "scaled"));
    }

    private static SpaceSpec space(TransformFile.Content learned, IndexSpec index) {
        return new SpaceSpec(Optional.of(learned), Distance.L2, index);
    }

    private static Collection collection(IndexSpec index) {
        Collection collection = Collection.create(new CollectionSpec("cars", 8, Distance.L2, index), backend);
        collection.add(UpsertRequest.of(rows));
        collection.build(Progress.NONE);
        return collection;
    }

    private static Gate judge(Collection collection, Candidate candidate) {
        return Gate.judge(collection, candidate, IDS, LABELS, backend, 1, Progress.NONE);
    }

    @Test
    void whatHelpsPassesAndTheNumbersAreThoseOfAJudgement() {
        try (Collection collection = collection(IndexSpec.ivfFlat(8));
                Candidate candidate = collection.prepare(space(scaled(1, 0.1), IndexSpec.ivfFlat(8)), Progress.NONE)) {
            Gate gate = judge(collection, candidate);
            assertThat(gate.passes()).isTrue();
            gate.requirePass();
            Judgement before = Judgement.of(rows, LABELS, Distance.L2, backend, 1);
            Matrix mapped = Matrix.allocate(arena, ROWS, 8);
            scaled(1, 0.1).transform().apply(rows, mapped);
            Judgement after = Judgement.of(mapped, LABELS, Distance.L2, backend, 1);
            assertThat(gate.measures()).extracting(Comparison::name)
                    .containsExactly("hit_at_1", "map_at_r", "silhouette", "ann_recall_at_10");
            assertThat(gate.measures().get(0).before()).isCloseTo(before.hitAt1(), within(1e-12)).isLessThan(0.5);
            assertThat(gate.measures().get(0).after()).isCloseTo(after.hitAt1(), within(1e-12)).isGreaterThan(0.9);
            assertThat(gate.measures().get(1).after()).isCloseTo(after.mapAtR(), within(1e-12));
            assertThat(gate.measures().get(2).after()).isCloseTo(after.meanSilhouette(), within(1e-12));
            assertThat(gate.measures().get(0).difference().low()).isPositive();
            assertThat(gate.measures().get(3).after()).isGreaterThan(0.9);
        }
    }

    @Test
    void whatHarmsIsRefusedWithTheNumbers() {
        try (Collection collection = collection(IndexSpec.FLAT);
                Candidate candidate = collection.prepare(space(scaled(0.3, 1), IndexSpec.FLAT), Progress.NONE)) {
            Gate gate = judge(collection, candidate);
            assertThat(gate.refusals()).extracting(Comparison::name).containsExactly("hit_at_1", "map_at_r");
            assertThatThrownBy(gate::requirePass).isInstanceOfSatisfying(PerigeeException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.FAILED_PRECONDITION))
                    .hasMessageMatching("space 2 is worse than 1, which stays in service: hit_at_1 0\\.\\d{4}, was 0\\.\\d{4} \\(-0.*"
                            + "map_at_r .*\\(on 600 rows of 30 classes; --force .*");
        }
    }

    @Test
    void whatIsTheSamePassesAndAnIndexThatFindsLessDoesNot() {
        try (Collection collection = collection(IndexSpec.FLAT)) {
            try (Candidate candidate = collection.prepare(space(scaled(2, 2), IndexSpec.FLAT), Progress.NONE)) {
                assertThat(judge(collection, candidate).passes()).isTrue();
            }
            try (Candidate candidate = collection.prepare(space(scaled(1, 1), IndexSpec.ivfFlat(64)), Progress.NONE)) {
                Gate gate = judge(collection, candidate);
                assertThat(gate.refusals()).extracting(Comparison::name).containsExactly("ann_recall_at_10");
                assertThat(gate.refusals().getFirst().after()).isLessThan(0.99);
            }
        }
    }

    @Test
    void previewOfAllRowsIsTheNewSpace() {
        Matrix queries = rows.slice(0, 50);
        for (Distance distance : Distance.values()) {
            try (Collection collection = collection(IndexSpec.FLAT);
                    Candidate candidate = collection.prepare(new SpaceSpec(Optional.of(scaled(1, 0.1)), distance, IndexSpec.FLAT), Progress.NONE)) {
                Preview preview = new Preview(collection, scaled(1, 0.1).transform(), distance, ROWS, backend);
                SearchResult found = preview.search(queries, 10);
                SearchResult expected = candidate.search(queries, SearchRequest.nearest(10));
                assertThat(found.ids()).isEqualTo(expected.ids());
                assertThat(found.scores()).isEqualTo(expected.scores());
                assertThat(found.spaceVersion()).isEqualTo(1);
            }
        }
    }

    @Test
    void previewRanksAsTheQuerySideForm() {
        float[][] v = {{1.480741f, -1.100550f}, {0, .519875f}}; // of M in learning's example: from (1, 0) to (3, 3), (4, 5), (2, 1)
        Transform transform = Transform.of(Transform.Dense.linear(v));
        try (Collection collection = Collection.create(new CollectionSpec("five", 2, Distance.L2, IndexSpec.FLAT), backend)) {
            collection.add(UpsertRequest.of(Matrix.copyOf(arena, new float[][] {{3, 3}, {4, 5}, {2, 1}})));
            SearchResult found = new Preview(collection, transform, Distance.L2, 3, backend)
                    .search(Matrix.copyOf(arena, new float[][] {{1, 0}}), 3);
            assertThat(found.ids()).containsExactly(2, 0, 1);
            double ofQuery = 2.192593; // (Mq, 1) . (x, -x'Mx / 2) = (q'Mq - d^2) / 2: .888889, -.177778, -2.844444
            assertThat((ofQuery - found.score(0, 0)) / 2).isCloseTo(.888889, within(1e-5));
            assertThat((ofQuery - found.score(0, 1)) / 2).isCloseTo(-.177778, within(1e-5));
            assertThat((ofQuery - found.score(0, 2)) / 2).isCloseTo(-2.844444, within(1e-5));
        }
    }

    @Test
    void previewTellsBeforeAndAfter() {
        try (Collection collection = collection(IndexSpec.FLAT)) {
            List<Comparison> measures = new Preview(collection, scaled(1, 0.1).transform(), Distance.L2, 200, backend)
                    .compare(IDS, LABELS, 10, 1);
            assertThat(measures.get(0).name()).isEqualTo("hit_at_1");
            assertThat(measures.get(0).before()).isCloseTo(Judgement.of(rows, LABELS, Distance.L2, backend, 1).hitAt1(), within(1e-12));
            assertThat(measures.get(0).difference().low()).isPositive();
            assertThat(measures.get(1).name()).isEqualTo("precision_at_10");
            assertThat(measures.get(1).after()).isGreaterThan(0.7);
            assertThat(measures.get(1).before()).isLessThan(0.4);
            assertThatThrownBy(() -> new Preview(collection, Transform.of(new Transform.Unit(3)), Distance.L2, 5, backend))
                    .hasMessageContaining("takes dim 3 (expected 8");
        }
    }
}
