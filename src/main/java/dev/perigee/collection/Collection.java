package dev.perigee.collection;

import static dev.perigee.PerigeeException.check;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.Filter;
import dev.perigee.api.Progress;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.SpaceInfo;
import dev.perigee.api.UpsertRequest;
import dev.perigee.build.BuildPlan;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.compute.IndexFiles;
import dev.perigee.index.IvfParts;
import dev.perigee.index.ListData;
import dev.perigee.index.ListModel;
import dev.perigee.index.TransformFile;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Rows under the callers' ids, and their search. Rows are searched as soon as they are added, exactly until a
 * {@link #build} takes them into the index. Thread-safe: searches never wait, neither for adding nor for building.
 *
 * <p>The rows are kept as given and searched in a <em>space</em>: mapped by a learned transform, or as they are. Another space
 * is {@link #prepare prepared} beside the one in service and {@link #promote promoted} at once; {@link #rollback} brings the
 * one before back.
 *
 * <p>Nothing is on disk until {@link #save}: files of a build lie in a working folder that goes with the collection.
 */
public final class Collection implements AutoCloseable {
    /** Most rows of a collection. */
    private static final long MAX_ROWS = Integer.MAX_VALUE - 64;

    private final ComputeBackend backend;
    private final InService service;
    private final WorkingFolder working;
    private final Building building;
    // under this object's monitor
    private final Set<BulkLoad> loads = new LinkedHashSet<>();
    private final IdLedger ids = new IdLedger();

    /** Takes over the segments of a space that was in service before, if there is one; not those in service. */
    private Collection(CollectionFolder.Content content, ComputeBackend backend, Path near) {
        this.backend = backend;
        this.service = new InService(content.live(), content.previous(), backend);
        this.working = new WorkingFolder(near);
        this.building = new Building(this, service, backend);
        ids.startAt(content.nextId());
    }

    /** An empty collection whose working folder lies among the temporary files. */
    public static Collection create(CollectionSpec spec, ComputeBackend backend) {
        return create(spec, backend, Path.of(System.getProperty("java.io.tmpdir"), "perigee-" + spec.name()));
    }

    /** An empty collection whose working folder lies beside {@code near}, where it is going to be saved. */
    public static Collection create(CollectionSpec spec, ComputeBackend backend, Path near) {
        return create(spec, Optional.empty(), backend, near);
    }

    /** As above; its first space maps rows of {@code spec.dim()} by a transform, if there is one. */
    public static Collection create(CollectionSpec spec, Optional<TransformFile.Content> transform, ComputeBackend backend, Path near) {
        Space space = new Space(1, spec, transform);
        Segment empty = GrowingTail.empty(space, backend);
        try {
            return new Collection(new CollectionFolder.Content(new SpaceSegments(space, List.of(empty)), null, 0), backend, near);
        } finally {
            empty.release();
        }
    }

    /** Opens a saved collection. @throws PerigeeException NOT_FOUND, CORRUPT_FILE, UNSUPPORTED */
    public static Collection open(Path folder, ComputeBackend backend) {
        CollectionFolder.Content content = CollectionFolder.read(folder);
        try {
            return new Collection(content, backend, folder);
        } catch (Throwable e) {
            Optional.ofNullable(content.previous()).ifPresent(SpaceSegments::release);
            throw e;
        } finally {
            content.live().release(); // the snapshot holds them now
        }
    }

    /** Of the rows as given, with the distance and the index of the space in service. */
    public CollectionSpec spec() {
        return service.space().spec();
    }

    Space space() {
        return service.space();
    }

    ComputeBackend backend() {
        return backend;
    }

    public CollectionInfo info() {
        return service.read(snapshot -> {
            List<SpaceInfo> spaces = new ArrayList<>(List.of(snapshot.space().info()));
            service.previous().ifPresent(before -> spaces.add(before.space().info()));
            return snapshot.info(spaces);
        });
    }

    /**
     * Adds rows; all of them or, with an exception, none.
     *
     * @return how many rows there are now
     * @throws PerigeeException INVALID_ARGUMENT for a wrong dim, a row that is not finite, an id that is negative or there
     *                          already; LIMIT_EXCEEDED
     */
    public synchronized long add(UpsertRequest request) {
        long before = count();
        if (request.rows().rows() == 0) {
            return before;
        }
        Segment.Ids added = admit(request, before);
        boolean done = false;
        try {
            long now = service.append(request.rows(), added);
            done = true;
            return now;
        } finally {
            if (!done) {
                ids.forget();
            }
        }
    }

    private long count() {
        return service.read(Snapshot::rows);
    }

    /** Checks rows and ids and takes the ids as there; returns the ids of the rows. */
    private Segment.Ids admit(UpsertRequest request, long before) {
        Matrix added = request.rows();
        spec().requireDim(added);
        if (before + added.rows() > MAX_ROWS) {
            throw new PerigeeException(ErrorCode.LIMIT_EXCEEDED, "rows: %d (expected at most %d in collection '%s')".formatted(
                    before + added.rows(), MAX_ROWS, spec().name()));
        }
        int bad = added.firstNotFinite();
        check(bad < 0, "row %d: not finite (expected numbers, collection '%s')", bad, spec().name());
        return ids.admit(request, this::collectIds);
    }

    private void collectIds(IdSet all) {
        service.read(snapshot -> {
            for (Segment segment : snapshot.segments()) {
                for (int i = 0; i < segment.count(); i++) {
                    all.add(segment.ids().id(i));
                }
            }
            return null;
        });
        loads.forEach(load -> load.collectIds(all));
    }

    /** Files to be loaded row by row, without holding them in memory; see {@link BulkLoad}. */
    public synchronized BulkLoad bulkLoad() {
        service.requireOpen();
        BulkLoad load = new BulkLoad(this);
        loads.add(load);
        return load;
    }

    /** Checks and numbers the rows of a bulk load. Under this monitor until the load knows their ids. */
    Segment.Ids admitLoad(UpsertRequest request, long loaded) {
        return admit(request, count() + loaded);
    }

    /** A bulk load is over; if it came to nothing its ids are free again. */
    synchronized void endLoad(BulkLoad load, boolean committed) {
        loads.remove(load);
        if (!committed) {
            ids.forget();
        }
    }

    /** Adds what a bulk load wrote, unless another space is in service than the one it wrote for. */
    synchronized boolean addLoaded(Path rowFile, Path spaceFile, Space space) {
        return service.append(rowFile, spaceFile, space, working);
    }

    /** A segment of files; those in the working folder are deleted when the last segment that uses them is freed. */
    Segment openFiles(List<Path> files, Space space) {
        return SegmentFiles.open(files, space, working);
    }

    /** The model of the built index, if it has one; its memory goes with the index, its numbers stay. */
    public Optional<ListModel> model() {
        return service.read(snapshot -> snapshot.segments().stream().map(Segment::index).filter(ListData.class::isInstance)
                .map(index -> ((ListData) index).model()).findFirst());
    }

    /** How the space in service is searched where the caller does not say; nothing if nobody tuned it. */
    public Optional<Tuned> tuned() {
        return service.space().tuned();
    }

    /** Searches like that from now on, where the caller does not say; kept with the space when it is saved. */
    public void tune(Tuned tuned) {
        service.tune(tuned);
    }

    /** What a build of the rows there are now would do. */
    public BuildPlan plan() {
        return service.read(Snapshot::plan);
    }

    /** How many seconds that would take, about; measures for a moment. */
    public double estimateSeconds() {
        return service.read(snapshot -> snapshot.estimateSeconds(backend));
    }

    /**
     * Builds the index over all rows there are now, in place of the one before. Searches and adding go on meanwhile; rows that
     * are added meanwhile are searched exactly afterwards.
     *
     * @throws PerigeeException CANCELLED, then all is as before; FAILED_PRECONDITION if it is being built already
     */
    public void build(Progress progress) {
        building.build(null, progress);
    }

    /**
     * Takes over an index that was trained elsewhere, over the rows there are now, in place of training one.
     *
     * @param parts lists of all rows, in order of insertion, and codes where they are there
     * @throws PerigeeException as {@link #build}; INVALID_ARGUMENT if the parts are not of these rows
     */
    public void adopt(IvfParts parts, Progress progress) {
        building.build(parts, progress);
    }

    /**
     * Builds another space over all rows there are now, beside the one in service: maps the rows as given, then builds the
     * index. Searches and adding go on meanwhile.
     *
     * @return to be judged, then promoted or closed; the caller closes it in any case
     * @throws PerigeeException as {@link #build}, and all is as before; INVALID_ARGUMENT if the transform takes other rows
     */
    public Candidate prepare(SpaceSpec asked, Progress progress) {
        return building.prepare(asked, progress);
    }

    /**
     * Puts a candidate in service, with the rows that were added since it was prepared: every search answers from the old
     * space or from the new one. The old one is kept for {@link #rollback}, in place of the one kept before. A saved folder
     * changes with the next {@link #save}.
     *
     * @throws PerigeeException FAILED_PRECONDITION for a candidate that was promoted already or prepared before another was
     */
    public void promote(Candidate candidate) {
        building.promote(candidate);
    }

    /**
     * Puts the space from before back in service, with the rows that were added since; the other is kept in its place.
     *
     * @throws PerigeeException FAILED_PRECONDITION if there was none
     */
    public void rollback() {
        building.rollback();
    }

    /**
     * Finds the neighbours of queries [q, dim], however many there are.
     *
     * @throws PerigeeException INVALID_ARGUMENT; LIMIT_EXCEEDED if the answer would take more than half of the heap
     */
    public SearchResult search(Matrix queries, SearchRequest request) {
        return service.read(snapshot -> SlicedSearch.search(snapshot, queries, request));
    }

    /**
     * Searches for its own rows for a while, one by one and in batches, so that every shape of search is compiled before the
     * first caller comes: a cold search takes a hundred times as long.
     */
    public void warmUp(Duration most) {
        service.read(snapshot -> {
            SlicedSearch.warmUp(snapshot, most);
            return null;
        });
    }

    /** Pins the collection as it is and leases memory for that many queries. */
    public Batch batch(int rows) {
        return new Batch(service.pin(), rows);
    }

    /** The exact answers of the collection as it is, to judge those of its index. */
    public Truth truth() {
        return truth(Optional.empty());
    }

    /** As {@link #truth()}, among the rows that a filter allows. */
    public Truth truth(Optional<Filter> filter) {
        return new Truth(service.pin(), backend, filter);
    }

    /** How many rows there are whose ids a filter allows. */
    public long count(Filter filter) {
        return service.read(snapshot -> snapshot.count(filter));
    }

    /**
     * Writes the collection, as it is now, to a folder: whole or not at all, in place of a collection that was there. A folder
     * that holds files of this collection gets those that it lacks, then another manifest in one step.
     *
     * @throws PerigeeException ALREADY_EXISTS if the folder holds something else; IO
     */
    public void save(Path folder) {
        CollectionFolder.Content content;
        synchronized (this) {
            content = service.content(ids.next());
        }
        try {
            CollectionFolder.write(folder, content);
        } finally {
            content.live().release();
            Optional.ofNullable(content.previous()).ifPresent(SpaceSegments::release);
        }
    }

    /**
     * Writes the index, with the rows of its space, to a file of another library.
     *
     * @param withRows keep the rows beside codes
     * @throws PerigeeException FAILED_PRECONDITION if there are rows outside of it, or none
     */
    public void export(IndexFiles files, Path file, boolean withRows) {
        service.read(snapshot -> {
            snapshot.export(files, file, withRows);
            return null;
        });
    }

    /** A path for a new file in the working folder. */
    synchronized Path newFile(String kind) {
        service.requireOpen();
        return working.newFile(kind);
    }

    /** Ends it: a build is cancelled, searches that run come to their end. What was not saved is gone. */
    @Override
    public void close() {
        building.close(() -> {
            synchronized (this) {
                service.close();
                working.close();
            }
        });
    }
}
