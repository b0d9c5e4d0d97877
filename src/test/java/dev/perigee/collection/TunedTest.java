package dev.perigee.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.UpsertRequest;
import dev.perigee.build.Stages;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TunedTest {
    private static final int DIM = 24;
    private static final Matrix ROWS = Rows.GAUSSIAN.make(Distance.L2, 4900, DIM, 1);
    private static final Matrix QUERIES = Rows.GAUSSIAN.make(Distance.L2, 80, DIM, 2);
    private static ComputeBackend backend;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        backend = new SimdBackend(1);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static Collection built(IndexSpec index) {
        Collection collection = Collection.create(new CollectionSpec("cars", DIM, Distance.L2, index), backend);
        collection.add(UpsertRequest.of(ROWS));
        collection.build(Progress.NONE);
        return collection;
    }

    private static Tuner tuner(Collection collection, double goal) {
        return new Tuner(collection, goal, 10, new Stages(Progress.NONE));
    }

    private static long[] found(Collection collection, SearchRequest request) {
        return collection.search(QUERIES, request).ids();
    }

    /** Fails if the settings make no difference to what is found. */
    private static void assertDefaults(Collection collection, int k, int probes, int refine) {
        long[] asDefault = found(collection, SearchRequest.nearest(k));
        assertThat(asDefault).isEqualTo(found(collection, SearchRequest.nearest(k).withProbes(probes).withRefine(refine)));
        assertThat(asDefault).isNotEqualTo(found(collection, SearchRequest.nearest(k).withProbes(probes + 3).withRefine(refine)));
    }

    @Test
    void defaultsStayWithTheirSpaceAndItsLists() {
        Path saved = folder.resolve("saved");
        try (Collection collection = built(IndexSpec.ivfSq(0, 0))) {
            assertThat(collection.tuned()).isEmpty();
            assertDefaults(collection, 10, Defaults.probes(70), Defaults.sqRefine(10));
            Tuned tuned = new Tuned(70, 10, 2, 15, 0.5);
            collection.tune(tuned);
            assertDefaults(collection, 10, 2, 15);
            assertDefaults(collection, 4, 2, 15);
            assertDefaults(collection, 20, 2, 30);
            assertThat(found(collection, SearchRequest.nearest(10).withProbes(4)))
                    .isEqualTo(found(collection, SearchRequest.nearest(10).withProbes(4).withRefine(15)));
            collection.build(Progress.NONE);
            assertDefaults(collection, 10, 2, 15);
            collection.save(saved);
            try (Collection opened = Collection.open(saved, backend)) {
                assertThat(opened.tuned()).contains(tuned);
                assertDefaults(opened, 10, 2, 15);
            }
            try (Candidate candidate = collection.prepare(new SpaceSpec(Optional.empty(), Distance.L2, IndexSpec.ivfSq(70, 0)),
                    Progress.NONE)) {
                collection.promote(candidate);
            }
            assertThat(collection.tuned()).isEmpty();
            collection.rollback();
            assertThat(collection.tuned()).contains(tuned);
            collection.add(UpsertRequest.of(Rows.GAUSSIAN.make(Distance.L2, 1500, DIM, 3)));
            assertDefaults(collection, 10, 2, 15);
            collection.build(Progress.NONE); // 80 lists: what was tuned no longer says anything
            assertDefaults(collection, 10, Defaults.probes(80), Defaults.sqRefine(10));
        }
    }

    @Test
    void theChoiceReachesItsGoalWithNoMoreThanItNeeds() {
        try (Collection collection = built(IndexSpec.ivfSq(0, 0))) {
            Tuner.Choice choice = tuner(collection, 0.9).choose(5);
            assertThat(choice.row().reaches()).isTrue();
            assertThat(choice.table()).contains(choice.row()).allSatisfy(row -> assertThat(row.batchMicros()).isPositive());
            assertThat(choice.tuned().recall()).isBetween(0.9, 0.93);
            assertThat(choice.tuned().lists()).isEqualTo(70);
            try (Truth truth = collection.truth()) {
                double[] kth = truth.kthDistances(QUERIES, 10);
                double[] distances = truth.distances(QUERIES, found(collection, SearchRequest.nearest(10)
                        .withProbes(choice.row().probes()).withRefine(choice.row().refine())), 10);
                long right = 0;
                for (int i = 0; i < distances.length; i++) {
                    right += distances[i] <= kth[i / 10] ? 1 : 0;
                }
                assertThat(right / 800.0).as("recall of other queries").isBetween(0.85, 0.97);
            }
        }
    }

    @Test
    void fewRowsAreScannedWholeWhereNearlyAllIsAsked() {
        try (Collection collection = built(IndexSpec.ivfSq(0, 0))) {
            Tuner.Choice choice = tuner(collection, 0.999).choose(5);
            assertThat(choice.row().probes()).isEqualTo(70);
            assertThat(choice.row().reaches()).isTrue();
        }
    }

    @Test
    void whatCannotBeTunedIsRefused() {
        try (Collection flat = built(IndexSpec.FLAT); Collection lists = built(IndexSpec.ivfSq(9, 0))) {
            assertThatThrownBy(() -> tuner(flat, 0.9)).hasMessageContaining("tune: collection 'cars' has no lists");
            assertThatThrownBy(() -> tuner(lists, 1.5)).hasMessageContaining("recall: 1.5 (expected more than 0, at most 1)");
            assertThatThrownBy(() -> tuner(lists, 0)).hasMessageContaining("recall: 0.0");
        }
    }
}
