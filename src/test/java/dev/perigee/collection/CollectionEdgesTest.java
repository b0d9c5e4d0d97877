package dev.perigee.collection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.UpsertRequest;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.simd.SimdBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.IndexData;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Ids at their end, nothing to add, failures in the middle, loads side by side. */
class CollectionEdgesTest {
    private static Matrix rows(int n) {
        return Rows.GAUSSIAN.make(Distance.L2, n, 4, n);
    }

    private static UpsertRequest ids(long... ids) {
        return UpsertRequest.of(ids, rows(ids.length));
    }

    private static Collection collection(ComputeBackend backend) {
        return Collection.create(new CollectionSpec("cars", 4, Distance.L2, IndexSpec.FLAT), backend);
    }

    private static void load(Collection collection, UpsertRequest... requests) {
        try (BulkLoad load = collection.bulkLoad()) {
            for (UpsertRequest request : requests) {
                load.add(request);
            }
            load.commit();
        }
    }

    private static long distinctIds(Collection collection) {
        int rows = (int) collection.info().rows();
        long[] found = collection.search(rows(1), SearchRequest.nearest(rows)).ids();
        return IntStream.range(0, rows).mapToLong(i -> found[i]).distinct().count();
    }

    @Test
    void nothingToAdd() {
        try (ComputeBackend backend = new SimdBackend(1); Collection collection = collection(backend)) {
            collection.add(UpsertRequest.of(rows(0)));
            assertThat(collection.search(rows(1), SearchRequest.nearest(1)).ids()).containsExactly(-1);
        }
    }

    @Test
    void idsThatRunOutAreRefusedAndNothingIsLost() {
        try (ComputeBackend backend = new SimdBackend(1); Collection collection = collection(backend)) {
            load(collection, UpsertRequest.of(rows(1000)), ids(Long.MAX_VALUE - 1));
            assertThatThrownBy(() -> collection.add(UpsertRequest.of(rows(2)))).isInstanceOf(PerigeeException.class);
            assertThat(collection.add(ids(5000))).isEqualTo(1002);
        }
    }

    @Test
    void anAddThatFailsLeavesEverythingAsItWas() {
        boolean[] fail = new boolean[1];
        try (ComputeBackend simd = new SimdBackend(1)) {
            ComputeBackend failing = new ComputeBackend() {
                @Override
                public String name() {
                    return simd.name();
                }

                @Override
                public String device() {
                    return simd.device();
                }

                @Override
                public Searcher open(List<IndexData> segments) {
                    if (fail[0]) {
                        throw new IllegalStateException("no memory on the device");
                    }
                    return simd.open(segments);
                }

                @Override
                public void nearest(Matrix rows, FlatData centroids, int[] into) {
                    simd.nearest(rows, centroids, into);
                }

                @Override
                public void multiply(Matrix rows, Matrix weights, Matrix into) {
                    simd.multiply(rows, weights, into);
                }

                @Override
                public void close() {
                }
            };
            try (Collection collection = collection(failing)) {
                load(collection, UpsertRequest.of(rows(100)));
                fail[0] = true;
                assertThatThrownBy(() -> collection.add(ids(7000, 7001, 7002))).isInstanceOf(IllegalStateException.class);
                fail[0] = false;
                assertThat(collection.add(ids(7000))).isEqualTo(101);
            }
        }
    }

    @Test
    void idsStayDistinctWhateverIsLoadedSideBySide() {
        try (ComputeBackend backend = new SimdBackend(1)) {
            try (Collection collection = collection(backend); BulkLoad load = collection.bulkLoad()) {
                load.add(UpsertRequest.of(rows(5)));
                assertThatThrownBy(() -> load.add(ids(3))).isInstanceOf(PerigeeException.class);
                assertThatThrownBy(() -> collection.add(ids(3))).isInstanceOf(PerigeeException.class);
                load.commit();
                assertThat(distinctIds(collection)).isEqualTo(collection.info().rows());
            }
            try (Collection collection = collection(backend); BulkLoad load = collection.bulkLoad()) {
                load.add(ids(5));
                collection.bulkLoad().close();
                assertThatThrownBy(() -> collection.add(ids(5))).isInstanceOf(PerigeeException.class);
            }
        }
    }

    @Test
    void aClosedCollectionSaysSo() {
        try (ComputeBackend backend = new SimdBackend(1)) {
            Collection collection = collection(backend);
            collection.close();
            assertThatThrownBy(() -> collection.add(UpsertRequest.of(rows(1)))).isInstanceOf(PerigeeException.class);
            assertThatThrownBy(collection::plan).isInstanceOf(PerigeeException.class);
        }
    }
}
