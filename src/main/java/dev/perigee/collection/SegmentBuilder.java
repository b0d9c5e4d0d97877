package dev.perigee.collection;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.CollectionSpec;
import dev.perigee.api.IndexKind;
import dev.perigee.api.Progress;
import dev.perigee.build.BuildPlan;
import dev.perigee.build.IvfBuilder;
import dev.perigee.build.IvfWriter;
import dev.perigee.build.Stages;
import dev.perigee.compute.ComputeBackend;
import dev.perigee.index.FlatData;
import dev.perigee.index.IvfParts;
import dev.perigee.vector.Matrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Makes one indexed segment of several: merges their rows into one file and builds the collection's index over it. */
final class SegmentBuilder {
    private static final int BLOCK_ROWS = 4096;

    private final Collection collection;
    private final CollectionSpec spec;
    private final ComputeBackend backend;
    private final Stages stages;
    /** An index that was trained elsewhere; null to train one here. */
    private final IvfParts adopted;
    private final List<Path> made = new ArrayList<>();

    SegmentBuilder(Collection collection, ComputeBackend backend, IvfParts adopted, Progress progress) {
        this.collection = collection;
        this.spec = collection.spec();
        this.backend = backend;
        this.adopted = adopted;
        this.stages = new Stages(progress);
    }

    /** The new segment; its first owner is the caller. If it fails, the files that it made are gone. */
    Segment build(List<Segment> segments) {
        try {
            return make(segments);
        } catch (Throwable e) {
            made.forEach(WorkingFiles::delete);
            throw e;
        }
    }

    private Path newFile(String kind) {
        Path file = collection.newFile(kind);
        made.add(file);
        return file;
    }

    private Segment make(List<Segment> segments) {
        List<Segment> filled = segments.stream().filter(s -> s.count() > 0).toList();
        int rows = Math.toIntExact(filled.stream().mapToLong(Segment::count).sum());
        if (adopted == null) {
            BuildPlan.of(spec.index(), spec.distance(), rows, spec.dim()); // what cannot be built is refused before rows are merged
        }
        if (filled.size() == 1 && filled.getFirst().isInFiles()) {
            return indexed(filled.getFirst()); // its rows lie in one file already
        }
        Path merged = merge(filled, rows);
        Path space = newFile("space");
        SegmentFiles.writeSpace(merged, space, spec);
        Segment flat = collection.openFiles(List.of(merged, space));
        try {
            return indexed(flat);
        } finally {
            flat.release();
        }
    }

    /** A segment of the same rows, with the collection's index over them. */
    private Segment indexed(Segment flat) {
        List<Path> files = new ArrayList<>(flat.files().subList(0, 2));
        if (spec.index().kind() != IndexKind.FLAT) {
            files.add(newFile("model"));
            files.add(newFile("lists"));
            writeIndex(flat.flat(), files.get(2), files.get(3));
        }
        return collection.openFiles(files);
    }

    private void writeIndex(FlatData rows, Path model, Path lists) {
        if (adopted != null) {
            check(adopted.lists().length == rows.count(), "lists of %d rows (expected %d, collection '%s')", adopted.lists().length,
                    rows.count(), spec.name());
            new IvfWriter(rows, backend, stages).write(adopted, null, model, lists);
        } else {
            BuildPlan plan = BuildPlan.of(spec.index(), spec.distance(), rows.count(), spec.dim());
            new IvfBuilder(plan, rows, backend, stages).write(model, lists);
        }
    }

    private Path merge(List<Segment> segments, int total) {
        stages.begin("merge rows", total);
        Path path = newFile("rows");
        try (RowWriter writer = new RowWriter(path, spec.dim())) {
            for (Segment segment : segments) {
                for (int from = 0; from < segment.count(); from += BLOCK_ROWS) {
                    int first = from;
                    Matrix block = segment.rows().slice(from, Math.min(segment.count(), from + BLOCK_ROWS));
                    writer.append(block, row -> segment.ids().id(first + row));
                    stages.at(writer.count());
                }
            }
            writer.commit();
        }
        return path;
    }
}
