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
import java.util.function.Supplier;

/** Makes one segment of several: merges their rows into one file, maps them into a space and builds its index over them. */
final class SegmentBuilder {
    private static final int BLOCK_ROWS = 4096;

    private final Collection collection;
    private final Space space;
    private final CollectionSpec spec;
    private final ComputeBackend backend;
    private final Stages stages;
    private final List<Path> made = new ArrayList<>();
    /** An index that was trained elsewhere; null to train one here. */
    private IvfParts adopted;

    SegmentBuilder(Collection collection, Space space, ComputeBackend backend, Progress progress) {
        this.collection = collection;
        this.space = space;
        this.spec = space.spec();
        this.backend = backend;
        this.stages = new Stages(progress);
    }

    /** To be built with an index that was trained elsewhere, unless it is null. */
    SegmentBuilder adopting(IvfParts parts) {
        adopted = parts;
        return this;
    }

    /**
     * All rows of segments that are in the space, with its index.
     *
     * @return the new segment; its first owner is the caller. If it fails, the files that it made are gone
     */
    Segment build(List<Segment> segments) {
        return cleaning(() -> {
            List<Segment> filled = plan(segments);
            if (isOneFile(filled)) {
                return indexed(filled.getFirst()); // its rows lie in one file already
            }
            Path rows = merge(SpaceSegments.partsFrom(filled, 0));
            Path mapped = newFile("space");
            SegmentFiles.copyMapped(filled, mapped, space);
            return indexedAndReleased(collection.openFiles(List.of(rows, mapped), space));
        });
    }

    /** As {@link #build}, of segments that are in another space. */
    Segment buildMapped(List<Segment> segments) {
        return cleaning(() -> {
            List<Segment> filled = plan(segments);
            Path rows = isOneFile(filled) ? filled.getFirst().files().getFirst() : merge(SpaceSegments.partsFrom(filled, 0));
            return indexedAndReleased(mapped(rows, SpaceSegments.rows(filled)));
        });
    }

    /** The rows of segments that are in another space, from the {@code from}th on, without an index. */
    Segment mapFrom(List<Segment> segments, long from) {
        return cleaning(() -> mapped(merge(SpaceSegments.partsFrom(segments, from)), SpaceSegments.rows(segments) - from));
    }

    private Segment cleaning(Supplier<Segment> make) {
        try {
            return make.get();
        } catch (Throwable e) {
            made.forEach(WorkingFolder::delete);
            throw e;
        }
    }

    private Path newFile(String kind) {
        Path file = collection.newFile(kind);
        made.add(file);
        return file;
    }

    /** The segments that hold rows; refuses what cannot be built before rows are merged. */
    private List<Segment> plan(List<Segment> segments) {
        if (adopted == null) {
            BuildPlan.of(spec.index(), spec.distance(), Math.toIntExact(SpaceSegments.rows(segments)), space.dim());
        }
        return segments.stream().filter(s -> s.count() > 0).toList();
    }

    private static boolean isOneFile(List<Segment> filled) {
        return filled.size() == 1 && filled.getFirst().isInFiles();
    }

    private Segment mapped(Path rows, long count) {
        Path mapped = newFile("space");
        stages.begin("map rows", 2 * count); // each twice
        SegmentFiles.mapRows(rows, mapped, space, backend, stages::at);
        return collection.openFiles(List.of(rows, mapped), space);
    }

    private Segment indexedAndReleased(Segment flat) {
        try {
            return indexed(flat);
        } finally {
            flat.release();
        }
    }

    /** A segment of the same rows, with the space's index over them. */
    private Segment indexed(Segment flat) {
        List<Path> files = new ArrayList<>(flat.files().subList(0, 2));
        if (spec.index().kind() != IndexKind.FLAT) {
            files.add(newFile("model"));
            files.add(newFile("lists"));
            writeIndex(flat.flat(), files.get(2), files.get(3));
        }
        return collection.openFiles(files, space);
    }

    private void writeIndex(FlatData rows, Path model, Path lists) {
        if (adopted != null) {
            check(adopted.lists().length == rows.count(), "lists of %d rows (expected %d, collection '%s')", adopted.lists().length,
                    rows.count(), spec.name());
            new IvfWriter(rows, backend, stages).write(adopted, null, model, lists);
        } else {
            BuildPlan plan = BuildPlan.of(spec.index(), spec.distance(), rows.count(), space.dim());
            new IvfBuilder(plan, rows, backend, stages).write(model, lists);
        }
    }

    private Path merge(List<SpaceSegments.Part> parts) {
        stages.begin("merge rows", parts.stream().mapToLong(part -> part.rows().rows()).sum());
        Path path = newFile("rows");
        try (RowWriter writer = new RowWriter(path, spec.dim())) {
            for (SpaceSegments.Part part : parts) {
                for (int from = 0; from < part.rows().rows(); from += BLOCK_ROWS) {
                    int first = from;
                    Matrix block = part.rows().slice(from, Math.min(part.rows().rows(), from + BLOCK_ROWS));
                    writer.append(block, row -> part.ids().id(first + row));
                    stages.at(writer.count());
                }
            }
            writer.commit();
        }
        return path;
    }
}
