package dev.perigee.collection;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.Progress;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.index.IvfParts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Builds of a collection's index and changes of its space: long work beside its searches, one at a time. */
final class Building {
    private final Collection collection;
    private final InService service;
    private final ComputeBackend backend;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean closing;

    Building(Collection collection, InService service, ComputeBackend backend) {
        this.collection = collection;
        this.service = service;
        this.backend = backend;
    }

    /** @param adopted an index that was trained elsewhere; null to train one */
    void build(IvfParts adopted, Progress progress) {
        alone(() -> {
            Snapshot base = service.freeze();
            try {
                Segment built = builder(base.space(), progress).adopting(adopted).build(base.segments());
                try {
                    service.publish(built, base);
                } finally {
                    built.release();
                }
            } finally {
                base.release();
            }
            return null;
        });
    }

    Candidate prepare(SpaceSpec asked, Progress progress) {
        return alone(() -> {
            Snapshot base = service.freeze();
            try {
                CollectionSpec before = base.space().spec();
                CollectionSpec spec = new CollectionSpec(before.name(), before.dim(), asked.distance(), asked.index());
                Space space = new Space(lastVersion() + 1, spec, asked.transform());
                Segment built = builder(space, progress).buildMapped(base.segments());
                try {
                    return new Candidate(new Snapshot(space, List.of(built), backend), backend);
                } finally {
                    built.release();
                }
            } finally {
                base.release();
            }
        });
    }

    void promote(Candidate candidate) {
        alone(() -> {
            int version = candidate.info().version();
            if (version <= lastVersion()) {
                throw failed("space: version %d (expected more than %d, the last of collection '%s'; prepare it again)",
                        version, lastVersion(), name());
            }
            return switchTo(candidate.content());
        });
    }

    void rollback() {
        alone(() -> switchTo(service.previous().orElseThrow(() -> failed(
                "space: version %d is the only one of collection '%s' (expected one from before)", service.space().version(), name()))));
    }

    /** Versions only grow: the largest is always that in service or the one before. */
    private int lastVersion() {
        return Math.max(service.space().version(), service.previous().map(before -> before.space().version()).orElse(0));
    }

    /** Puts a space in service that holds the first rows of the collection; maps the others, most of them while rows may be added. */
    private Void switchTo(SpaceSegments next) {
        Snapshot base = service.freeze();
        List<Segment> made = new ArrayList<>();
        try {
            if (base.rows() > next.rows()) {
                made.add(builder(next.space(), Progress.NONE).mapFrom(base.segments(), next.rows()));
            }
            service.publish(next, base.rows(), made);
        } finally {
            made.forEach(Segment::release);
            base.release();
        }
        return null;
    }

    private SegmentBuilder builder(Space space, Progress progress) {
        return new SegmentBuilder(collection, space, backend, (stage, done, total) -> progress.at(stage, done, total) && !closing);
    }

    private <T> T alone(Supplier<T> work) {
        if (!lock.tryLock()) {
            throw failed("collection '%s' is being built already", name());
        }
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    private String name() {
        return service.space().spec().name();
    }

    private static PerigeeException failed(String format, Object... arguments) {
        return new PerigeeException(ErrorCode.FAILED_PRECONDITION, format.formatted(arguments));
    }

    /** Cancels what goes on, waits until it has cleaned up, then runs {@code last}. */
    void close(Runnable last) {
        closing = true;
        lock.lock();
        try {
            last.run();
        } finally {
            lock.unlock();
        }
    }
}
