package dev.perigee.collection;

import dev.perigee.api.CollectionSpec;
import dev.perigee.distance.Distance;
import dev.perigee.index.FlatData;
import dev.perigee.index.FlatFile;
import dev.perigee.index.IndexData;
import dev.perigee.index.ListFile;
import dev.perigee.index.ModelFile;
import dev.perigee.storage.BlockFile;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Opens the files of a segment: rows and space, with model and lists where it has an IVF index. */
final class SegmentFiles {
    private static final Set<String> ROW_BLOCKS = Set.of("rows", "ids");

    private SegmentFiles() {
    }

    /**
     * @param paths   two or four files; the segment closes them
     * @param working hears that they are used, and when no more
     */
    static Segment open(List<Path> paths, int dim, Distance distance, WorkingFiles working) {
        List<AutoCloseable> open = new ArrayList<>();
        try {
            BlockFile rowFile = opened(paths.get(0), open);
            rowFile.requireKnown(ROW_BLOCKS);
            rowFile.attributes().integer("dim", dim, dim);
            int count = rowFile.attributes().integer("rows", 0, Integer.MAX_VALUE - 64);
            Matrix rows = rowFile.matrix("rows", count, dim);
            FlatData flat = FlatFile.read(opened(paths.get(1), open), rows);
            dev.perigee.PerigeeException.check(flat.distance() == distance, "distance: %s (expected %s, file %s)",
                    flat.distance().label(), distance.label(), paths.get(1));
            IndexData index = flat;
            if (paths.size() == 4) {
                Arena arena = Arena.ofShared();
                open.add(arena::close);
                index = ListFile.read(opened(paths.get(3), open), ModelFile.read(opened(paths.get(2), open), arena), flat);
            }
            List<Path> files = List.copyOf(paths);
            working.retain(files);
            open.addFirst(() -> working.release(files)); // last, when they are closed
            return new Segment(rows, ids(rowFile, count), flat, index, files, () -> requireInPlace(open), () -> close(open));
        } catch (Throwable e) {
            close(open);
            throw e;
        }
    }

    /** Writes the file of the rows' space beside the file of the rows, which is whole. */
    static void writeSpace(Path rows, Path space, CollectionSpec spec) {
        try (BlockFile file = BlockFile.open(rows)) {
            int count = file.attributes().integer("rows", 0, Integer.MAX_VALUE - 64);
            FlatFile.write(space, spec.distance(), file.matrix("rows", count, spec.dim()));
        }
    }

    private static Segment.Ids ids(BlockFile file, int count) {
        if (file.attributes().has("first_id")) {
            long first = file.attributes().number("first_id", 0, Long.MAX_VALUE - count);
            return row -> first + row;
        }
        MemorySegment ids = file.block("ids", count * 8L);
        return row -> ids.get(BlockFile.LONG, row * 8L);
    }

    private static void requireInPlace(List<AutoCloseable> open) {
        open.stream().filter(o -> o instanceof BlockFile).forEach(file -> ((BlockFile) file).requireInPlace());
    }

    private static BlockFile opened(Path path, List<AutoCloseable> open) {
        BlockFile file = BlockFile.open(path);
        open.add(file);
        return file;
    }

    private static void close(List<AutoCloseable> open) {
        Collections.reverse(open);
        for (AutoCloseable each : open) {
            try {
                each.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
