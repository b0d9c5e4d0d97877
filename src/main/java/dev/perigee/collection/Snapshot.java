package dev.perigee.collection;

import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Searcher;
import java.util.List;

/** A collection at one moment: its segments and a searcher over them. Alive as long as somebody holds it. */
final class Snapshot extends Shared {
    private final List<Segment> segments;
    private final Searcher searcher;

    /** Takes a share of each segment. */
    Snapshot(List<Segment> segments, ComputeBackend backend) {
        this.segments = List.copyOf(segments);
        segments.forEach(Segment::retain);
        this.searcher = backend.open(segments.stream().map(Segment::index).toList());
    }

    List<Segment> segments() {
        return segments;
    }

    Searcher searcher() {
        return searcher;
    }

    long rows() {
        return segments.stream().mapToLong(Segment::count).sum();
    }

    @Override
    protected void free() {
        searcher.close();
        segments.forEach(Segment::release);
    }
}
