package dev.perigee.collection;

import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.SpaceInfo;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.vector.Matrix;
import java.util.Optional;

/**
 * A space that {@link Collection#prepare} built beside the one in service, over the rows of that moment: to be searched and
 * judged, then {@link Collection#promote promoted} or closed, which deletes its files. One thread.
 */
public final class Candidate implements AutoCloseable {
    private final Snapshot snapshot;
    private final ComputeBackend backend;
    private boolean open = true;

    /** Takes over a share of the snapshot. */
    Candidate(Snapshot snapshot, ComputeBackend backend) {
        this.snapshot = snapshot;
        this.backend = backend;
    }

    public SpaceInfo info() {
        return snapshot.space().info();
    }

    /** As {@link Collection#search}. */
    public SearchResult search(Matrix queries, SearchRequest request) {
        return SlicedSearch.search(snapshot, queries, request);
    }

    /** As {@link Collection#truth()}. */
    public Truth truth() {
        snapshot.retain();
        return new Truth(snapshot, backend, Optional.empty());
    }

    SpaceSegments content() {
        return snapshot.content();
    }

    /** If it was promoted, the collection keeps what it needs of it. */
    @Override
    public void close() {
        if (open) {
            open = false;
            snapshot.release();
        }
    }
}
