package dev.perigee.collection;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionInfo;
import dev.perigee.api.Filter;
import dev.perigee.api.IndexKind;
import dev.perigee.api.SpaceInfo;
import dev.perigee.build.BuildPlan;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.IndexFiles;
import dev.perigee.compute.Searcher;
import dev.perigee.index.ListData;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A collection at one moment: its segments in a space, and a searcher over them. Alive as long as somebody holds it. */
final class Snapshot extends Shared {
    /** Filters whose rows are kept; the copies of all of them take a twelfth of the rows' memory at the most. */
    private static final int FILTERS = 4;

    private final SpaceSegments content;
    private final Searcher searcher;
    private final AllowedRows all;
    private final int lists;
    /** The filters used last, the latest at the end. Under its monitor. */
    private final Map<Filter, AllowedRows> filtered = new LinkedHashMap<>(16, 0.75f, true);

    /** Takes a share of each segment. */
    Snapshot(Space space, List<Segment> segments, ComputeBackend backend) {
        this.content = new SpaceSegments(space, segments);
        content.retain();
        try {
            this.searcher = backend.open(segments.stream().map(Segment::index).toList());
        } catch (Throwable e) {
            content.release();
            throw e;
        }
        this.all = AllowedRows.all(content.segments(), searcher);
        this.lists = segments.stream().map(Segment::index).filter(ListData.class::isInstance)
                .mapToInt(index -> ((ListData) index).model().lists()).max().orElse(0);
    }

    /** Of the index, 0 where it has none. */
    int lists() {
        return lists;
    }

    SpaceSegments content() {
        return content;
    }

    Space space() {
        return content.space();
    }

    List<Segment> segments() {
        return content.segments();
    }

    Searcher searcher() {
        return searcher;
    }

    long rows() {
        return all.count();
    }

    /** @param spaces of the collection */
    CollectionInfo info(List<SpaceInfo> spaces) {
        long indexed = segments().stream().filter(Segment::isIndexed).mapToLong(Segment::count).sum();
        long bytes = segments().stream().mapToLong(s -> s.index().bytes()).sum() + searcher.bytes();
        return new CollectionInfo(space().spec(), spaces, rows(), indexed, bytes, searcher.backend().name(),
                searcher.backend().device());
    }

    BuildPlan plan() {
        return BuildPlan.of(space().spec().index(), space().distance(), (int) rows(), space().dim());
    }

    double estimateSeconds(ComputeBackend backend) {
        Segment largest = segments().stream().max(Comparator.comparingInt(Segment::count)).orElseThrow();
        return plan().seconds(backend, largest.flat().rows());
    }

    long count(Filter filter) {
        AllowedRows rows = allowed(Optional.of(filter));
        rows.release();
        return rows.count();
    }

    void export(IndexFiles files, Path file, boolean withRows) {
        List<Segment> filled = segments().stream().filter(s -> s.count() > 0).toList();
        boolean whole = filled.size() == 1 && (space().spec().index().kind() == IndexKind.FLAT || filled.getFirst().isIndexed());
        if (!whole) {
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION,
                    "index: %d of %d rows are in one index (expected all; a build takes them in, collection '%s')".formatted(
                            filled.isEmpty() ? 0 : filled.getFirst().count(), rows(), space().spec().name()));
        }
        files.write(file, filled.getFirst().index(), filled.getFirst().ids()::id, withRows);
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
                rows = AllowedRows.of(filter.get(), segments(), searcher);
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
        content.release();
    }
}
