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
    private SpaceSegments content;
    private boolean open = true;

    /** Takes over a share of the snapshot. */
    Candidate(Snapshot snapshot, ComputeBackend backend) {
        this.snapshot = snapshot;
        this.backend = backend;
        this.content = snapshot.content();
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

    /** Adds a fact to those of its transform, if it has one; to be kept with it. */
    public void note(String fact, String value) {
        Space space = content.space();
        content = new SpaceSegments(new Space(space.version(), space.spec(), space.transform().map(learned -> learned.with(fact, value)), space.tuned()),
                content.segments());
    }

    SpaceSegments content() {
        return content;
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
