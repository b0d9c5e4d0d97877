package dev.perigee.collection;

import static dev.perigee.PerigeeException.check;

import dev.perigee.PerigeeException;
import dev.perigee.api.Filter;
import dev.perigee.api.IndexKind;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.compute.ArenaQueries;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.distance.Distance;
import dev.perigee.distance.UnitRows;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A search to be: pins the collection as it is now and leases memory for queries. Fill {@link #queries}, call
 * {@link #search} once, close. One thread.
 */
public final class Batch implements AutoCloseable {
    private final Space space;
    private final Snapshot snapshot;
    /** Of the space, where the searcher reads them. */
    private final Searcher.Queries queries;
    /** As the caller has them; the same memory where no transform stands between. */
    private final Searcher.Queries given;
    private boolean open = true;

    /** Takes over a share of the snapshot. */
    Batch(Snapshot snapshot, int rows) {
        this.snapshot = snapshot;
        this.space = snapshot.space();
        try {
            this.queries = snapshot.searcher().queries(rows);
            this.given = space.isMapped() ? new ArenaQueries(rows, space.spec().dim()) : queries;
        } catch (Throwable e) {
            snapshot.release();
            throw e;
        }
    }

    /** Some of the batch's queries, in order, that ask for the same. */
    public record Part(int rows, SearchRequest request) {
    }

    /** Where the queries go: [rows, dim as given], zero at first. */
    public Matrix queries() {
        return given.matrix();
    }

    /**
     * Searches the first queries, as many as the parts have together.
     *
     * @param parts all with one filter, or none
     * @return one result per part
     * @throws dev.perigee.PerigeeException INVALID_ARGUMENT for a query that is not finite, or a request that this
     *                                      collection cannot honour
     */
    public List<SearchResult> search(List<Part> parts) {
        int rows = 0; // no streams here: they took a tenth of the time of a single query
        for (Part part : parts) {
            rows += part.rows();
        }
        Optional<Filter> filter = filter(parts);
        Matrix asked = given.matrix().slice(0, rows);
        int bad = asked.firstNotFinite();
        check(bad < 0, "query %d: not finite (expected numbers, collection '%s')", bad, name());
        Matrix matrix = queries.matrix().slice(0, rows);
        if (given != queries) {
            space.map(asked, matrix);
        } else if (space.distance() == Distance.COSINE) {
            UnitRows.copy(matrix, matrix);
        }
        int[] k = new int[rows];
        SearchParams[] params = new SearchParams[rows];
        int next = 0;
        for (Part part : parts) {
            Arrays.fill(params, next, next + part.rows(), params(part.request()));
            Arrays.fill(k, next, next + part.rows(), part.request().k());
            next += part.rows();
        }
        AllowedRows allowed = snapshot.allowed(filter);
        try {
            TopK top = new TopK(k);
            allowed.search(matrix, k, params, top);
            List<SearchResult> results = new ArrayList<>(parts.size());
            int first = 0;
            for (Part part : parts) {
                results.add(result(allowed, top, first, part));
                first += part.rows();
            }
            return results;
        } finally {
            allowed.release();
        }
    }

    /** The one that all parts have. */
    private Optional<Filter> filter(List<Part> parts) {
        Optional<Filter> first = parts.isEmpty() ? Optional.empty() : parts.getFirst().request().filter();
        for (Part part : parts) {
            if (!part.request().filter().equals(first)) {
                throw PerigeeException.invalid("filters: %d in one batch (expected one, collection '%s')".formatted(
                        parts.stream().map(p -> p.request().filter()).distinct().count(), name()));
            }
        }
        return first;
    }

    private SearchResult result(AllowedRows allowed, TopK top, int first, Part part) {
        int k = part.request().k();
        long[] ids = new long[part.rows() * k];
        float[] scores = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            int query = first + i / k;
            int rank = i % k;
            if (rank < top.size(query)) {
                ids[i] = allowed.id(top.position(query, rank));
                scores[i] = space.distance().score(top.distance(query, rank));
            } else {
                ids[i] = -1;
                scores[i] = space.distance().missingScore();
            }
        }
        return new SearchResult(part.rows(), k, ids, scores, space.version());
    }

    /** What a request means here; refuses what the index cannot honour. */
    private SearchParams params(SearchRequest request) {
        IndexKind kind = space.spec().index().kind();
        check(kind != IndexKind.FLAT || request.probes().isEmpty(),
                "probes: %d (expected none: collection '%s' is flat and searches every row)",
                request.probes().orElse(0), name());
        check(kind == IndexKind.IVF_PQ || kind == IndexKind.IVF_SQ || request.refine().orElse(0) == 0,
                "refine: %d (expected none: collection '%s' is %s and its answers come from whole rows)",
                request.refine().orElse(0), name(), kind.label());
        int lists = snapshot.lists();
        Optional<Tuned> tuned = space.tuned().filter(t -> t.lists() == lists);
        int probes = request.probes().orElse(tuned.map(Tuned::probes).orElse(Defaults.probes(lists)));
        return switch (kind) {
            case FLAT -> new SearchParams.Flat();
            case IVF_FLAT -> new SearchParams.IvfFlat(probes);
            case IVF_PQ -> {
                int refine = refine(request, tuned, Defaults.refine(request.k()));
                yield new SearchParams.IvfPq(probes, refine == 0 ? 0 : Math.max(refine, request.k()));
            }
            case IVF_SQ -> new SearchParams.IvfSq(probes,
                    Math.max(refine(request, tuned, Defaults.sqRefine(request.k())), request.k()));
        };
    }

    private static int refine(SearchRequest request, Optional<Tuned> tuned, int otherwise) {
        return request.refine().orElse(tuned.map(t -> t.refine(request.k())).orElse(otherwise));
    }

    private String name() {
        return space.spec().name();
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            given.close();
            queries.close();
            snapshot.release();
        }
    }
}
