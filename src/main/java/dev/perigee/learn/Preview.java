package dev.perigee.learn;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.build.Projection;
import dev.perigee.collection.Collection;
import dev.perigee.collection.Truth;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.Transform;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A learned distance on the index there is, before anything is rebuilt: the index names candidates for each query, by the
 * distance in service, and these are ranked by the new distance from the rows as given. Works for any transform, of affine ones
 * and of towers; what it misses are neighbours that the old distance puts behind the candidates. With as many candidates as there
 * are rows, found by an exact index, the ranking is that of the new space.
 *
 * <p>For an affine transform this ranks as the query-side form {@code (Mq, 1) . (x, -x'Mx / 2)} does, M = V'V: that is
 * {@code -|Vq - Vx|^2 / 2} but for a constant of the query.
 *
 * @param candidates per query that the index is asked for
 */
public record Preview(Collection collection, Transform transform, Distance distance, int candidates, ComputeBackend backend) {
    public Preview {
        check(transform.inputDim() == collection.spec().dim(), "transform: takes dim %d (expected %d, collection '%s')",
                transform.inputDim(), collection.spec().dim(), collection.spec().name());
        check(candidates >= 1 && candidates <= SearchRequest.MAX_K, "candidates: %d (expected 1 to %d)", candidates, SearchRequest.MAX_K);
    }

    /**
     * The neighbours of queries as given [q, dim]; of candidates at the same distance, those with lower ids come first.
     *
     * @return at most {@code candidates} per query; scores are those of the new distance
     */
    public SearchResult search(Matrix queries, int k) {
        check(k >= 1 && k <= candidates, "k: %d (expected 1 to %d, the candidates)", k, candidates);
        SearchResult old = collection.search(queries, SearchRequest.nearest(candidates));
        long[] ids = new long[Math.multiplyExact(queries.rows(), k)];
        float[] scores = new float[ids.length];
        Arrays.fill(ids, -1);
        Arrays.fill(scores, distance.missingScore());
        try (Truth rows = collection.truth(); Projection projection = new Projection(transform, backend)) {
            for (int q = 0; q < queries.rows(); q++) {
                long[] found = Arrays.stream(old.ids(), q * candidates, (q + 1) * candidates).filter(id -> id >= 0).toArray();
                try (Arena arena = Arena.ofShared()) {
                    double[] distances = distances(queries.slice(q, q + 1), rows.givenRows(found, arena), projection, arena);
                    List<Integer> order = IntStream.range(0, found.length).boxed()
                            .sorted(Comparator.<Integer>comparingDouble(i -> distances[i]).thenComparingLong(i -> found[i])).limit(k).toList();
                    for (int rank = 0; rank < order.size(); rank++) {
                        ids[q * k + rank] = found[order.get(rank)];
                        scores[q * k + rank] = distance.score(distances[order.get(rank)]);
                    }
                }
            }
        }
        return new SearchResult(queries.rows(), k, ids, scores, old.spaceVersion());
    }

    private double[] distances(Matrix query, Matrix given, Projection projection, Arena arena) {
        Matrix mapped = Matrix.allocate(arena, 1, transform.outputDim());
        transform.apply(query, mapped);
        Matrix rows = Matrix.allocate(arena, given.rows(), transform.outputDim());
        projection.project(given, rows);
        if (distance == Distance.COSINE) {
            UnitRows.copy(mapped, mapped);
            UnitRows.copy(rows, rows);
        }
        return IntStream.range(0, rows.rows()).mapToDouble(i -> distance.between(mapped, 0, rows, i)).toArray();
    }

    /**
     * What it would do to labelled rows: each asks for the others, as the collection answers now and as this does.
     *
     * @param ids    of rows of the collection
     * @param labels the class of each row of the collection by its id; rows beyond it or with -1 have none
     * @return hit@1 and precision@k
     */
    public List<Comparison> compare(long[] ids, int[] labels, int k, long seed) {
        check(k < candidates, "k: %d (expected at most %d, one less than the candidates: a row finds itself)", k, candidates - 1);
        try (Arena arena = Arena.ofShared(); Truth rows = collection.truth()) {
            Matrix queries = rows.givenRows(ids, arena);
            double[][] before = hits(ids, labels, k, collection.search(queries, SearchRequest.nearest(k + 1)));
            double[][] after = hits(ids, labels, k, search(queries, k + 1));
            return List.of(Comparison.of("hit_at_1", before[0], after[0], seed),
                    Comparison.of("precision_at_" + k, before[1], after[1], seed));
        }
    }

    /** Per query hit@1 and precision@k, without the row itself. */
    private static double[][] hits(long[] ids, int[] labels, int k, SearchResult found) {
        double[] first = new double[ids.length];
        double[] share = new double[ids.length];
        for (int q = 0; q < ids.length; q++) {
            long self = ids[q];
            int own = labels[(int) self];
            long[] others = Arrays.stream(found.ids(), q * (k + 1), (q + 1) * (k + 1)).filter(id -> id >= 0 && id != self).limit(k).toArray();
            boolean[] hit = new boolean[others.length];
            for (int i = 0; i < others.length; i++) {
                hit[i] = others[i] < labels.length && labels[(int) others[i]] == own;
                share[q] += hit[i] ? 1.0 / k : 0;
            }
            first[q] = hit.length > 0 && hit[0] ? 1 : 0;
        }
        return new double[][] {first, share};
    }
}
