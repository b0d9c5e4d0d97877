package dev.perigee.collection;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What of a collection is in service: the snapshot that readers pin without a lock, the tail where rows are added, and the
 * space that was in service before. Writers replace the snapshot, one at a time.
 */
final class InService {
    private final ComputeBackend backend;
    private final String name;
    // written under this object's monitor
    private volatile Space space;
    /** Null when it is closed. */
    private volatile Snapshot current;
    /** Without the rows that were added since it was in service; null if there was none. */
    private volatile SpaceSegments previous;
    private GrowingTail tail;

    /** @param previous null, or a share of its segments */
    InService(SpaceSegments live, SpaceSegments previous, ComputeBackend backend) {
        this.backend = backend;
        this.name = live.space().spec().name();
        this.space = live.space();
        this.tail = new GrowingTail(space, backend);
        this.current = new Snapshot(space, live.segments(), backend);
        this.previous = previous;
    }

    /** Also when it is closed. */
    Space space() {
        return space;
    }

    Optional<SpaceSegments> previous() {
        return Optional.ofNullable(previous);
    }

    Snapshot pin() {
        for (Snapshot snapshot = current; snapshot != null; snapshot = current) {
            if (snapshot.retain()) {
                return snapshot;
            }
        }
        throw closed();
    }

    <T> T read(Function<Snapshot, T> reader) {
        Snapshot snapshot = pin();
        try {
            return reader.apply(snapshot);
        } finally {
            snapshot.release();
        }
    }

    void requireOpen() {
        if (current == null) {
            throw closed();
        }
    }

    private PerigeeException closed() {
        return new PerigeeException(ErrorCode.FAILED_PRECONDITION, "collection '%s' is closed".formatted(name));
    }

    /** Adds rows at the end; all of them or, with an exception, none. Returns how many there are now. */
    synchronized long append(Matrix rows, Segment.Ids ids) {
        List<Segment> made = new ArrayList<>();
        boolean done = false;
        try {
            replace(space, tail.append(filled(), rows, ids, made));
            tail.seen(made.getLast());
            done = true;
            return current.rows();
        } finally {
            made.forEach(Segment::release);
            if (!done) { // it may hold rows that nobody is to see
                tail.end();
            }
        }
    }

    private List<Segment> filled() {
        return new ArrayList<>(current.segments().stream().filter(s -> s.count() > 0).toList());
    }

    /** The snapshot from now on; what readers hold of the one before stays until they let go. */
    private void replace(Space next, List<Segment> segments) {
        Snapshot before = current;
        current = new Snapshot(next, segments, backend);
        space = next;
        before.release();
    }

    /** Adds the rows of two files, unless another space is in service than the one that they were written for. */
    synchronized boolean append(Path rowFile, Path spaceFile, Space of, WorkingFolder working) {
        requireOpen();
        if (space != of) {
            return false;
        }
        tail.end();
        Segment segment = SegmentFiles.open(List.of(rowFile, spaceFile), of, working);
        try {
            List<Segment> segments = filled();
            segments.add(segment);
            replace(of, segments);
            return true;
        } finally {
            segment.release();
        }
    }

    /** How the space in service is searched where the caller does not say, from now on. */
    synchronized void tune(Tuned tuned) {
        requireOpen();
        replace(space.with(tuned), current.segments());
    }

    /** Pins the rows that are there; those that are added from now on are in segments of their own. */
    synchronized Snapshot freeze() {
        requireOpen();
        tail.end();
        return pin();
    }

    /** Puts what was built in place of what it was built of. */
    synchronized void publish(Segment built, Snapshot base) {
        requireOpen();
        List<Segment> segments = new ArrayList<>(List.of(built));
        current.segments().stream().filter(s -> !base.segments().contains(s)).forEach(segments::add);
        replace(space, segments);
    }

    /**
     * Puts another space in service and keeps the one that was.
     *
     * @param made of the rows behind those of {@code next}, up to {@code rows}; gets more segments, for those that came since
     */
    synchronized void publish(SpaceSegments next, long rows, List<Segment> made) {
        requireOpen();
        List<Segment> segments = new ArrayList<>(next.segments());
        segments.addAll(made);
        GrowingTail newTail = new GrowingTail(next.space(), backend);
        SpaceSegments old = current.content();
        old.retain();
        try {
            for (SpaceSegments.Part part : SpaceSegments.partsFrom(current.segments(), rows)) {
                newTail.append(segments, part.rows(), part.ids(), made);
                newTail.seen(made.getLast());
            }
            replace(next.space(), segments);
        } catch (Throwable e) {
            old.release();
            throw e;
        } finally {
            newTail.end();
        }
        tail.end();
        tail = newTail;
        previous().ifPresent(SpaceSegments::release);
        previous = old;
    }

    /** All of it at one moment; the caller releases both. */
    synchronized CollectionFolder.Content content(long nextId) {
        requireOpen();
        current.content().retain();
        previous().ifPresent(SpaceSegments::retain);
        return new CollectionFolder.Content(current.content(), previous, nextId);
    }

    synchronized void close() {
        if (current != null) {
            Snapshot last = current;
            current = null;
            tail.end();
            last.release();
            previous().ifPresent(SpaceSegments::release);
            previous = null;
        }
    }
}
