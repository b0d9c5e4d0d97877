package dev.perigee.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.SpaceInfo;
import dev.perigee.api.UpsertRequest;
import dev.perigee.backend.Backends;
import dev.perigee.build.Projection;
import dev.perigee.client.Client;
import dev.perigee.collection.Candidate;
import dev.perigee.collection.Collection;
import dev.perigee.collection.SpaceSpec;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.index.TransformFile;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries as given reach a collection that searches mapped rows. */
class SpaceOverTheWireTest {
    @TempDir
    Path folder;

    private static TransformFile.Content learned() {
        Random random = new Random(9);
        float[][] weights = new float[7][Served.DIM];
        for (float[] row : weights) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return new TransformFile.Content(Transform.of(Transform.Scale.centre(random.doubles(Served.DIM).toArray()),
                new Transform.Dense(weights, random.doubles(7).toArray(), true)), Map.of("method", "head"));
    }

    @Test
    void aFolderIsServedAsRowsAndQueriesThatWereMappedByHand() {
        TransformFile.Content learned = learned();
        SearchRequest request = SearchRequest.nearest(8);
        try (ComputeBackend backend = Backends.open("auto", 2); Served served = new Served()) {
            Matrix rows = Served.random(served.arena, 1500, Served.DIM, 2);
            Matrix queries = Served.random(served.arena, 700, Served.DIM, 3); // more than one slice
            Matrix mappedRows = Matrix.allocate(served.arena, rows.rows(), 7);
            Matrix mappedQueries = Matrix.allocate(served.arena, queries.rows(), 7);
            learned.transform().apply(queries, mappedQueries);
            CollectionSpec spec = new CollectionSpec("learned", Served.DIM, Distance.L2, IndexSpec.ivfFlat(8));
            try (Projection projection = new Projection(learned.transform(), backend);
                    Collection collection = Collection.create(spec, Optional.of(learned), backend, folder)) {
                projection.project(rows, mappedRows);
                collection.add(UpsertRequest.of(rows));
                collection.build(Progress.NONE);
                collection.save(folder);
            }
            served.collections.open(folder);
            try (Client client = served.client();
                    Collection byHand = Collection.create(new CollectionSpec("mapped", 7, Distance.L2, IndexSpec.ivfFlat(8)), backend)) {
                byHand.add(UpsertRequest.of(mappedRows));
                byHand.build(Progress.NONE);
                SearchResult expected = byHand.search(mappedQueries, request);
                SearchResult inProcess = served.collections.get("learned").search(queries, request);
                SearchResult wire = client.search("learned", queries, request);
                for (SearchResult found : new SearchResult[] {inProcess, wire}) {
                    assertThat(found.ids()).isEqualTo(expected.ids());
                    assertThat(found.scores()).isEqualTo(expected.scores());
                    assertThat(found.spaceVersion()).isEqualTo(1);
                }
                SearchResult one = client.search("learned", queries.slice(5, 6), request);
                assertThat(one.ids()).startsWith(expected.id(5, 0), expected.id(5, 1));
                assertThat(client.info("learned").spec().dim()).isEqualTo(Served.DIM);
                assertThat(client.info("learned").space()).isEqualTo(new SpaceInfo(1, 7, "head", Distance.L2));
                assertThat(client.info("cars").space()).isEqualTo(new SpaceInfo(1, Served.DIM, "none", Distance.L2));
                Collection live = served.collections.get("learned");
                try (Candidate candidate = live.prepare(new SpaceSpec(Optional.empty(), Distance.L2, IndexSpec.FLAT), Progress.NONE)) {
                    live.promote(candidate);
                }
                assertThat(client.search("learned", queries, request).spaceVersion()).isEqualTo(2);
                assertThat(client.info("learned").spaces()).extracting(SpaceInfo::method).containsExactly("none", "head");
            }
        }
    }
}
