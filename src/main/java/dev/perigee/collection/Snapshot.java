package dev.perigee.collection;

import dev.perigee.api.Filter;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.Searcher;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A collection at one moment: its segments and a searcher over them. Alive as long as somebody holds it. */
final class Snapshot extends Shared {
    /** Filters whose rows are kept; the copies of all of them take a twelfth of the rows' memory at the most. */
    private static final int FILTERS = 4;

    private final List<Segment> segments;
    private final Searcher searcher;
    private final AllowedRows all;
    /** The filters used last, the latest at the end. Under its monitor. */
    private final Map<Filter, AllowedRows> filtered = new LinkedHashMap<>(16, 0.75f, true);

    /** Takes a share of each segment. */
    Snapshot(List<Segment> segments, ComputeBackend backend) {
        this.segments = List.copyOf(segments);
        segments.forEach(Segment::retain);
        this.searcher = backend.open(segments.stream().map(Segment::index).toList());
        this.all = AllowedRows.all(this.segments, searcher);
    }

    List<Segment> segments() {
        return segments;
    }

    Searcher searcher() {
        return searcher;
    }

    long rows() {
        return all.count();
    }

    /** The rows that may be returned; the caller lets go of them before the snapshot. */
    AllowedRows allowed(Optional<Filter> filter) {
        if (filter.isEmpty()) {
            all.retain();
            return all;
        }
        synchronized (filtered) {
            AllowedRows rows = filtered.get(filter.get());
            if (rows == null) {
                rows = AllowedRows.of(filter.get(), segments, searcher);
                if (filtered.size() == FILTERS) {
                    filtered.remove(filtered.keySet().iterator().next()).release();
                }
                filtered.put(filter.get(), rows);
            }
            rows.retain();
            return rows;
        }
    }

    @Override
    protected void free() {
        filtered.values().forEach(AllowedRows::release);
        searcher.close();
        segments.forEach(Segment::release);
    }
}
