package dev.perigee.collection;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.Filter;
import dev.perigee.api.IndexKind;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.UpsertRequest;
import dev.perigee.build.BuildPlan;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.IndexFiles;
import dev.perigee.index.IvfParts;
import dev.perigee.storage.StagedFolder;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Rows under the callers' ids, and their search. Rows are searched as soon as they are added, exactly until a
 * {@link #build} takes them into the index. Thread-safe: searches never wait, neither for adding nor for building.
 *
 * <p>Nothing is on disk until {@link #save}: files of a build lie in a working folder that goes with the collection.
 */
public final class Collection implements AutoCloseable {
    private static final int[] WARM_UP_QUERIES = {1, 1, 1, 3, 1, 1, 24, 1, 1, 200};
    /** Most rows of a collection. */
    private static final long MAX_ROWS = Integer.MAX_VALUE - 64;

    private final CollectionSpec spec;
    private final ComputeBackend backend;
    private final Path near;
    private final ReentrantLock building = new ReentrantLock();
    // everything below is written under this object's monitor
    private StagedFolder working;
    private int fileNumber;
    private final GrowingTail tail;
    private final Set<BulkLoad> loads = new LinkedHashSet<>();
    private final WorkingFiles workingFiles = new WorkingFiles();
    private volatile boolean closing;
    private final IdLedger ids = new IdLedger();
    private volatile Snapshot current;

    private Collection(CollectionSpec spec, ComputeBackend backend, Path near, List<Segment> segments) {
        this.spec = spec;
        this.backend = backend;
        this.near = near;
        this.tail = new GrowingTail(spec);
        this.current = new Snapshot(segments, backend);
    }

    /** An empty collection whose working folder lies among the temporary files. */
    public static Collection create(CollectionSpec spec, ComputeBackend backend) {
        return create(spec, backend, Path.of(System.getProperty("java.io.tmpdir"), "perigee-" + spec.name()));
    }

    /** An empty collection whose working folder lies beside {@code near}, where it is going to be saved. */
    public static Collection create(CollectionSpec spec, ComputeBackend backend, Path near) {
        GrowingRows none = new GrowingRows(spec.distance(), spec.dim(), 0);
        Segment empty = none.segment();
        none.release();
        Collection collection = new Collection(spec, backend, near, List.of(empty));
        empty.release();
        return collection;
    }

    /** Opens a saved collection. @throws PerigeeException NOT_FOUND, CORRUPT_FILE, UNSUPPORTED */
    public static Collection open(Path folder, ComputeBackend backend) {
        CollectionFolder.Content content = CollectionFolder.read(folder);
        Collection collection = new Collection(content.spec(), backend, folder, content.segments());
        content.segments().forEach(Segment::release); // the snapshot holds them now
        collection.ids.startAt(content.nextId());
        return collection;
    }

    public CollectionSpec spec() {
        return spec;
    }

    public CollectionInfo info() {
        Snapshot snapshot = pin();
        try {
            long indexed = snapshot.segments().stream().filter(Segment::isIndexed).mapToLong(Segment::count).sum();
            long bytes = snapshot.segments().stream().mapToLong(s -> s.index().bytes()).sum();
            ComputeBackend searches = snapshot.searcher().backend();
            return new CollectionInfo(spec, snapshot.rows(), indexed, bytes, searches.name(), searches.device());
        } finally {
            snapshot.release();
        }
    }

    /**
     * Adds rows; all of them or, with an exception, none.
     *
     * @return how many rows there are now
     * @throws PerigeeException INVALID_ARGUMENT for a wrong dim, a row that is not finite, an id that is negative or there
     *                          already; LIMIT_EXCEEDED
     */
    public synchronized long add(UpsertRequest request) {
        requireOpen();
        if (request.rows().rows() == 0) {
            return current.rows();
        }
        Segment.Ids added = admit(request, current.rows());
        List<Segment> made = new ArrayList<>();
        boolean done = false;
        try {
            replace(tail.append(filled(), request.rows(), added, made));
            tail.seen(made.getLast());
            done = true;
            return current.rows();
        } finally {
            made.forEach(Segment::release);
            if (!done) { // it may hold rows that nobody is to see
                tail.end();
                ids.forget();
            }
        }
    }

    /** Checks rows and ids and takes the ids as there; returns the ids of the rows. */
    private Segment.Ids admit(UpsertRequest request, long before) {
        Matrix rows = request.rows();
        check(rows.dim() == spec.dim(), "dim: %d (expected %d, collection '%s')", rows.dim(), spec.dim(), spec.name());
        if (before + rows.rows() > MAX_ROWS) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED,
                    "rows: %d (expected at most %d in collection '%s')".formatted(before + rows.rows(), MAX_ROWS, spec.name()));
        }
        int bad = rows.firstNotFinite();
        check(bad < 0, "row %d: not finite (expected numbers, collection '%s')", bad, spec.name());
        return ids.admit(request, this::collectIds);
    }

    private void collectIds(IdSet all) {
        for (Segment segment : current.segments()) {
            for (int i = 0; i < segment.count(); i++) {
                all.add(segment.ids().id(i));
            }
        }
        loads.forEach(load -> load.collectIds(all));
    }

    private List<Segment> filled() {
        return new ArrayList<>(current.segments().stream().filter(s -> s.count() > 0).toList());
    }

    /** The snapshot from now on; what readers hold of the one before stays until they let go. */
    private void replace(List<Segment> segments) {
        Snapshot before = current;
        current = new Snapshot(segments, backend);
        before.release();
    }

    /** Files to be loaded row by row, without holding them in memory; see {@link BulkLoad}. */
    public synchronized BulkLoad bulkLoad() {
        requireOpen();
        BulkLoad load = new BulkLoad(this);
        loads.add(load);
        return load;
    }

    /** Checks and numbers the rows of a bulk load. Under this monitor until the load knows their ids. */
    Segment.Ids admitLoad(UpsertRequest request, long loaded) {
        requireOpen();
        return admit(request, current.rows() + loaded);
    }

    /** A bulk load is over; if it came to nothing its ids are free again. */
    synchronized void endLoad(BulkLoad load, boolean committed) {
        loads.remove(load);
        if (!committed) {
            ids.forget();
        }
    }

    /** Adds what a bulk load wrote. */
    synchronized void addLoaded(Path rowFile, Path spaceFile) {
        requireOpen();
        tail.end();
        Segment segment = openFiles(List.of(rowFile, spaceFile));
        try {
            List<Segment> segments = filled();
            segments.add(segment);
            replace(segments);
        } finally {
            segment.release();
        }
    }

    /** A segment of files; those in the working folder are deleted when the last segment that uses them is freed. */
    Segment openFiles(List<Path> files) {
        return SegmentFiles.open(files, spec.dim(), spec.distance(), workingFiles);
    }

    /** What a build of the rows there are now would do. */
    public BuildPlan plan() {
        Snapshot snapshot = pin();
        try {
            return BuildPlan.of(spec.index(), spec.distance(), (int) snapshot.rows(), spec.dim());
        } finally {
            snapshot.release();
        }
    }

    /** How many seconds that would take, about; measures for a moment. */
    public double estimateSeconds() {
        Snapshot snapshot = pin();
        try {
            Segment largest = snapshot.segments().stream().max(java.util.Comparator.comparingInt(Segment::count)).orElseThrow();
            return plan().seconds(backend, largest.rows());
        } finally {
            snapshot.release();
        }
    }

    /**
     * Builds the index over all rows there are now, in place of the one before. Searches and adding go on meanwhile; rows that
     * are added meanwhile are searched exactly afterwards.
     *
     * @throws PerigeeException CANCELLED, then all is as before; FAILED_PRECONDITION if it is being built already
     */
    public void build(Progress progress) {
        build(null, progress);
    }

    /**
     * Takes over an index that was trained elsewhere, over the rows there are now, in place of training one.
     *
     * @param parts lists of all rows, in order of insertion, and codes where they are there
     * @throws PerigeeException as {@link #build}; INVALID_ARGUMENT if the parts are not of these rows
     */
    public void adopt(IvfParts parts, Progress progress) {
        build(parts, progress);
    }

    private void build(IvfParts adopted, Progress progress) {
        if (!building.tryLock()) {
            throw new PerigeeException(ErrorCode.FAILED_PRECONDITION,
                    "collection '%s' is being built already".formatted(spec.name()));
        }
        try {
            Snapshot base;
            synchronized (this) {
                requireOpen();
                tail.end();
                base = pin();
            }
            try {
                Segment built = new SegmentBuilder(this, backend, adopted, cancellable(progress)).build(base.segments());
                try {
                    publish(built, base);
                } finally {
                    built.release();
                }
            } finally {
                base.release();
            }
        } finally {
            building.unlock();
        }
    }

    private Progress cancellable(Progress progress) {
        return (stage, done, total) -> progress.at(stage, done, total) && !closing;
    }

    /** Puts what was built in place of what it was built of. */
    private synchronized void publish(Segment built, Snapshot base) {
        requireOpen();
        List<Segment> segments = new ArrayList<>(List.of(built));
        current.segments().stream().filter(s -> !base.segments().contains(s)).forEach(segments::add);
        replace(segments);
    }

    /**
     * Finds the neighbours of queries [q, dim], however many there are.
     *
     * @throws PerigeeException INVALID_ARGUMENT; LIMIT_EXCEEDED if the answer would take more than half of the heap
     */
    public SearchResult search(Matrix queries, SearchRequest request) {
        check(queries.dim() == spec.dim(), "dim: %d (expected %d, collection '%s')", queries.dim(), spec.dim(), spec.name());
        return SlicedSearch.search(this, queries, request);
    }

    /**
     * Searches for its own rows for a while, one by one and in batches, so that every shape of search is compiled before the
     * first caller comes: a cold search takes a hundred times as long.
     */
    public void warmUp(Duration most) {
        long end = System.nanoTime() + most.toNanos();
        Snapshot snapshot = pin();
        try {
            Matrix rows = snapshot.segments().getFirst().rows();
            for (int round = 0; rows.rows() > 0 && System.nanoTime() < end; round++) {
                int count = Math.min(rows.rows(), WARM_UP_QUERIES[round % WARM_UP_QUERIES.length]);
                search(rows.slice(0, count), SearchRequest.nearest(10));
            }
        } finally {
            snapshot.release();
        }
    }

    /** Pins the collection as it is and leases memory for that many queries. */
    public Batch batch(int rows) {
        return new Batch(spec, pin(), rows);
    }

    /** The exact answers of the collection as it is, to judge those of its index. */
    public Truth truth() {
        return truth(Optional.empty());
    }

    /** As {@link #truth()}, among the rows that a filter allows. */
    public Truth truth(Optional<Filter> filter) {
        return new Truth(spec, pin(), backend, filter);
    }

    /** How many rows there are whose ids a filter allows. */
    public long count(Filter filter) {
        Snapshot snapshot = pin();
        try {
            AllowedRows rows = snapshot.allowed(Optional.of(filter));
            rows.release();
            return rows.count();
        } finally {
            snapshot.release();
        }
    }

    /**
     * Writes the collection, as it is now, to a folder: whole or not at all, in place of a collection that was there.
     *
     * @throws PerigeeException ALREADY_EXISTS if the folder holds something else; IO
     */
    public void save(Path folder) {
        Snapshot snapshot = pin();
        try {
            long next;
            synchronized (this) {
                next = ids.next();
            }
            CollectionFolder.write(folder, spec, snapshot.segments(), next);
        } finally {
            snapshot.release();
        }
    }

    /**
     * Writes the index to a file of another library.
     *
     * @param withRows keep the rows beside codes
     * @throws PerigeeException FAILED_PRECONDITION if there are rows outside of it, or none
     */
    public void export(IndexFiles files, Path file, boolean withRows) {
        Snapshot snapshot = pin();
        try {
            List<Segment> segments = snapshot.segments().stream().filter(s -> s.count() > 0).toList();
            boolean whole = segments.size() == 1
                    && (spec.index().kind() == IndexKind.FLAT || segments.getFirst().isIndexed());
            if (!whole) {
                throw new PerigeeException(ErrorCode.FAILED_PRECONDITION,
                        "index: %d of %d rows are in one index (expected all; a build takes them in, collection '%s')".formatted(
                                segments.isEmpty() ? 0 : segments.getFirst().count(), snapshot.rows(), spec.name()));
            }
            files.write(file, segments.getFirst().index(), segments.getFirst().ids()::id, withRows);
        } finally {
            snapshot.release();
        }
    }

    /** A path for a new file in the working folder. */
    synchronized Path newFile(String kind) {
        requireOpen();
        if (working == null) {
            working = StagedFolder.create(near);
            workingFiles.in(working.path());
        }
        return working.path().resolve("%s-%d.pgb".formatted(kind, ++fileNumber));
    }

    private Snapshot pin() {
        for (Snapshot snapshot = current; snapshot != null; snapshot = current) {
            if (snapshot.retain()) {
                return snapshot;
            }
        }
        throw closed();
    }

    private void requireOpen() {
        if (current == null) {
            throw closed();
        }
    }

    private PerigeeException closed() {
        return new PerigeeException(ErrorCode.FAILED_PRECONDITION, "collection '%s' is closed".formatted(spec.name()));
    }

    /** Ends it: a build is cancelled, searches that run come to their end. What was not saved is gone. */
    @Override
    public void close() {
        closing = true;
        building.lock(); // until a build has cleaned up
        try {
            synchronized (this) {
                if (current != null) {
                    Snapshot last = current;
                    current = null;
                    tail.end();
                    last.release();
                    Optional.ofNullable(working).ifPresent(StagedFolder::close);
                }
            }
        } finally {
            building.unlock();
        }
    }
}
